// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Appended;
import io.ottla.topic.PartitionId;
import io.ottla.topic.PartitionOffsets;
import io.ottla.topic.TopicConfig;
import io.ottla.wire.BatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;

/** A partition that is open: its segments, offsets and producers. Every method is called under the partition's lock. */
final class PartitionLog {
    private static final long SNAPSHOT_BYTES = 32L << 20;
    private static final long INDEX_FORCE_BYTES = 64L << 20;
    private static final Segment[] NO_SEGMENTS = {};

    private final PartitionId id;
    private final LogContext context;
    private final Path folder;
    private final ProducerLedger producers;
    private final BatchView batch = new BatchView();

    private Segment[] segments = NO_SEGMENTS;
    private EpochHistory epochs;
    private int leaderEpoch;
    private long logStart;
    private long plannedLogStart;
    private LogPosition end;
    private LogPosition durable;
    /** Up to here the segments are flushed; from here to what is durable, bytes are in the {@link WriteAheadLog} as well. */
    private LogPosition settled;

    private boolean folderExists;
    private boolean newFolder;
    private boolean newFiles;
    private boolean epochsChanged;
    private boolean changed;
    private boolean gaps;
    private long cleanedTo;
    private long snapshotOffset;
    private long bytesSinceSnapshot;
    private long bytesSinceIndexForce;
    private long bytesSinceFlush;
    /** What the transaction indexes add up to: now, when the flush that is under way started, and when the last one did. */
    private int abortedCheck;
    private int abortedCheckFlushing;
    private int abortedCheckDurable;

    /** Takes what {@link LogLoader} found; all of it is durable. */
    PartitionLog(PartitionId id, LogContext context, Path folder, LogLoader.Loaded loaded) {
        this.id = id;
        this.context = context;
        this.folder = folder;
        producers = loaded.producers();
        segments = loaded.segments();
        epochs = loaded.epochs();
        leaderEpoch = loaded.leaderEpoch();
        logStart = loaded.logStart();
        plannedLogStart = logStart;
        end = loaded.end();
        durable = end;
        settled = end;
        folderExists = loaded.folderExists();
        newFolder = loaded.incomplete();
        newFiles = loaded.incomplete();
        epochsChanged = loaded.incomplete();
        snapshotOffset = loaded.snapshotOffset();
        gaps = loaded.gaps();
        cleanedTo = loaded.cleanedTo();
        bytesSinceSnapshot = loaded.bytesSinceSnapshot();
        for (Segment segment : segments) {
            changeAbortedChecks(segment.aborted().check());
        }
        changed = loaded.changed() || bytesSinceSnapshot > 0;
    }

    private void changeAbortedChecks(int difference) {
        abortedCheck ^= difference;
        abortedCheckFlushing ^= difference;
        abortedCheckDurable ^= difference;
    }

    LogView view() {
        LogPosition highWatermark = context.settings().flushMode() == FlushMode.OS ? end : durable;
        long stable = Math.max(logStart, producers.lastStableOffset(highWatermark.offset()));
        return new LogView(segments, end, highWatermark, gaps, new PartitionOffsets(logStart, stable, highWatermark.offset(), end.offset(), leaderEpoch));
    }

    long logStart() {
        return logStart;
    }

    FlushPoint point() {
        return point(false);
    }

    /** What appends are stamped with. */
    int leaderEpoch() {
        return leaderEpoch;
    }

    ProducerLedger producers() {
        return producers;
    }

    EpochHistory epochs() {
        return epochs;
    }

    /** Appends batches that {@link BatchValidator} has accepted, all or none. */
    Appended append(ByteBuffer batches, AppendOrigin origin, TopicConfig config, long nowMs) throws IOException {
        Appended duplicate = checkProducers(batches, origin);
        if (duplicate != null) {
            return duplicate;
        }
        openSegmentFor(batches, config, nowMs);
        long first = end.offset();
        long next = stamp(batches, first);
        Segment active = end.segment();
        int start = active.sizeBytes();
        write(batches, active, first);
        int shift = start - batches.position();
        for (int at = batches.position(); at < batches.limit(); at += batch.sizeBytes()) {
            batch.at(batches, at);
            active.index(batch, at + shift, config.indexIntervalBytes());
            producers.apply(batch, nowMs);
        }
        end = new LogPosition(active, next, active.sizeBytes());
        changed = true;
        long written = batches.remaining();
        bytesSinceFlush += written;
        bytesSinceSnapshot += written;
        bytesSinceIndexForce += written;
        return new Appended(first, next - 1, config.logAppendTime() ? nowMs : -1, logStart, false);
    }

    private Appended checkProducers(ByteBuffer batches, AppendOrigin origin) {
        long offset = end.offset();
        for (int at = batches.position(); at < batches.limit(); at += batch.sizeBytes()) {
            batch.at(batches, at);
            if (batch.hasProducerId()) {
                ProducerEntry.Batch known = producers.check(batch, offset, origin);
                if (known != null) {
                    return new Appended(known.firstOffset(), known.lastOffset(), known.timestamp(), logStart, true);
                }
            }
            offset += batch.lastOffsetDelta() + 1L;
        }
        return null;
    }

    private long stamp(ByteBuffer batches, long first) {
        long next = first;
        for (int at = batches.position(); at < batches.limit(); at += batch.sizeBytes()) {
            batch.at(batches, at).stamp(next, leaderEpoch);
            next = batch.nextOffset();
        }
        return next;
    }

    private void write(ByteBuffer batches, Segment active, long first) throws IOException {
        int checkBefore = active.aborted().check();
        boolean aborts = false;
        try {
            for (int at = batches.position(); at < batches.limit(); at += batch.sizeBytes()) {
                batch.at(batches, at);
                TransactionIndex.Entry entry = producers.abortedBy(batch, batch.lastOffset());
                if (entry != null) {
                    newFiles |= active.aborted().empty();
                    active.aborted().append(entry);
                    aborts = true;
                }
            }
            active.write(batches);
        } catch (IOException e) {
            if (aborts) {
                active.aborted().truncate(first);
            }
            throw e;
        }
        abortedCheck ^= checkBefore ^ active.aborted().check();
    }

    private void openSegmentFor(ByteBuffer batches, TopicConfig config, long nowMs) throws IOException {
        if (end.segment() == null) {
            createFolder();
            addSegment(nowMs);
        } else if (SegmentRoll.due(id, end.segment(), end.offset(), batches, config, nowMs)) {
            roll(nowMs);
        }
    }

    private void createFolder() throws IOException {
        if (!folderExists) {
            context.disk().createDirectories(folder);
            folderExists = true;
            newFolder = true;
        }
        EpochHistory started = epochs.with(leaderEpoch, end.offset());
        epochsChanged |= started != epochs;
        epochs = started;
    }

    /** Ends the active segment and starts an empty one. */
    void roll(long nowMs) throws IOException {
        Segment active = end.segment();
        addSegment(nowMs);
        active.seal();
    }

    private void addSegment(long nowMs) throws IOException {
        Segment fresh = new Segment(context.files(), folder, end.offset(), nowMs, Segment.Existing.NONE);
        fresh.create();
        Segment[] more = Arrays.copyOf(segments, segments.length + 1);
        more[segments.length] = fresh;
        segments = more;
        newFiles = true;
        end = new LogPosition(fresh, end.offset(), 0);
    }

    /** True if something was appended that no flush has covered. */
    boolean unflushed() {
        return end.offset() > durable.offset() || newFiles;
    }

    /** True if the log is not as its flush point says. */
    boolean changed() {
        return changed;
    }

    long bytesSinceFlush() {
        return bytesSinceFlush;
    }

    /** Captures what is to be flushed now; null if the log is still without any file. */
    FlushRound startFlush(boolean closing) {
        if (end.segment() == null) {
            return null;
        }
        int from = settled.segment() == null ? 0 : indexOf(settled.segment());
        int last = indexOf(end.segment());
        List<Segment> sealed = List.of(Arrays.copyOfRange(segments, Math.max(0, from), last));
        boolean snapshotDue = !producers.isEmpty() && (closing || snapshotOffset < end.segment().baseOffset() || bytesSinceSnapshot >= SNAPSHOT_BYTES);
        boolean indexes = closing || bytesSinceIndexForce >= INDEX_FORCE_BYTES;
        FlushRound round = new FlushRound(sealed, end, bytesSinceFlush, newFolder, newFiles, epochsChanged ? epochs : null,
                snapshotDue ? ProducerSnapshot.encode(producers.entries()) : null, indexes, closing, this);
        abortedCheckFlushing = abortedCheck;
        newFolder = false;
        newFiles = false;
        epochsChanged = false;
        bytesSinceFlush = 0;
        bytesSinceSnapshot = snapshotDue ? 0 : bytesSinceSnapshot;
        bytesSinceIndexForce = indexes ? 0 : bytesSinceIndexForce;
        return round;
    }

    /** Captures what may be written ahead now; null if the segments have to be flushed. */
    CommitRound startCommit(int mostBytes) {
        Segment active = end.segment();
        if (active == null || active != durable.segment() || active != settled.segment() || newFolder || newFiles || epochsChanged) {
            return null;
        }
        CommitRound round = new CommitRound(active, durable.position(), end, this);
        return round.bytes() > 0 && round.bytes() <= mostBytes ? round : null;
    }

    /** All up to the round's target is durable, but the segment is not flushed. */
    void committed(CommitRound round) {
        durable = round.target();
    }

    private int indexOf(Segment segment) {
        for (int i = segments.length - 1; i >= 0; i--) {
            if (segments[i] == segment) {
                return i;
            }
        }
        return -1;
    }

    /** All up to the round's target is on the device; returns what to remember of that. */
    FlushPoint flushed(FlushRound round) {
        durable = round.target();
        settled = durable;
        abortedCheckDurable = abortedCheckFlushing;
        for (Segment segment : round.sealed()) {
            segment.flushed();
        }
        if (end.offset() == durable.offset()) {
            end.segment().flushed();
        }
        return point(round.clean());
    }

    /** What recovery may trust: never more than is flushed. Timestamps may be from later batches, which costs look-ups nothing but a step. */
    private FlushPoint point(boolean clean) {
        Segment segment = settled.segment();
        if (segment == null) {
            return new FlushPoint(settled.offset(), settled.offset(), 0, plannedLogStart, -1, -1, leaderEpoch, 0, 0, !producers.isEmpty(), clean, gaps, cleanedTo, abortedCheckDurable);
        }
        return new FlushPoint(segment.baseOffset(), settled.offset(), settled.position(), plannedLogStart, segment.indexes().maxTimestamp(), segment.indexes().maxTimestampOffset(),
                leaderEpoch, segment.indexes().durableOffsetEntries(), segment.indexes().durableTimeEntries(), !producers.isEmpty(), clean, gaps, cleanedTo, abortedCheckDurable);
    }

    /** Where durable records end. */
    LogPosition durable() {
        return durable;
    }

    /** Decides on a new log start offset, which takes effect when it is durable. Returns what to remember. */
    FlushPoint planLogStart(long offset) {
        plannedLogStart = Math.max(plannedLogStart, offset);
        changed = true;
        return point(false);
    }

    /** The planned log start could not be made durable. */
    void dropPlan() {
        plannedLogStart = logStart;
    }

    /** The planned log start is durable: takes the segments below it out of the log that recovery does not need. */
    List<Segment> raiseLogStart() {
        logStart = plannedLogStart;
        epochs = epochs.from(logStart);
        int count = 0;
        int removable = removable();
        while (count < removable && segments[count + 1].baseOffset() <= logStart) {
            count++;
        }
        List<Segment> removed = List.of(Arrays.copyOf(segments, count));
        segments = count == 0 ? segments : Arrays.copyOfRange(segments, count, segments.length);
        for (Segment segment : removed) {
            changeAbortedChecks(segment.aborted().check());
            segment.retire();
        }
        return removed;
    }

    /** Offsets below this were compacted. */
    long cleanedTo() {
        return cleanedTo;
    }

    /** Says that offsets may be missing from now on. Returns what to remember before that comes true. */
    FlushPoint allowGaps() {
        gaps = true;
        changed = true;
        return point(false);
    }

    /** Whether these segments are still in the log, one after another. */
    boolean contains(List<Segment> group) {
        int first = indexOf(group.getFirst());
        return first >= 0 && first + group.size() <= segments.length
                && List.of(segments).subList(first, first + group.size()).equals(group);
    }

    /** Puts {@code fresh} in the place of {@code group}, whose files it has replaced. */
    void replace(List<Segment> group, Segment fresh) {
        int first = indexOf(group.getFirst());
        List<Segment> all = new ArrayList<>(List.of(segments));
        all.subList(first, first + group.size()).clear();
        all.add(first, fresh);
        segments = all.toArray(Segment[]::new);
        for (Segment segment : group) {
            changeAbortedChecks(segment.aborted().check());
            segment.retire();
        }
        changeAbortedChecks(fresh.aborted().check());
    }

    /** Everything below {@code offset} is compacted. */
    FlushPoint cleaned(long offset) {
        cleanedTo = Math.max(cleanedTo, offset);
        changed = true;
        return point(false);
    }

    /** A snapshot of the producers as of {@code offset} is durable. */
    void snapshotSaved(long offset) {
        snapshotOffset = Math.max(snapshotOffset, offset);
    }

    /** How many of the oldest segments recovery does not need: what is flushed, and what is known of the producers, comes later. */
    int removable() {
        int count = settled.segment() == null ? 0 : Math.max(0, indexOf(settled.segment()));
        while (count > 0 && !producers.isEmpty() && segments[count].baseOffset() > snapshotOffset) {
            count--;
        }
        return count;
    }

    /** Refuses offsets that do not exist. */
    void checkDeletable(long offset) {
        long highWatermark = view().highWatermark().offset();
        if (offset < 0 || offset > highWatermark) {
            throw new OffsetOutOfRangeException("Cannot increment the log start offset to " + offset + " of partition " + id
                    + " since it is larger than the high watermark " + highWatermark);
        }
    }

    void close() {
        for (Segment segment : segments) {
            segment.close();
            segment.retire();
        }
    }

    Segment[] segments() {
        return segments;
    }
}
