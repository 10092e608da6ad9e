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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a partition's folder: trusts what the flush point says is durable, checks every batch after it, cuts the log at the
 * first that is not whole, and brings indexes and producers up to date. Used once, by one thread.
 */
final class LogLoader {
    private static final Logger LOG = LoggerFactory.getLogger(LogLoader.class);

    /**
     * What is in the folder; all of it is durable now.
     *
     * @param snapshotOffset     offset of the newest snapshot of the producers, or 0
     * @param bytesSinceSnapshot bytes that had to be read to know the producers
     * @param changed            true if the flush point does not say all of this
     * @param incomplete         true if the files that describe the folder have to be written
     * @param gaps               true if offsets may be missing between batches
     * @param cleanedTo          offsets below this were compacted
     */
    record Loaded(
            Segment[] segments,
            LogPosition end,
            long logStart,
            int leaderEpoch,
            EpochHistory epochs,
            ProducerLedger producers,
            boolean folderExists,
            long snapshotOffset,
            long bytesSinceSnapshot,
            boolean changed,
            boolean incomplete,
            boolean gaps,
            long cleanedTo) {}

    private final PartitionId id;
    private final LogContext context;
    private final TopicConfig config;
    private FlushPoint point;
    private final long nowMs;
    private final ProducerLedger producers;
    private final PartitionFolder folder;

    private final List<Segment> segments = new ArrayList<>();
    private int durableSegment;
    private long nextOffset;
    private int endPosition;
    private long snapshotOffset;
    private long replayed;
    private EpochHistory epochs = EpochHistory.EMPTY;
    private int highestEpoch;
    private boolean changed;
    /** Whether files came or went for which the folder has not been synced. */
    private boolean newNames;
    /** Whether nothing says that the folder itself was ever synced. */
    private boolean newFolder;

    /**
     * @param point what is known to be durable, or null if nothing is known
     */
    LogLoader(PartitionId id, LogContext context, Path path, TopicConfig config, FlushPoint point) {
        this.id = id;
        this.context = context;
        this.config = config;
        this.point = point;
        nowMs = context.clock().wallMs();
        producers = new ProducerLedger(id);
        folder = new PartitionFolder(context, id, path);
    }

    /** @throws DamagedLogException if something that was durable is missing or damaged */
    Loaded load() throws IOException {
        folder.open(nowMs, point != null);
        segments.addAll(folder.segments(nowMs));
        restore();
        if (point == null && context.points().lost() && !segments.isEmpty()) {
            replacePoint();
        }
        newFolder |= point == null;
        nextOffset = point == null ? 0 : point.logStart();
        epochs = folder.epochs();
        highestEpoch = point == null ? 0 : point.leaderEpoch();
        if (segments.isEmpty()) {
            if (point != null && point.offset() > point.logStart()) {
                throw new DamagedLogException("no segment of " + id + " is left, but records up to offset " + point.offset() + " were durable");
            }
        } else {
            recover();
        }
        LOG.debug("event=partition_opened partition={} segments={} log_end={} replayed_bytes={} point={}", id, segments.size(), nextOffset, replayed, point);
        return loaded();
    }

    /** Puts back what was written ahead. Most often it is there already. */
    private void restore() throws IOException {
        PartitionKey key = PartitionKey.of(id);
        for (WriteAheadRecord.Entry entry : context.writeAhead().entries(key)) {
            for (Segment segment : segments) {
                if (segment.baseOffset() == entry.segmentBase() && mayLack(segment, entry)) {
                    restore(segment, entry);
                }
            }
        }
    }

    /**
     * What is flushed may have been compacted since, but not before a flush point that says so was durable. Where that is lost, anything but the
     * last segment may have been.
     */
    private boolean mayLack(Segment segment, WriteAheadRecord.Entry entry) throws IOException {
        if (entry.position() > segment.sizeBytes()) {
            return false;
        }
        if (point == null) {
            return !context.points().lost() || !config.compacted() || segment == segments.getLast() || segment.sizeBytes() < entry.end();
        }
        return segment.baseOffset() > point.segmentBase() || segment.baseOffset() == point.segmentBase() && entry.end() > point.position();
    }

    private void restore(Segment segment, WriteAheadRecord.Entry entry) throws IOException {
        ByteBuffer bytes = Scratch.take(Scratch.BYTES);
        for (int from = 0; from < entry.length(); from += Scratch.BYTES) {
            bytes.clear().limit(Math.min(Scratch.BYTES, entry.length() - from));
            context.writeAhead().read(entry, from, bytes);
            segment.restore(bytes.flip(), entry.position() + from);
        }
        changed = true;
    }

    private void replacePoint() throws IOException {
        point = LogRescan.findPoint(id, segments, nowMs);
        changed = true;
        newFolder = true;
        newNames = true;
        LOG.warn("event=log_rescanned partition={} segments={} log_start={} log_end={} reason=\"its flush point is lost\"",
                id, segments.size(), point.logStart(), point.offset());
    }

    private Loaded loaded() throws IOException {
        Segment last = segments.isEmpty() ? null : segments.getLast();
        long first = segments.isEmpty() ? nextOffset : segments.getFirst().baseOffset();
        long logStart = Math.max(first, point == null ? 0 : point.logStart());
        boolean described = !checkEpochs(logStart) && folder.described();
        int epoch = Math.max(epochs.latest(), highestEpoch);
        boolean newEpoch = context.durableAtOnce() && last != null && (point == null || !point.clean());
        if (newEpoch) {
            // Readers may have seen records that a power cut took away: a new epoch lets them find out (KIP-320).
            epoch++;
        }
        if (last != null) {
            epochs = epochs.with(epoch, epochs.starts().isEmpty() ? first : nextOffset);
        }
        boolean incomplete = last != null && (newEpoch || !described);
        LogPosition end = new LogPosition(last, nextOffset, last == null ? 0 : endPosition);
        return new Loaded(segments.toArray(Segment[]::new), end, logStart, epoch, epochs, producers, folder.exists(), snapshotOffset, replayed, changed, incomplete, point != null && point.gaps(), point == null ? 0 : Math.min(point.cleanedTo(), nextOffset));
    }

    /** Returns whether the file has to be written anew. */
    private boolean checkEpochs(long logStart) throws IOException {
        EpochHistory found = folder.epochs();
        if (!segments.isEmpty()) {
            epochs = new EpochRecovery(segments, endPosition, logStart, nextOffset, highestEpoch).run(epochs);
        }
        changed |= !epochs.equals(found);
        return !epochs.equals(found);
    }

    private void recover() throws IOException {
        int position = 0;
        if (point != null) {
            durableSegment = findDurableSegment();
            if (!point.gaps() && segments.getFirst().baseOffset() > point.logStart()) {
                throw new DamagedLogException("the first segment of " + id + " is " + segments.getFirst() + ", but its log starts at " + point.logStart());
            }
            position = point.position();
            nextOffset = point.offset();
        }
        trust(position);
        checkAborted(position);
        replayProducers(position);
        scanTail(position);
        if (point != null && point.logStart() > nextOffset) {
            startAnew(point.logStart());
        }
        if (changed || point == null) {
            makeDurable(position);
        }
    }

    private int findDurableSegment() throws IOException {
        for (int i = segments.size() - 1; i >= 0; i--) {
            Segment segment = segments.get(i);
            if (segment.baseOffset() == point.segmentBase()) {
                if (segment.sizeBytes() < point.position()) {
                    throw new DamagedLogException(segment + " has " + segment.sizeBytes() + " bytes, but " + point.position() + " were durable");
                }
                return i;
            }
        }
        throw new DamagedLogException("segment " + LogFileNames.of(point.segmentBase(), LogFileNames.LOG) + " of " + id + " is missing, but was durable");
    }

    /** Says which bytes and index entries need no look now. */
    private void trust(int position) throws IOException {
        for (int i = 0; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            if (point != null && i < durableSegment) {
                segment.openedSealed();
                segment.unverified(Integer.MAX_VALUE);
            } else if (point != null && i == durableSegment) {
                segment.indexes().setMaxTimestamp(point.maxTimestamp(), point.maxTimestampOffset());
                segment.indexes().trustOnly(point.indexEntries(), point.timeEntries());
                segment.indexes().truncate(position, nextOffset);
                segment.unverified(position);
            } else {
                segment.indexes().trustOnly(0, 0);
                segment.indexes().truncate(0, Long.MIN_VALUE);
            }
        }
    }

    /** Makes the transaction indexes anew if they are not as they were: nothing in the log itself would say that an entry is missing or wrong. */
    private void checkAborted(int lastPosition) throws IOException {
        int found = 0;
        for (Segment segment : segments) {
            found ^= segment.aborted().look();
        }
        if (point == null || found == point.abortedCheck()) {
            return;
        }
        LOG.warn("event=aborted_transactions_rebuilt partition={} reason=missing_or_damaged", id);
        LogRescan rescan = new LogRescan(id, nowMs);
        for (int i = 0; i <= durableSegment; i++) {
            Segment segment = segments.get(i);
            rescan.whole(segment, i < durableSegment ? segment.sizeBytes() : lastPosition);
            segment.aborted().force();
        }
        changed = true;
    }

    /** Brings the producers to where the flush point is: from the last snapshot, and the batches between. */
    private void replayProducers(int lastPosition) throws IOException {
        if (point == null || !point.producers()) {
            return;
        }
        long from = folder.loadSnapshot(point.offset(), producers, nowMs);
        snapshotOffset = from;
        for (int i = 0; i <= durableSegment; i++) {
            Segment segment = segments.get(i);
            long next = i < durableSegment ? segments.get(i + 1).baseOffset() : point.offset();
            if (next > from) {
                replay(segment, from, i < durableSegment ? segment.sizeBytes() : lastPosition);
            }
        }
    }

    private void replay(Segment segment, long from, int end) throws IOException {
        int start = from <= segment.baseOffset() ? 0 : segment.locate(from, end);
        if (start < 0) {
            return;
        }
        scan(segment, start, end, (batch, position) -> producers.apply(batch, nowMs));
        replayed += end - start;
    }

    /** Visits batches that were durable, so that all of them have to be there. */
    private static void scan(Segment segment, int start, int end, LogScan.Visitor visitor) throws IOException {
        LogScan scan = new LogScan(segment, end);
        int reached = scan.run(start, segment.baseOffset(), false, visitor);
        if (reached < end) {
            throw new DamagedLogException(segment + " is damaged at byte " + reached + " where its records were durable: " + scan.problem());
        }
    }

    /** Checks what came after the flush point, and cuts the log at the first batch that is not whole. */
    private void scanTail(int firstPosition) throws IOException {
        int position = firstPosition;
        for (int i = durableSegment; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            int size = segment.sizeBytes();
            if (position == 0 && segment.baseOffset() != nextOffset) {
                cut(i, 0, "base offset " + segment.baseOffset() + " does not follow " + nextOffset);
                return;
            }
            LogScan scan = new LogScan(segment, size);
            int reached = scan.run(position, nextOffset, true, (batch, at) -> take(segment, batch, at));
            changed |= reached > position || i > durableSegment;
            replayed += reached - position;
            nextOffset = scan.nextOffset();
            endPosition = reached;
            if (reached < size) {
                cut(i, reached, scan.problem());
                return;
            }
            if (i < segments.size() - 1) {
                segment.seal();
            }
            position = 0;
        }
    }

    private void take(Segment segment, BatchView batch, int position) throws IOException {
        segment.index(batch, position, config.indexIntervalBytes());
        noteEpoch(batch);
        TransactionIndex.Entry aborted = producers.abortedBy(batch, batch.lastOffset());
        if (aborted != null) {
            newNames = true;
            segment.aborted().append(aborted);
        }
        producers.apply(batch, nowMs);
    }

    /** What the flush point does not know of is a flipped bit: a new epoch is written down before it is used. */
    private void noteEpoch(BatchView batch) {
        if (batch.leaderEpoch() >= 0 && (point == null || batch.leaderEpoch() <= point.leaderEpoch())) {
            highestEpoch = Math.max(highestEpoch, batch.leaderEpoch());
            epochs = epochs.with(batch.leaderEpoch(), batch.baseOffset());
        }
    }

    private void cut(int index, int position, String why) throws IOException {
        Segment segment = segments.get(index);
        LOG.warn("event=tail_cut file={} byte={} of={} offset={} reason=\"{}\"", segment, position, segment.sizeBytes(), nextOffset, why);
        boolean keep = position > 0 || index == durableSegment && segment.baseOffset() == nextOffset;
        if (keep) {
            segment.truncate(position, nextOffset);
        }
        removeFrom(keep ? index + 1 : index);
        endPosition = segments.isEmpty() ? 0 : segments.getLast().sizeBytes();
        changed = true;
    }

    private void removeFrom(int index) throws IOException {
        while (segments.size() > index) {
            newNames = true;
            Segment last = segments.removeLast();
            last.retire();
            for (CachedFile file : last.files()) {
                file.delete();
            }
        }
    }

    /** The log lost more than was deleted of it: nothing of what is left may be read any more. */
    private void startAnew(long offset) throws IOException {
        LOG.warn("event=log_started_anew partition={} offset={} reason=\"it ended at {}, before its log start\"", id, offset, nextOffset);
        removeFrom(0);
        nextOffset = offset;
        endPosition = 0;
        durableSegment = 0;
        changed = true;
    }

    /**
     * Makes what came after the flush point durable. A flush of it may have failed before, after which the kernel takes pages
     * for clean that never reached the disk: so it is written once more.
     */
    private void makeDurable(int position) throws IOException {
        for (int i = durableSegment; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            segment.rewrite(i == durableSegment ? position : 0);
            segment.force();
            segment.indexes().force();
        }
        if (newNames || position == 0 || segments.size() - 1 > durableSegment) {
            folder.sync();
        }
        if (newFolder) {
            context.directorySync().sync();
        }
        changed = true;
    }
}
