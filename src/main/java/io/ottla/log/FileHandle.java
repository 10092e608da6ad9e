// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.DiskFile;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An open file that is closed when the last of its users has released it. Safe for any thread. */
final class FileHandle {
    private static final Logger LOG = LoggerFactory.getLogger(FileHandle.class);

    private final DiskFile file;
    private final AtomicInteger users = new AtomicInteger(1);

    FileHandle(DiskFile file) {
        this.file = file;
    }

    DiskFile file() {
        return file;
    }

    /** Only for somebody who knows that another user still holds it. */
    void retain() {
        if (users.getAndIncrement() <= 0) {
            throw new IllegalStateException("a closed file was retained");
        }
    }

    void release() {
        int left = users.decrementAndGet();
        if (left < 0) {
            throw new IllegalStateException("a file was released more often than retained");
        }
        if (left == 0) {
            try {
                file.close();
            } catch (IOException e) {
                LOG.warn("event=close_failed action=ignored reason=\"{}\"", e.getMessage());
            }
        }
    }
}
