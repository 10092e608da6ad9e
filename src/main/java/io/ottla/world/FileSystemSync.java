// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

import java.io.IOException;

/** Makes all that was written to a file system durable with one call, whichever files it went to. Safe for any thread. */
public interface FileSystemSync extends AutoCloseable {
    /** Returns when whatever was written before is on the device. If it throws, some file was not written; each file's own {@link DiskFile#force} says which. */
    void sync() throws IOException;

    @Override
    void close();
}
