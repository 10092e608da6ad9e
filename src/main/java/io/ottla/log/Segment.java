// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.wire.BatchView;
import io.ottla.world.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One segment of a partition: the batches in a file, and the sparse indexes beside it. Written by the one thread that holds
 * the partition's lock; read by any thread.
 */
final class Segment {
    private static final int OFFSET_ENTRY_BYTES = 8;
    private static final int TIME_ENTRY_BYTES = 12;
    private static final IndexFile.Key RELATIVE_OFFSET = ByteBuffer::getInt;
    private static final IndexFile.Key POSITION = (buffer, at) -> buffer.getInt(at + 4);
    private static final IndexFile.Key TIMESTAMP = ByteBuffer::getLong;

    private static final Logger LOG = LoggerFactory.getLogger(Segment.class);
    /** A sealed segment of this size without index entries has lost them. */
    private static final int UNINDEXED_BYTES = 1 << 20;
    private static final int REBUILT_INTERVAL_BYTES = 4096;

    private final Path folder;
    private final long baseOffset;
    private final long createdMs;
    private final CachedFile log;
    private final IndexFile offsets;
    private final IndexFile times;
    private final TransactionIndex aborted;

    /** -1 until somebody asks. */
    private volatile int sizeBytes;
    private volatile boolean retired;
    private volatile boolean sealed;
    private volatile VerifiedRanges unverified;
    private int bytesSinceIndexEntry;
    private long maxTimestamp = BatchView.NO_TIMESTAMP;
    private long maxTimestampOffset = -1;
    /** Timestamp and offset of the last time index entry; null until somebody asks. */
    private long[] lastTimeEntry;
    private long firstTimestamp = BatchView.NO_TIMESTAMP;

    /** Which files a segment has. */
    record Existing(boolean log, boolean offsetIndex, boolean timeIndex, boolean transactionIndex) {
        static final Existing NONE = new Existing(false, false, false, false);
    }

    Segment(OpenFiles files, Path folder, long baseOffset, long createdMs, Existing existing) {
        this(files, folder, baseOffset, createdMs, existing, "");
    }

    /** @param state what the files' names end in while they are not part of the log yet */
    Segment(OpenFiles files, Path folder, long baseOffset, long createdMs, Existing existing, String state) {
        this.folder = folder;
        this.baseOffset = baseOffset;
        this.createdMs = createdMs;
        log = file(files, LogFileNames.LOG + state);
        offsets = new IndexFile(file(files, LogFileNames.OFFSET_INDEX + state), OFFSET_ENTRY_BYTES, existing.offsetIndex());
        times = new IndexFile(file(files, LogFileNames.TIME_INDEX + state), TIME_ENTRY_BYTES, existing.timeIndex());
        aborted = new TransactionIndex(file(files, LogFileNames.TRANSACTION_INDEX + state), existing.transactionIndex());
        sizeBytes = existing.log() ? -1 : 0;
    }

    private CachedFile file(OpenFiles files, String suffix) {
        return new CachedFile(files, folder, LogFileNames.of(baseOffset, suffix));
    }

    long baseOffset() {
        return baseOffset;
    }

    /** Bytes of the batches as written. */
    int sizeBytes() throws IOException {
        if (sizeBytes < 0) {
            FileHandle handle = log.acquire();
            try {
                sizeBytes = Math.toIntExact(handle.file().size());
            } finally {
                handle.release();
            }
        }
        return sizeBytes;
    }

    /** When the segment was created or opened, in wall time. */
    long createdMs() {
        return createdMs;
    }

    CachedFile log() {
        return log;
    }

    TransactionIndex aborted() {
        return aborted;
    }

    /** Largest timestamp in the segment, or -1. */
    long maxTimestamp() {
        return maxTimestamp;
    }

    /** Last offset of the first batch that has the largest timestamp, or -1. */
    long maxTimestampOffset() {
        return maxTimestampOffset;
    }

    /** The largest timestamp and the offset of its batch, from the time index if the segment was not written since it was opened. */
    void loadMaxTimestamp() throws IOException {
        if (maxTimestampOffset < 0 && sizeBytes() > 0) {
            long[] last = lastTimeEntry();
            if (last != null) {
                setMaxTimestamp(last[0], last[1]);
            }
        }
    }

    void setMaxTimestamp(long timestamp, long offset) {
        maxTimestamp = timestamp;
        maxTimestampOffset = offset;
    }

    /** True once it left the log: positions remembered in it mean nothing any more. */
    boolean retired() {
        return retired;
    }

    void retire() {
        retired = true;
    }

    int offsetIndexBytes() throws IOException {
        return offsets.sizeBytes();
    }

    int timeIndexBytes() throws IOException {
        return times.sizeBytes();
    }

    /** Says that the segment ended before it was opened: its indexes are whole. */
    void openedSealed() {
        sealed = true;
    }

    /** Says that the first {@code bytes} were written before this process and nobody has looked at them since. */
    void unverified(int bytes) {
        unverified = bytes > 0 ? new VerifiedRanges(bytes) : null;
    }

    /**
     * Checks batches that were written before this process before they are first given out.
     *
     * @param offset     what the first batch must hold or, where offsets may be missing, precede
     * @param nextOffset where the batch after the last one starts: base offsets are not covered by the CRC
     */
    void verify(int from, int to, long offset, long nextOffset, boolean gaps) throws IOException {
        VerifiedRanges ranges = unverified;
        if (ranges == null || ranges.covers(from, to)) {
            return;
        }
        FileHandle handle = log.acquire();
        long first;
        try {
            first = header(handle.file(), from, to).baseOffset();
        } finally {
            handle.release();
        }
        LogScan scan = new LogScan(this, to);
        int reached = scan.run(from, first, !gaps, (batch, position) -> { });
        if (reached < to) {
            throw new DamagedLogException(log.path() + " is damaged at byte " + reached + ": " + scan.problem());
        }
        boolean fits = gaps ? scan.nextOffset() <= nextOffset : first <= offset && scan.nextOffset() == nextOffset;
        if (!fits) {
            throw new DamagedLogException(log.path() + " is damaged: its batches at byte " + from + " have offsets " + first + " to " + scan.nextOffset()
                    + " where " + offset + " to " + nextOffset + " is due");
        }
        if (ranges.add(from, to)) {
            unverified = null;
        }
    }

    /** Drops index entries that are not known to be durable. */
    void trustIndexes(int offsetEntries, int timeEntries) {
        offsets.trustOnly(offsetEntries);
        times.trustOnly(timeEntries);
    }

    int durableOffsetEntries() {
        return offsets.forced();
    }

    int durableTimeEntries() {
        return times.forced();
    }

    /** Creates the file of a new segment. */
    void create() throws IOException {
        log.create();
    }

    /** Max timestamp of the first batch, from which the segment's age is counted; -1 while it is empty. */
    long firstTimestamp() throws IOException {
        if (firstTimestamp == BatchView.NO_TIMESTAMP && sizeBytes() > 0) {
            FileHandle handle = log.acquire();
            try {
                firstTimestamp = header(handle.file(), 0, sizeBytes).maxTimestamp();
            } finally {
                handle.release();
            }
        }
        return firstTimestamp;
    }

    /** Writes the remaining bytes of {@code batches} at the end; on failure the file is as long as before, or the exception says so. */
    void write(ByteBuffer batches) throws IOException {
        int start = batches.position();
        int count = batches.remaining();
        int end = sizeBytes();
        FileHandle handle = log.acquire();
        try {
            log.pin();
            handle.file().write(batches, end);
        } catch (IOException e) {
            undoWrite(handle, e);
            throw e;
        } finally {
            batches.position(start);
            handle.release();
        }
        sizeBytes = end + count;
    }

    private void undoWrite(FileHandle handle, IOException cause) throws IOException {
        try {
            handle.file().truncate(sizeBytes);
            // Otherwise a power cut could bring back what the producer was told is not there.
            handle.file().force();
        } catch (IOException e) {
            e.addSuppressed(cause);
            throw new TornFileException(log.path() + " could not be cut back after a failed write", e);
        }
    }

    /** Keeps the indexes and the timestamps up with a batch that was written at {@code position}. If the disk fails, they are just sparser. */
    void index(BatchView batch, int position, int indexIntervalBytes) {
        if (batch.maxTimestamp() > maxTimestamp) {
            maxTimestamp = batch.maxTimestamp();
            maxTimestampOffset = batch.lastOffset();
        }
        if (position == 0) {
            firstTimestamp = batch.maxTimestamp();
        }
        if (bytesSinceIndexEntry > indexIntervalBytes) {
            ByteBuffer entry = ByteBuffer.allocate(OFFSET_ENTRY_BYTES);
            offsets.append(entry.putInt((int) (batch.lastOffset() - baseOffset)).putInt(position).flip());
            appendTime();
            bytesSinceIndexEntry = 0;
        }
        bytesSinceIndexEntry += batch.sizeBytes();
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
            LOG.warn("event=index_read_failed file={} action=dropped_entry reason=\"{}\"", log.path(), e.getMessage());
            return;
        }
        if (lastTimeEntry == null || lastTimeEntry[0] < maxTimestamp && lastTimeEntry[1] < maxTimestampOffset) {
            ByteBuffer entry = ByteBuffer.allocate(TIME_ENTRY_BYTES);
            times.append(entry.putLong(maxTimestamp).putInt((int) (maxTimestampOffset - baseOffset)).flip());
            lastTimeEntry = new long[] {maxTimestamp, maxTimestampOffset};
        }
    }

    /** Ends the indexes: the segment gets no more batches. */
    void seal() throws IOException {
        sealed = true;
        appendTime();
        offsets.writePending();
        times.writePending();
    }

    /** Sees to it that every kind of file is there, so that none of a replaced segment's is left. */
    void createMissingIndexes() throws IOException {
        offsets.createIfMissing();
        times.createIfMissing();
        aborted.createIfMissing();
    }

    /** Makes the batches durable. */
    void force() throws IOException {
        aborted.force();
        FileHandle handle = log.acquire();
        try {
            handle.file().force();
        } finally {
            handle.release();
        }
    }

    /** Makes the indexes durable. */
    void forceIndexes() throws IOException {
        offsets.force();
        times.force();
    }

    /** Called when all bytes written so far are durable. */
    void flushed() {
        log.unpin();
    }

    /** Cuts the segment at a border between batches, and drops index entries from there on. */
    void truncate(int toBytes, long toOffset) throws IOException {
        FileHandle handle = log.acquire();
        try {
            handle.file().truncate(toBytes);
        } finally {
            handle.release();
        }
        sizeBytes = toBytes;
        truncateIndexes(toBytes, toOffset);
    }

    /** Drops index entries at or past a border between batches. */
    void truncateIndexes(int position, long offset) throws IOException {
        offsets.truncate(offsets.floor(POSITION, position - 1L) + 1);
        int keep = times.count();
        while (keep > 0 && times.entry(keep - 1).getInt(8) + baseOffset >= offset) {
            keep--;
        }
        times.truncate(keep);
        lastTimeEntry = null;
        aborted.truncate(offset);
        bytesSinceIndexEntry = 0;
    }

    /** The timestamp of the last time index entry and the offset of its batch, or null. */
    long[] lastTimeEntry() throws IOException {
        int count = times.count();
        if (count == 0) {
            return null;
        }
        ByteBuffer entry = times.entry(count - 1);
        return new long[] {entry.getLong(0), entry.getInt(8) + baseOffset};
    }

    /** The last time index entry whose offset is below {@code limit}: timestamp and offset, or null. */
    long[] timeEntryBelow(long limit) throws IOException {
        int found = times.floor((buffer, at) -> buffer.getInt(at + 8), limit - 1 - baseOffset);
        if (found < 0) {
            return null;
        }
        ByteBuffer entry = times.entry(found);
        return new long[] {entry.getLong(0), entry.getInt(8) + baseOffset};
    }

    /** An offset at or before the first batch that has a record at or after {@code timestamp}. */
    long offsetBefore(long timestamp) throws IOException {
        int found = times.floor(TIMESTAMP, timestamp - 1);
        return found < 0 ? baseOffset : times.entry(found).getInt(8) + baseOffset;
    }

    /** Start of a batch at or before the one that holds {@code offset}. */
    int positionBefore(long offset) throws IOException {
        int found = offsets.floor(RELATIVE_OFFSET, Math.min(Integer.MAX_VALUE, offset - baseOffset));
        return found < 0 ? 0 : offsets.entry(found).getInt(4);
    }

    /** Start of the last indexed batch that starts at or before {@code position}, or 0. */
    int borderBefore(int position) throws IOException {
        int found = offsets.floor(POSITION, position);
        return found < 0 ? 0 : offsets.entry(found).getInt(4);
    }

    /** Position of the first batch whose last offset is at or after {@code offset}, below {@code limit}; -1 if none. */
    int locate(long offset, int limit) throws IOException {
        if (limit > UNINDEXED_BYTES && sealed && offsets.count() == 0) {
            rebuildIndexes();
        }
        int start = Math.min(positionBefore(offset), limit);
        FileHandle handle = log.acquire();
        try {
            if (start != 0 && start < limit && !startsAtOrBefore(handle.file(), start, limit, offset)) {
                rebuildIndexes();
                start = Math.min(positionBefore(offset), limit);
            }
            return walk(handle.file(), start, limit, offset);
        } finally {
            handle.release();
        }
    }

    private int walk(DiskFile file, int start, int limit, long offset) throws IOException {
        int position = start;
        while (position < limit) {
            BatchView batch = header(file, position, limit);
            if (batch.lastOffset() >= offset) {
                return position;
            }
            position += batch.sizeBytes();
        }
        return -1;
    }

    /** Whether what the index says is true: damage in an index must not be taken for damage in the log. */
    private boolean startsAtOrBefore(DiskFile file, int position, int limit, long offset) throws IOException {
        try {
            return header(file, position, limit).baseOffset() <= offset;
        } catch (DamagedLogException wrongPosition) {
            return false;
        }
    }

    /** Makes new indexes from the batches. */
    private synchronized void rebuildIndexes() throws IOException {
        LOG.warn("event=index_rebuilt file={} reason=missing_or_damaged", log.path());
        offsets.truncate(0);
        times.truncate(0);
        lastTimeEntry = null;
        bytesSinceIndexEntry = 0;
        int size = sizeBytes();
        LogScan scan = new LogScan(this, size);
        int reached = scan.run(0, baseOffset, false, (batch, position) -> index(batch, position, REBUILT_INTERVAL_BYTES));
        if (reached < size) {
            throw new DamagedLogException(log.path() + " is damaged at byte " + reached + ": " + scan.problem());
        }
        if (sealed) {
            seal();
        }
    }

    /** Base offset of the batch at {@code position}. */
    long baseOffsetAt(FileHandle handle, int position, int limit) throws IOException {
        return header(handle.file(), position, limit).baseOffset();
    }

    /** End of the last batch that ends at or before {@code start + maxBytes}, at least {@code start}. */
    int endWithin(FileHandle handle, int start, int maxBytes, int limit) throws IOException {
        int end = Math.max(start, borderBefore((int) Math.min(Integer.MAX_VALUE, (long) start + maxBytes)));
        if (end > start && end < limit && startsAtOrBefore(handle.file(), end, limit, Long.MAX_VALUE)) {
            return end;
        }
        end = start;
        while (end < limit) {
            int next = end + header(handle.file(), end, limit).sizeBytes();
            if (next - start > maxBytes) {
                break;
            }
            end = next;
        }
        return end;
    }

    /** Size of the batch at {@code position}. */
    int batchSize(FileHandle handle, int position, int limit) throws IOException {
        return header(handle.file(), position, limit).sizeBytes();
    }

    private BatchView header(DiskFile file, int position, int limit) throws IOException {
        if (position < 0) {
            throw new DamagedLogException("an index of " + log.path() + " points to byte " + position);
        }
        ByteBuffer buffer = Scratch.take(BatchView.HEADER_BYTES);
        int read = file.read(buffer, position);
        BatchView batch = new BatchView(buffer.flip(), 0);
        if (read < BatchView.HEADER_BYTES
                || batch.magic() != BatchView.MAGIC
                || batch.sizeBytes() < BatchView.HEADER_BYTES
                || batch.sizeBytes() > limit - position
                || batch.baseOffset() < baseOffset) {
            throw new DamagedLogException("no batch at byte " + position + " of " + log.path());
        }
        return batch;
    }

    /** Reads up to the buffer's limit from {@code position}. */
    void read(ByteBuffer target, int position) throws IOException {
        FileHandle handle = log.acquire();
        try {
            handle.file().read(target, position);
        } finally {
            handle.release();
        }
    }

    /** Writes the bytes from {@code from} on, and the size, once more, so that they are flushed even if an earlier flush failed to. */
    void rewrite(int from) throws IOException {
        aborted.rewrite();
        FileHandle handle = log.acquire();
        try {
            handle.file().truncate(sizeBytes());
            ByteBuffer bytes = Scratch.take(Scratch.BYTES);
            int start = from / Scratch.BYTES * Scratch.BYTES;
            for (int at = start; at < sizeBytes(); at += Scratch.BYTES) {
                bytes.clear().limit(Math.min(Scratch.BYTES, sizeBytes() - at));
                handle.file().read(bytes, at);
                handle.file().write(bytes.flip(), at);
            }
        } finally {
            handle.release();
        }
    }

    /** Closes the files; those who read them go on. */
    void close() {
        log.close();
        offsets.close();
        times.close();
        aborted.file().close();
    }

    /** The segment's files that exist. */
    List<CachedFile> files() {
        List<CachedFile> result = new ArrayList<>(4);
        result.add(log);
        for (IndexFile index : List.of(offsets, times)) {
            if (index.created()) {
                result.add(index.file());
            }
        }
        if (aborted.created()) {
            result.add(aborted.file());
        }
        return result;
    }

    @Override
    public String toString() {
        return log.path().toString();
    }
}
