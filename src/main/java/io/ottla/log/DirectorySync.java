// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Disk;
import java.io.IOException;
import java.nio.file.Path;

/** Makes the entries of the data directory durable, once for everybody who asks at the same time. Safe for any thread. */
final class DirectorySync {
    private final Disk disk;
    private final Path directory;
    private long asked;
    private long done;
    private boolean running;

    DirectorySync(Disk disk, Path directory) {
        this.disk = disk;
        this.directory = directory;
    }

    /** Returns when every entry made before the call is durable. */
    void sync() throws IOException {
        long covers = start();
        if (covers == 0) {
            return;
        }
        boolean synced = false;
        try {
            disk.syncDirectory(directory);
            synced = true;
        } finally {
            finish(synced ? covers : 0);
        }
    }

    /** Waits for a sync that covers this call, and returns 0, or lets the caller do one that covers the returned number. */
    private synchronized long start() {
        long mine = ++asked;
        while (running && done < mine) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("a thread was interrupted while it waited for the disk", e);
            }
        }
        if (done >= mine) {
            return 0;
        }
        running = true;
        return asked;
    }

    private synchronized void finish(long covers) {
        running = false;
        done = Math.max(done, covers);
        notifyAll();
    }
}
