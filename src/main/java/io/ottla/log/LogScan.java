// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.wire.BatchView;
import io.ottla.world.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Reads the batches of a segment one after another and checks each. Memory is bounded by one chunk for each thread, so a
 * visitor must not scan by itself. Used by one thread.
 */
final class LogScan {
    private static final int CHUNK_BYTES = 256 * 1024;

    /** Gets each valid batch; only batches smaller than a chunk are whole in the view's buffer, of larger ones the header is. */
    @FunctionalInterface
    interface Visitor {
        void batch(BatchView batch, int position) throws IOException;
    }

    private static final ThreadLocal<ByteBuffer> CHUNK = ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(CHUNK_BYTES));

    private final ByteBuffer chunk = CHUNK.get().clear();
    private final BatchView batch = new BatchView();
    private final Segment segment;
    private final int end;
    private int chunkStart;
    private long nextOffset;
    private String problem;

    LogScan(Segment segment, int end) {
        this.segment = segment;
        this.end = end;
    }

    /**
     * Visits the batches from {@code start} on until the end, or until something is there that is no valid batch.
     *
     * @param expected the lowest offset that the first batch may have
     * @param gapless  whether each batch must start exactly where the one before it ended
     * @return where the valid batches end
     */
    int run(int start, long expected, boolean gapless, Visitor visitor) throws IOException {
        nextOffset = expected;
        int position = start;
        FileHandle handle = segment.log().acquire();
        try {
            chunkStart = position;
            chunk.limit(0);
            while (position < end && check(handle.file(), position, gapless)) {
                visitor.batch(batch, position);
                nextOffset = batch.nextOffset();
                position += batch.sizeBytes();
            }
        } finally {
            handle.release();
        }
        return position;
    }

    /** The offset after the last valid batch. */
    long nextOffset() {
        return nextOffset;
    }

    /** Why the scan ended early, or null if it reached the end. */
    String problem() {
        return problem;
    }

    private boolean check(DiskFile file, int position, boolean gapless) throws IOException {
        fill(file, position, BatchView.HEADER_BYTES);
        batch.at(chunk, position - chunkStart);
        problem = headerProblem(position, gapless);
        if (problem != null) {
            return false;
        }
        int size = batch.sizeBytes();
        if (size <= CHUNK_BYTES) {
            fill(file, position, size);
            batch.at(chunk, position - chunkStart);
            problem = batch.crcMatches() ? null : "CRC does not match";
        } else {
            problem = largeCrcMatches(file, position, size) ? null : "CRC does not match";
        }
        return problem == null;
    }

    private String headerProblem(int position, boolean gapless) {
        if (chunk.limit() - batch.position() < BatchView.HEADER_BYTES) {
            return "only " + (end - position) + " bytes remain";
        }
        if (batch.magic() != BatchView.MAGIC) {
            return "magic is " + batch.magic();
        }
        long size = (long) batch.sizeBytes();
        if (size < BatchView.HEADER_BYTES || size > end - position) {
            return "size is " + size + " where " + (end - position) + " bytes remain";
        }
        if (batch.baseOffset() < nextOffset || gapless && batch.baseOffset() != nextOffset) {
            return "base offset is " + batch.baseOffset() + " where " + nextOffset + " is due";
        }
        if (batch.lastOffsetDelta() < 0 || batch.lastOffset() - segment.baseOffset() > Integer.MAX_VALUE) {
            return "last offset is " + batch.lastOffset();
        }
        return null;
    }

    /** Makes [position, position + count) be in the chunk, as far as the file has it. */
    private void fill(DiskFile file, int position, int count) throws IOException {
        int have = chunkStart + chunk.limit() - position;
        if (have >= Math.min(count, end - position) && position >= chunkStart) {
            return;
        }
        chunk.clear().limit(Math.min(CHUNK_BYTES, end - position));
        chunkStart = position;
        file.read(chunk, position);
        chunk.flip();
    }

    private boolean largeCrcMatches(DiskFile file, int position, int size) throws IOException {
        int covered = BatchView.CRC_COVERS_FROM;
        CRC32C crc = new CRC32C();
        ByteBuffer part = ByteBuffer.allocateDirect(CHUNK_BYTES);
        for (int at = covered; at < size; at += CHUNK_BYTES) {
            part.clear().limit(Math.min(CHUNK_BYTES, size - at));
            file.read(part, (long) position + at);
            crc.update(part.flip());
        }
        return (int) crc.getValue() == batch.storedCrc();
    }
}
