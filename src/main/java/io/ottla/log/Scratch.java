// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.nio.ByteBuffer;

/** A small direct buffer for each thread, for reading headers and index entries. Valid until the thread asks again. */
final class Scratch {
    static final int BYTES = 8 * 1024;

    private static final ThreadLocal<ByteBuffer> BUFFER = ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(BYTES));

    private Scratch() {}

    /** An empty buffer with room for {@code bytes}. */
    static ByteBuffer take(int bytes) {
        return BUFFER.get().clear().limit(bytes);
    }
}
