// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.wire.BatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The indexes beside a segment: where offsets and timestamps are, sparsely, and which transactions were aborted; with the
 * largest timestamp that goes into them. Written by the one thread that holds the partition's lock; read by any thread.
 */
final class SegmentIndexes {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentIndexes.class);
    private static final int OFFSET_ENTRY_BYTES = 8;
    private static final int TIME_ENTRY_BYTES = 12;
    private static final IndexFile.Key RELATIVE_OFFSET = ByteBuffer::getInt;
    private static final IndexFile.Key POSITION = (buffer, at) -> buffer.getInt(at + 4);
    private static final IndexFile.Key TIMESTAMP = ByteBuffer::getLong;

    private final long baseOffset;
    private final IndexFile offsets;
    private final IndexFile times;
    private final TransactionIndex aborted;

    private int bytesSinceEntry;
    private long maxTimestamp = BatchView.NO_TIMESTAMP;
    private long maxTimestampOffset = -1;
    /** Timestamp and offset of the last time index entry; null until somebody asks. */
    private long[] lastTimeEntry;

    /** @param files gets each file by its suffix */
    SegmentIndexes(long baseOffset, Segment.Existing existing, Function<String, CachedFile> files) {
        this.baseOffset = baseOffset;
        offsets = new IndexFile(files.apply(LogFileNames.OFFSET_INDEX), OFFSET_ENTRY_BYTES, existing.offsetIndex());
        times = new IndexFile(files.apply(LogFileNames.TIME_INDEX), TIME_ENTRY_BYTES, existing.timeIndex());
        aborted = new TransactionIndex(files.apply(LogFileNames.TRANSACTION_INDEX), baseOffset, existing.transactionIndex());
    }

    TransactionIndex aborted() {
        return aborted;
    }

    boolean empty() throws IOException {
        return offsets.count() == 0;
    }

    /** Largest timestamp that was added, or -1. */
    synchronized long maxTimestamp() {
        return maxTimestamp;
    }

    /** Last offset of the first batch that has the largest timestamp, or -1. */
    synchronized long maxTimestampOffset() {
        return maxTimestampOffset;
    }

    synchronized void setMaxTimestamp(long timestamp, long offset) {
        maxTimestamp = timestamp;
        maxTimestampOffset = offset;
    }

    int offsetBytes() throws IOException {
        return offsets.sizeBytes();
    }

    int timeBytes() throws IOException {
        return times.sizeBytes();
    }

    /** Drops index entries that are not known to be durable. */
    void trustOnly(int offsetEntries, int timeEntries) {
        offsets.trustOnly(offsetEntries);
        times.trustOnly(timeEntries);
    }

    int durableOffsetEntries() {
        return offsets.forced();
    }

    int durableTimeEntries() {
        return times.forced();
    }

    /**
     * Takes note of a batch that was written at {@code position}. If the disk fails, they are just sparser. Whoever makes them anew
     * keeps others out meanwhile by holding the monitor.
     */
    synchronized void add(BatchView batch, int position, int indexIntervalBytes) {
        if (batch.maxTimestamp() > maxTimestamp) {
            maxTimestamp = batch.maxTimestamp();
            maxTimestampOffset = batch.lastOffset();
        }
        if (bytesSinceEntry > indexIntervalBytes) {
            ByteBuffer entry = ByteBuffer.allocate(OFFSET_ENTRY_BYTES);
            offsets.append(entry.putInt((int) (batch.lastOffset() - baseOffset)).putInt(position).flip());
            appendTime();
            bytesSinceEntry = 0;
        }
        bytesSinceEntry += batch.sizeBytes();
    }

    private void appendTime() {
        if (maxTimestampOffset < baseOffset || maxTimestamp < 0) {
            return;
        }
        try {
            if (lastTimeEntry == null) {
                lastTimeEntry = lastTimeEntry();
            }
        } catch (IOException e) {
            LOG.warn("event=index_read_failed file={} action=dropped_entry reason=\"{}\"", times.file().path(), e.getMessage());
            return;
        }
        if (lastTimeEntry == null || lastTimeEntry[0] < maxTimestamp && lastTimeEntry[1] < maxTimestampOffset) {
            ByteBuffer entry = ByteBuffer.allocate(TIME_ENTRY_BYTES);
            times.append(entry.putLong(maxTimestamp).putInt((int) (maxTimestampOffset - baseOffset)).flip());
            lastTimeEntry = new long[] {maxTimestamp, maxTimestampOffset};
        }
    }

    /** Ends the indexes: there are no more batches. Both are there from now on, if only as empty files: Kafka's tools ask for one to look at the other. */
    void seal() throws IOException {
        appendTime();
        offsets.writePending();
        offsets.createIfMissing();
        times.writePending();
        times.createIfMissing();
    }

    /** Sees to it that every kind of index is there, so that none of a replaced segment's is left. */
    void createMissing() throws IOException {
        offsets.createIfMissing();
        times.createIfMissing();
        aborted.createIfMissing();
    }

    /** Makes offsets and timestamps durable. */
    void force() throws IOException {
        offsets.force();
        times.force();
    }

    /** Drops entries at or past a border between batches. */
    void truncate(int position, long offset) throws IOException {
        offsets.truncate(offsets.floor(POSITION, position - 1L) + 1);
        int keep = times.count();
        while (keep > 0 && times.entry(keep - 1).getInt(8) + baseOffset >= offset) {
            keep--;
        }
        times.truncate(keep);
        lastTimeEntry = null;
        aborted.truncate(offset);
        bytesSinceEntry = 0;
    }

    /** Forgets offsets and timestamps, to be added anew. */
    void clear() throws IOException {
        offsets.truncate(0);
        times.truncate(0);
        maxTimestamp = BatchView.NO_TIMESTAMP;
        maxTimestampOffset = -1;
        lastTimeEntry = null;
        bytesSinceEntry = 0;
    }

    /** The timestamp of the last time index entry and the offset of its batch, or null. */
    long[] lastTimeEntry() throws IOException {
        int count = times.count();
        return timeEntry(count == 0 ? null : times.entry(count - 1));
    }

    /** The last time index entry whose offset is below {@code limit}: timestamp and offset, or null. */
    long[] timeEntryBelow(long limit) throws IOException {
        return timeEntry(times.floorEntry((buffer, at) -> buffer.getInt(at + 8), limit - 1 - baseOffset));
    }

    /** The last time index entry before {@code timestamp}: timestamp and offset, or null. */
    long[] timeEntryBefore(long timestamp) throws IOException {
        return timeEntry(times.floorEntry(TIMESTAMP, timestamp - 1));
    }

    private long[] timeEntry(ByteBuffer entry) {
        return entry == null ? null : new long[] {entry.getLong(0), entry.getInt(8) + baseOffset};
    }

    /** The last offset and the position of a batch at or before the one that holds {@code offset}, or null. */
    long[] offsetEntryBefore(long offset) throws IOException {
        return offsetEntry(offsets.floorEntry(RELATIVE_OFFSET, Math.min(Integer.MAX_VALUE, offset - baseOffset)));
    }

    /** The last offset and the position of the last indexed batch that starts at or before {@code position}, or null. */
    long[] offsetEntryAt(int position) throws IOException {
        return offsetEntry(offsets.floorEntry(POSITION, position));
    }

    private long[] offsetEntry(ByteBuffer entry) {
        return entry == null ? null : new long[] {entry.getInt(0) + baseOffset, entry.getInt(4)};
    }

    void close() {
        offsets.close();
        times.close();
        aborted.file().close();
    }

    /** The files that exist. */
    List<CachedFile> files() {
        return Stream.of(offsets.created() ? offsets.file() : null, times.created() ? times.file() : null, aborted.created() ? aborted.file() : null)
                .filter(file -> file != null)
                .toList();
    }
}
