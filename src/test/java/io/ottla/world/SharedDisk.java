// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.List;

/** A simulated disk for the many threads of one process: one call at a time, and none after its crash. */
public final class SharedDisk implements Disk {
    private final SimulatedDisk disk;
    private boolean crashed;

    public SharedDisk(SimulatedDisk disk) {
        this.disk = disk;
    }

    /** The power goes out between two calls; once. */
    public void crash() {
        synchronized (disk) {
            if (!crashed) {
                crashed = true;
                disk.crash();
            }
        }
    }

    private void ensureAlive() throws IOException {
        if (crashed) {
            throw new IOException("the crash came first");
        }
    }

    @Override
    public DiskFile open(Path path, OpenMode mode) throws IOException {
        synchronized (disk) {
            ensureAlive();
            return new SharedFile(disk.open(path, mode));
        }
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        synchronized (disk) {
            ensureAlive();
            return disk.list(directory);
        }
    }

    @Override
    public boolean exists(Path path) {
        synchronized (disk) {
            return !crashed && disk.exists(path);
        }
    }

    @Override
    public boolean isDirectory(Path path) {
        synchronized (disk) {
            return !crashed && disk.isDirectory(path);
        }
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        synchronized (disk) {
            ensureAlive();
            disk.createDirectories(directory);
        }
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        synchronized (disk) {
            ensureAlive();
            disk.move(from, to);
        }
    }

    @Override
    public void delete(Path path) throws IOException {
        synchronized (disk) {
            ensureAlive();
            disk.delete(path);
        }
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        synchronized (disk) {
            ensureAlive();
            disk.syncDirectory(directory);
        }
    }

    @Override
    public FileSystemSync fileSystemSync(Path directory) {
        FileSystemSync all = disk.fileSystemSync(directory);
        return all == null ? null : new FileSystemSync() {
            @Override
            public void sync() throws IOException {
                synchronized (disk) {
                    ensureAlive();
                    all.sync();
                }
            }

            @Override
            public void close() {
                all.close();
            }
        };
    }

    @Override
    public long usableBytes(Path path) {
        synchronized (disk) {
            return disk.usableBytes(path);
        }
    }

    @Override
    public AutoCloseable lock(Path path) throws IOException {
        synchronized (disk) {
            ensureAlive();
            return disk.lock(path);
        }
    }

    private final class SharedFile implements DiskFile {
        private final DiskFile file;

        SharedFile(DiskFile file) {
            this.file = file;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            synchronized (disk) {
                ensureAlive();
                return file.read(target, position);
            }
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            synchronized (disk) {
                ensureAlive();
                file.write(source, position);
            }
        }

        @Override
        public long size() throws IOException {
            synchronized (disk) {
                ensureAlive();
                return file.size();
            }
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            synchronized (disk) {
                ensureAlive();
                file.truncate(sizeBytes);
            }
        }

        @Override
        public void force() throws IOException {
            synchronized (disk) {
                ensureAlive();
                file.force();
            }
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
            synchronized (disk) {
                ensureAlive();
                return file.transferTo(position, count, target);
            }
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
