// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.wire.StoredRecords;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/** Whole batches in a segment file, sent from the page cache to the socket. It keeps the file open until released. */
final class FileSlice implements StoredRecords {
    private final FileHandle handle;
    private final int position;
    private final int sizeBytes;
    private final AtomicBoolean released = new AtomicBoolean();

    /** Takes over the caller's hold on {@code handle}. */
    FileSlice(FileHandle handle, int position, int sizeBytes) {
        this.handle = handle;
        this.position = position;
        this.sizeBytes = sizeBytes;
    }

    @Override
    public int sizeInBytes() {
        return sizeBytes;
    }

    @Override
    public long writeTo(WritableByteChannel target, int from) throws IOException {
        ensureHeld();
        return handle.file().transferTo(position + from, sizeBytes - from, target);
    }

    @Override
    public void copyTo(ByteBuffer target, int from) throws IOException {
        ensureHeld();
        int count = Math.min(target.remaining(), sizeBytes - from);
        ByteBuffer window = target.duplicate().limit(target.position() + count);
        if (handle.file().read(window, (long) position + from) != count) {
            throw new IOException("the file ends within records that were there when they were read");
        }
        target.position(target.position() + count);
    }

    @Override
    public StoredRecords part(int from, int sizeBytes) {
        Objects.checkFromIndexSize(from, sizeBytes, this.sizeBytes);
        if (!released.compareAndSet(false, true)) {
            throw new IllegalStateException("records were used after their release");
        }
        return new FileSlice(handle, position + from, sizeBytes);
    }

    private void ensureHeld() {
        if (released.get()) {
            throw new IllegalStateException("records were used after their release");
        }
    }

    @Override
    public void release() {
        if (released.compareAndSet(false, true)) {
            handle.release();
        }
    }
}
