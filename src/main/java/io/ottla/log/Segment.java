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
    private static final Logger LOG = LoggerFactory.getLogger(Segment.class);
    /** A sealed segment of this size without index entries has lost them. */
    private static final int UNINDEXED_BYTES = 1 << 20;
    private static final int REBUILT_INTERVAL_BYTES = 4096;

    private final Path folder;
    private final long baseOffset;
    private final long createdMs;
    private final CachedFile log;
    private final SegmentIndexes indexes;

    /** -1 until somebody asks. */
    private volatile int sizeBytes;
    private volatile boolean retired;
    private volatile boolean sealed;
    private volatile VerifiedRanges unverified;
    private long firstTimestamp = BatchView.NO_TIMESTAMP;
    /** Whether all has been tried to find the largest timestamp; guarded by the monitor. */
    private boolean timesRead;

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
        indexes = new SegmentIndexes(baseOffset, existing, suffix -> file(files, suffix + state));
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

    SegmentIndexes indexes() {
        return indexes;
    }

    TransactionIndex aborted() {
        return indexes.aborted();
    }

    /** True once it left the log: positions remembered in it mean nothing any more. */
    boolean retired() {
        return retired;
    }

    void retire() {
        retired = true;
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

    /** Creates the file of a new segment. */
    void create() throws IOException {
        log.createToBePinned();
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
        FileHandle handle = log.acquirePinned();
        try {
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

    /** Takes note of a batch that was written at {@code position}. */
    void index(BatchView batch, int position, int indexIntervalBytes) {
        if (position == 0) {
            firstTimestamp = batch.maxTimestamp();
        }
        indexes.add(batch, position, indexIntervalBytes);
    }

    /** Ends the segment: it gets no more batches. */
    void seal() throws IOException {
        sealed = true;
        indexes.seal();
    }

    /** Makes the batches durable, and what was aborted. */
    void force() throws IOException {
        aborted().force();
        forceBatches();
    }

    /** Makes the batches durable. */
    void forceBatches() throws IOException {
        FileHandle handle = log.acquire();
        try {
            handle.file().force();
        } finally {
            handle.release();
        }
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
        indexes.truncate(toBytes, toOffset);
    }

    /** Position of the first batch whose last offset is at or after {@code offset}, below {@code limit}; -1 if none. */
    int locate(long offset, int limit) throws IOException {
        if (limit > UNINDEXED_BYTES && sealed && indexes.empty()) {
            rebuildIndexes();
        }
        FileHandle handle = log.acquire();
        try {
            long[] entry = indexedBefore(offset, limit);
            if (entry != null && !(entry[0] <= offset && indexed(handle.file(), entry, limit) != null)) {
                rebuildIndexes();
                entry = indexedBefore(offset, limit);
            }
            return walk(handle.file(), entry == null ? 0 : (int) entry[1], limit, offset);
        } finally {
            handle.release();
        }
    }

    private long[] indexedBefore(long offset, int limit) throws IOException {
        long[] entry = indexes.offsetEntryBefore(offset);
        return entry != null && entry[1] >= limit ? indexes.offsetEntryAt(limit - 1) : entry;
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

    /** The batch that the offset index means, or null if there is none: damage in an index must not be taken for damage in the log. */
    private BatchView indexed(DiskFile file, long[] offsetEntry, int limit) throws IOException {
        try {
            BatchView batch = header(file, (int) offsetEntry[1], limit);
            return batch.lastOffset() == offsetEntry[0] ? batch : null;
        } catch (DamagedLogException wrongPosition) {
            return null;
        }
    }

    /** Whether there is a batch with this timestamp and last offset, as the time index says. */
    private boolean proven(long[] timeEntry) throws IOException {
        int limit = sizeBytes();
        int position = timeEntry[1] < baseOffset ? -1 : locate(timeEntry[1], limit);
        if (position < 0) {
            return false;
        }
        FileHandle handle = log.acquire();
        try {
            BatchView batch = header(handle.file(), position, limit);
            return batch.lastOffset() == timeEntry[1] && batch.maxTimestamp() == timeEntry[0];
        } finally {
            handle.release();
        }
    }

    /** An offset at or before the first batch that has a record at or after {@code timestamp}. */
    long offsetBefore(long timestamp) throws IOException {
        long[] entry = indexes.timeEntryBefore(timestamp);
        if (entry != null && !proven(entry)) {
            rebuildIndexes();
            entry = indexes.timeEntryBefore(timestamp);
        }
        return entry == null ? baseOffset : entry[1];
    }

    /** A batch that has the largest timestamp of all up to it, the last that is indexed below {@code limit}: timestamp and last offset, or null. */
    long[] maxTimestampBelow(long limit) throws IOException {
        long[] entry = indexes.timeEntryBelow(limit);
        if (entry != null && !proven(entry)) {
            rebuildIndexes();
            entry = indexes.timeEntryBelow(limit);
        }
        return entry;
    }

    /**
     * Largest timestamp in the segment, or -1. Of one that an earlier process ended, the time index tells: its last entry, and
     * whatever follows that, in case entries were lost.
     */
    synchronized long maxTimestamp() throws IOException {
        if (sealed && indexes.maxTimestampOffset() < 0 && !timesRead && sizeBytes() > 0) {
            long[] last = indexes.lastTimeEntry();
            if (last != null && !proven(last)) {
                rebuildIndexes();
            } else {
                readTimesAfter(last);
            }
            timesRead = true;
        }
        return indexes.maxTimestamp();
    }

    private void readTimesAfter(long[] last) throws IOException {
        int size = sizeBytes();
        int start = last == null ? 0 : locate(last[1], size);
        long[] largest = last == null ? new long[] {BatchView.NO_TIMESTAMP, -1} : last;
        LogScan scan = new LogScan(this, size);
        int reached = scan.run(start, baseOffset, false, (batch, position) -> {
            if (batch.maxTimestamp() > largest[0]) {
                largest[0] = batch.maxTimestamp();
                largest[1] = batch.lastOffset();
            }
        });
        if (reached < size) {
            throw new DamagedLogException(log.path() + " is damaged at byte " + reached + ": " + scan.problem());
        }
        indexes.setMaxTimestamp(largest[0], largest[1]);
    }

    /** Makes new indexes from the batches; who appends meanwhile waits with what it has to add. */
    private void rebuildIndexes() throws IOException {
        LOG.warn("event=index_rebuilt file={} reason=missing_or_damaged", log.path());
        synchronized (indexes) {
            indexes.clear();
            int size = sizeBytes();
            LogScan scan = new LogScan(this, size);
            int reached = scan.run(0, baseOffset, false, (batch, position) -> indexes.add(batch, position, REBUILT_INTERVAL_BYTES));
            if (reached < size) {
                throw new DamagedLogException(log.path() + " is damaged at byte " + reached + ": " + scan.problem());
            }
            if (sealed) {
                indexes.seal();
            }
        }
    }

    /** Start of a batch that does not end at or before {@code start + maxBytes}, while all before it do; there must be one below {@code limit}. */
    LogPosition endWithin(FileHandle handle, int start, int maxBytes, int limit) throws IOException {
        long[] entry = indexes.offsetEntryAt((int) Math.min(Integer.MAX_VALUE, (long) start + maxBytes));
        if (entry != null && entry[1] > start && entry[1] < limit) {
            BatchView batch = indexed(handle.file(), entry, limit);
            if (batch != null) {
                return new LogPosition(this, batch.baseOffset(), (int) entry[1]);
            }
        }
        int end = start;
        while (true) {
            BatchView batch = header(handle.file(), end, limit);
            int next = end + batch.sizeBytes();
            if (next - start > maxBytes) {
                return new LogPosition(this, batch.baseOffset(), end);
            }
            end = next;
        }
    }

    /** Base offset of the batch at {@code position}. */
    long baseOffsetAt(FileHandle handle, int position, int limit) throws IOException {
        return header(handle.file(), position, limit).baseOffset();
    }

    /** Size of the batch at {@code position}. */
    int batchSize(FileHandle handle, int position, int limit) throws IOException {
        return header(handle.file(), position, limit).sizeBytes();
    }

    /** The header of the batch at {@code position}, until this thread reads another. */
    BatchView headerAt(int position, int limit) throws IOException {
        FileHandle handle = log.acquire();
        try {
            return header(handle.file(), position, limit);
        } finally {
            handle.release();
        }
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
        aborted().rewrite();
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

    /** Puts back bytes that were durable and may have been lost. */
    void restore(ByteBuffer bytes, int position) throws IOException {
        int end = position + bytes.remaining();
        FileHandle handle = log.acquirePinned();
        try {
            handle.file().write(bytes, position);
        } finally {
            handle.release();
        }
        sizeBytes = Math.max(sizeBytes(), end);
    }

    /** Closes the files; those who read them go on. */
    void close() {
        log.close();
        indexes.close();
    }

    /** The segment's files that exist. */
    List<CachedFile> files() {
        List<CachedFile> result = new ArrayList<>(4);
        result.add(log);
        result.addAll(indexes.files());
        return result;
    }

    @Override
    public String toString() {
        return log.path().toString();
    }
}
