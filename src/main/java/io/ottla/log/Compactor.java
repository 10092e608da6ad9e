// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.TopicConfig;
import io.ottla.wire.BatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.internals.BufferSupplier;

/** Rewrites segments without the records that later ones have replaced. Works on files only, without the partition's lock; used once. */
final class Compactor {
    private static final int CHUNK_BYTES = 1 << 20;

    private final LogContext context;
    private final Path folder;
    private final TopicConfig config;
    private final CompactionPlan plan;
    private final OffsetMap latest;
    private final BatchView view = new BatchView();
    private final UnpackedSize unpacked = new UnpackedSize();
    private final BufferSupplier buffers = BufferSupplier.create();
    private ByteBuffer output = ByteBuffer.allocate(CHUNK_BYTES);
    private CompactionFilter filter;
    private long mappedTo;

    Compactor(LogContext context, Path folder, TopicConfig config, CompactionPlan plan) {
        this.context = context;
        this.folder = folder;
        this.config = config;
        this.plan = plan;
        latest = new OffsetMap(context.settings().cleaner().get().maxKeys());
    }

    /** Looks at what is dirty, as far as the map of keys has room; returns where the compacted part will end. */
    long mapKeys() throws IOException {
        mappedTo = plan.firstDirty();
        for (Segment segment : plan.segments()) {
            int size = segment.sizeBytes();
            int start = segment.locate(mappedTo, size);
            if (start >= 0 && !mapKeys(segment, start, size)) {
                return start(mappedTo);
            }
        }
        return start(plan.end());
    }

    private long start(long end) {
        mappedTo = end;
        filter = new CompactionFilter(plan, latest, mappedTo, context.clock().wallMs(), config.deleteRetentionMs());
        return end;
    }

    /** False if the map is full. */
    private boolean mapKeys(Segment segment, int start, int size) throws IOException {
        for (int at = start; at < size; ) {
            ByteBuffer chunk = readChunk(segment, at, size);
            at += chunk.remaining();
            int position = 0;
            for (MutableRecordBatch batch : MemoryRecords.readableRecords(chunk).batches()) {
                batch.ensureValid();
                if (!unpacked.tooLarge(view.at(chunk, position))) {
                    if (!latest.isEmpty() && !latest.hasRoomFor(batch.countOrNull())) {
                        return false;
                    }
                    mapKeys(batch);
                }
                mappedTo = batch.nextOffset();
                position += batch.sizeInBytes();
            }
        }
        return true;
    }

    private void mapKeys(MutableRecordBatch batch) {
        if (batch.isControlBatch() || batch.isTransactional() && plan.isAborted(batch.producerId(), batch.baseOffset())) {
            return;
        }
        for (Record record : batch) {
            if (record.hasKey() && record.offset() >= plan.firstDirty()) {
                latest.put(record.key(), record.offset());
            }
        }
    }

    /** Writes what remains of neighbouring segments to a new one, all of it durable, whose files are still called otherwise. */
    Segment rewrite(List<Segment> group) throws IOException {
        Segment fresh = new Segment(context.files(), folder, group.getFirst().baseOffset(), group.getFirst().createdMs(), Segment.Existing.NONE, LogFileNames.CLEANED);
        try {
            fresh.create();
            for (Segment segment : group) {
                rewrite(segment, fresh);
            }
            for (Segment segment : group) {
                keepAborted(segment, fresh);
            }
            fresh.seal();
            fresh.indexes().createMissing();
            fresh.force();
            fresh.indexes().force();
            fresh.flushed();
            return fresh;
        } catch (IOException | RuntimeException e) {
            discard(fresh, e);
            throw e;
        }
    }

    private static void discard(Segment fresh, Exception cause) {
        for (CachedFile file : fresh.files()) {
            try {
                file.delete();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
    }

    private void rewrite(Segment from, Segment to) throws IOException {
        int size = from.sizeBytes();
        for (int at = 0; at < size; ) {
            long started = context.clock().monotonicNanos();
            ByteBuffer chunk = readChunk(from, at, size);
            at += chunk.remaining();
            ByteBuffer kept = filter(chunk);
            if (kept.hasRemaining()) {
                append(kept, to);
            }
            throttle(chunk.limit(), started);
        }
    }

    private ByteBuffer filter(ByteBuffer chunk) {
        output.clear();
        int from = 0;
        for (int at = 0; at < chunk.limit(); at += view.sizeBytes()) {
            if (unpacked.tooLarge(view.at(chunk, at))) {
                filter(chunk, from, at);
                filter.keep(view);
                from = at + view.sizeBytes();
                keep(chunk.slice(at, view.sizeBytes()));
            }
        }
        filter(chunk, from, chunk.limit());
        return output.duplicate().flip();
    }

    private void filter(ByteBuffer chunk, int from, int to) {
        if (from < to) {
            var result = MemoryRecords.readableRecords(chunk.slice(from, to - from)).filterTo(filter, output, buffers, Integer.MAX_VALUE);
            // A batch that outgrew the buffer was put into a larger one, which serves the next chunk as well.
            output = result.outputBuffer();
        }
    }

    private void keep(ByteBuffer batch) {
        if (batch.remaining() > output.remaining()) {
            output = ByteBuffer.allocate(output.position() + batch.remaining()).put(output.flip());
        }
        output.put(batch);
    }

    private void append(ByteBuffer batches, Segment to) throws IOException {
        int shift = to.sizeBytes() - batches.position();
        to.write(batches);
        BatchView batch = new BatchView();
        for (int at = batches.position(); at < batches.limit(); at += batch.sizeBytes()) {
            batch.at(batches, at);
            to.index(batch, at + shift, config.indexIntervalBytes());
        }
    }

    private void keepAborted(Segment from, Segment to) throws IOException {
        for (TransactionIndex.Entry entry : from.aborted().entries()) {
            if (!filter.droppedMarker(entry.lastOffset())) {
                to.aborted().append(entry);
            }
        }
    }

    /** Whole batches from {@code at} on, one at least. */
    private static ByteBuffer readChunk(Segment segment, int at, int size) throws IOException {
        int end = size;
        FileHandle handle = segment.log().acquire();
        try {
            if (size - at > CHUNK_BYTES) {
                end = segment.endWithin(handle, at, CHUNK_BYTES, size).position();
                end = end == at ? at + segment.batchSize(handle, at, size) : end;
            }
            ByteBuffer chunk = ByteBuffer.allocate(end - at);
            if (handle.file().read(chunk, at) != end - at) {
                throw new DamagedLogException(segment + " ends before byte " + end);
            }
            return chunk.flip();
        } finally {
            handle.release();
        }
    }

    private void throttle(int bytes, long startedNanos) {
        long dueNanos = (long) (bytes * 1e9 / context.settings().cleaner().get().bytesPerSecond());
        long left = dueNanos - (context.clock().monotonicNanos() - startedNanos);
        if (left > 0) {
            LockSupport.parkNanos(left);
        }
    }
}
