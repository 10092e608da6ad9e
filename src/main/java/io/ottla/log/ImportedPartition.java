// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.PartitionId;
import io.ottla.topic.TopicConfig;
import io.ottla.wire.BatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Copies one partition's folder batch by batch, checking each, with indexes and producers made anew. Used once, by one thread. */
final class ImportedPartition {
    private static final int CHUNK_BYTES = 1 << 20;

    private final LogContext context;
    private final PartitionId id;
    private final Path target;
    private final TopicConfig config;
    private final Path sourceFolder;
    private final PartitionFolder source;
    private final ProducerLedger producers;
    private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
    private final long nowMs;
    private long nextOffset;
    private int highestEpoch;

    ImportedPartition(LogContext context, PartitionId id, Path source, Path target, TopicConfig config) {
        this.context = context;
        this.id = id;
        this.target = target;
        this.config = config;
        sourceFolder = source;
        this.source = new PartitionFolder(context, id, source);
        producers = new ProducerLedger(id);
        nowMs = context.clock().wallMs();
    }

    /** Returns what is durable in the target now, or null if there is no record. */
    FlushPoint copy(long logStart) throws IOException {
        source.look();
        List<Segment> segments = KafkaSwap.settle(context, sourceFolder, source.segments(nowMs), nowMs);
        if (segments.isEmpty()) {
            return null;
        }
        clearTarget();
        List<Segment> copies = new ArrayList<>();
        Segment last = null;
        int abortedCheck = 0;
        nextOffset = segments.getFirst().baseOffset();
        for (Segment segment : segments) {
            if (last != null) {
                finish(last);
            }
            last = copy(segment, segment == segments.getLast());
            copies.add(last);
            abortedCheck ^= last.aborted().check();
            segment.close();
        }
        finish(last);
        long first = Math.max(logStart, segments.getFirst().baseOffset());
        EpochHistory epochs = new EpochRecovery(copies, last.sizeBytes(), first, nextOffset, Math.max(highestEpoch, source.epochs().latest())).run(source.epochs());
        writeDescription(epochs.with(epochs.latest(), first));
        context.disk().syncDirectory(target);
        FlushPoint point = new FlushPoint(last.baseOffset(), nextOffset, last.sizeBytes(), first,
                last.indexes().maxTimestamp(), last.indexes().maxTimestampOffset(), epochs.latest(), last.indexes().durableOffsetEntries(), last.indexes().durableTimeEntries(),
                !producers.isEmpty(), true, true, 0, abortedCheck);
        copies.forEach(Segment::close);
        return point;
    }

    /** After the copy: the highest id of a producer that has left a trace, or -1. */
    long highestProducerId() {
        long highest = -1;
        for (ProducerEntry entry : producers.entries()) {
            highest = Math.max(highest, entry.producerId());
        }
        return highest;
    }

    /** What an earlier attempt has left is in nobody's way. */
    private void clearTarget() throws IOException {
        for (String name : context.disk().list(target)) {
            context.disk().delete(target.resolve(name));
        }
        context.disk().createDirectories(target);
    }

    private Segment copy(Segment from, boolean active) throws IOException {
        if (from.baseOffset() < nextOffset) {
            throw new DamagedLogException(from + " starts before " + nextOffset + ", where the segment before it ends");
        }
        Segment to = new Segment(context.files(), target, from.baseOffset(), nowMs, Segment.Existing.NONE);
        to.create();
        int size = from.sizeBytes();
        LogScan scan = new LogScan(from, size);
        int reached = scan.run(0, Math.max(nextOffset, from.baseOffset()), false, (batch, position) -> take(from, to, batch, position));
        if (reached < size && !active) {
            throw new DamagedLogException(from + " is damaged at byte " + reached + ": " + scan.problem());
        }
        nextOffset = Math.max(nextOffset, scan.nextOffset());
        return to;
    }

    private void take(Segment from, Segment to, BatchView batch, int position) throws IOException {
        int start = to.sizeBytes();
        for (int copied = 0; copied < batch.sizeBytes(); copied += chunk.limit()) {
            chunk.clear().limit(Math.min(CHUNK_BYTES, batch.sizeBytes() - copied));
            from.read(chunk, position + copied);
            to.write(chunk.flip());
        }
        to.index(batch, start, config.indexIntervalBytes());
        TransactionIndex.Entry aborted = producers.abortedBy(batch, batch.lastOffset());
        if (aborted != null) {
            to.aborted().append(aborted);
        }
        highestEpoch = Math.max(highestEpoch, batch.leaderEpoch());
        producers.apply(batch, nowMs);
    }

    private static void finish(Segment segment) throws IOException {
        segment.seal();
        segment.force();
        segment.indexes().force();
        segment.flushed();
    }

    private void writeDescription(EpochHistory epochs) throws IOException {
        source.addForgotten(producers, nextOffset, nowMs);
        if (!producers.isEmpty()) {
            SmallFiles.replace(context.disk(), target.resolve(LogFileNames.of(nextOffset, LogFileNames.SNAPSHOT)), ProducerSnapshot.encode(producers.entries()));
        }
        SmallFiles.replace(context.disk(), target.resolve(LogFileNames.LEADER_EPOCHS), epochs.encode());
        SmallFiles.replace(context.disk(), target.resolve(LogFileNames.PARTITION_METADATA), PartitionMetadata.encode(id.topicId()));
    }
}
