// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.AppendRefused;
import io.ottla.topic.Appended;
import io.ottla.topic.Fetched;
import io.ottla.topic.OffsetQuery;
import io.ottla.topic.OffsetQuery.Answer;
import io.ottla.topic.Partition;
import io.ottla.topic.PartitionDescription;
import io.ottla.topic.PartitionId;
import io.ottla.topic.PartitionOffsets;
import io.ottla.topic.ReadLimit;
import io.ottla.topic.TopicConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A partition on the local disk. It is opened when it is first used. One lock orders appends and everything that changes it;
 * readers take a picture and need no lock; flushing happens on the workers' threads, one flush of a partition at a time.
 */
final class LocalPartition implements Partition {
    private static final Logger LOG = LoggerFactory.getLogger(LocalPartition.class);
    private static final long OS_FLUSH_BYTES = 64L << 20;

    private enum Condition { SERVING, OFFLINE, DELETED, CLOSED }

    private final PartitionId id;
    private final LogContext context;
    private final Path folder;
    private final LogReader reader;
    private final Watchers watchers = new Watchers();
    private volatile TopicConfig config;

    /** Null unless the partition is open and serving. */
    private volatile LogView view;

    // All below is guarded by the lock.
    private final ReentrantLock lock = new ReentrantLock();
    private final DurabilityWaiters waiters = new DurabilityWaiters();
    private final int slot;
    private Condition condition = Condition.SERVING;
    private Outage outage;
    private FlushPoint point;
    private PartitionLog log;
    private boolean flushing;
    private boolean appendsFail;

    LocalPartition(PartitionId id, LogContext context, TopicConfig config) {
        this.id = id;
        this.context = context;
        this.config = config;
        folder = context.settings().directory().resolve(LogFileNames.folder(id));
        reader = new LogReader(id);
        FlushPoints.Slot claimed = context.points().claim(id);
        slot = claimed.number();
        point = claimed.point();
    }

    void configure(TopicConfig newConfig) {
        config = newConfig;
    }

    @Override
    public PartitionId id() {
        return id;
    }

    @Override
    public PartitionOffsets offsets() {
        return view().offsets();
    }

    private LogView view() {
        LogView current = view;
        return current != null ? current : open();
    }

    /** Opens the log if that has not happened yet, and returns its picture. */
    private LogView open() {
        lock.lock();
        try {
            ensureServing();
            if (log == null) {
                load();
            }
            return view;
        } finally {
            lock.unlock();
        }
    }

    private void ensureServing() {
        if (condition == Condition.OFFLINE && outage.over(context.clock())) {
            condition = Condition.SERVING;
        }
        switch (condition) {
            case SERVING -> { }
            case OFFLINE -> throw new KafkaStorageException("Partition " + id + " is offline: " + outage.reason());
            case DELETED -> throw new UnknownTopicOrPartitionException("Partition " + id + " was deleted");
            case CLOSED -> throw new KafkaStorageException("Partition " + id + " is closed");
        }
    }

    private void load() {
        try {
            LogLoader.Loaded loaded = new LogLoader(id, context, folder, config, point).load();
            log = new PartitionLog(id, context, folder, loaded);
            if (outage != null) {
                LOG.info("event=partition_online partition={} log_end={}", id, loaded.end().offset());
                outage = null;
            }
            publish();
        } catch (IOException e) {
            goOffline(e);
            throw new KafkaStorageException("Partition " + id + " is offline: " + outage.reason(), e);
        }
    }

    private void publish() {
        view = log.view();
    }

    @Override
    public Appended append(ByteBuffer batches, AppendOrigin origin) {
        TopicConfig topic = config;
        long nowMs = context.clock().wallMs();
        ByteBuffer accepted = BatchValidator.mine().check(batches, origin, id, topic, nowMs);
        Appended appended;
        lock.lock();
        try {
            open();
            noteUse();
            appended = log.append(accepted, origin, topic, nowMs);
            publish();
            appendWorked();
            if (!context.durableAtOnce() || log.bytesSinceFlush() >= OS_FLUSH_BYTES) {
                requestFlush();
            }
        } catch (TornFileException e) {
            throw offline(e);
        } catch (IOException e) {
            appendFailed(e);
            throw log.storageError(e);
        } finally {
            lock.unlock();
        }
        if (context.durableAtOnce()) {
            watchers.advanced();
        }
        return appended;
    }

    /** Says so once, however many producers try: a full disk must not fill with log lines. */
    private void appendFailed(IOException cause) {
        if (!appendsFail) {
            appendsFail = true;
            LOG.error("event=append_failed partition={} action=refused_until_it_works reason=\"{}\"", id, cause.getMessage());
        }
    }

    private void appendWorked() {
        if (appendsFail) {
            appendsFail = false;
            LOG.info("event=append_works_again partition={}", id);
        }
    }

    /** Where records are readable before they are durable, the next start must know that this one was not closed cleanly. */
    private void noteUse() throws IOException {
        if (context.durableAtOnce() && point != null && point.clean()) {
            point = point.unclean();
            context.points().write(slot, id, point);
            context.points().force();
        }
    }

    private AppendRefused offline(IOException cause) {
        goOffline(cause);
        return new AppendRefused(Errors.KAFKA_STORAGE_ERROR, "Partition " + id + " is offline: " + cause.getMessage());
    }

    private void requestFlush() {
        if (!flushing) {
            flushing = true;
            context.workers().submit(this::flush);
        }
    }

    /** Runs on a worker's thread, after {@code flushing} was set. */
    private void flush() {
        FlushRound round = null;
        lock.lock();
        try {
            if (log != null) {
                round = log.startFlush(false);
            }
            flushing = round != null;
        } finally {
            lock.unlock();
        }
        if (round != null) {
            flush(round);
        }
    }

    private void flush(FlushRound round) {
        try {
            PartitionFlush.run(context, id, folder, round);
        } catch (IOException e) {
            flushFailed(round, e);
            return;
        }
        List<Durable> due;
        lock.lock();
        try {
            flushing = false;
            if (log != round.log()) {
                flushAgain();
                return;
            }
            remember(log.flushed(round));
            publish();
            due = waiters.take(log.durable().offset());
            flushAgain();
        } finally {
            lock.unlock();
        }
        DurabilityWaiters.complete(due, null);
        watchers.advanced();
        if (round.snapshot() != null) {
            saveSnapshot(round);
        }
        context.flushedBytes(round.bytes());
    }

    private void saveSnapshot(FlushRound round) {
        if (PartitionFlush.saveSnapshot(context, folder, round)) {
            lock.lock();
            try {
                round.log().snapshotSaved(round.target().offset());
            } finally {
                lock.unlock();
            }
        }
    }

    /** Sees to what was appended while a flush was under way. */
    private void flushAgain() {
        if (!context.durableAtOnce() && log != null && log.unflushed()) {
            requestFlush();
        }
    }

    private void flushFailed(FlushRound round, IOException cause) {
        lock.lock();
        try {
            flushing = false;
            if (log == round.log()) {
                goOffline(cause);
            } else {
                flushAgain();
            }
        } finally {
            lock.unlock();
        }
    }

    private void remember(FlushPoint newPoint) {
        // A planned log start is not in force before it is durable.
        point = newPoint.withLogStart(log.logStart());
        try {
            context.points().write(slot, id, newPoint);
        } catch (IOException e) {
            LOG.warn("event=flush_point_failed partition={} action=recovery_will_look_at_more reason=\"{}\"", id, e.getMessage());
        }
    }

    /** Stops serving; called under the lock. Those who wait are told. */
    private void goOffline(IOException cause) {
        if (condition != Condition.SERVING) {
            return;
        }
        condition = Condition.OFFLINE;
        outage = Outage.of(cause, outage, context.clock());
        LOG.error("event=partition_offline partition={} folder={} action={} reason=\"{}\"", id, folder, outage.action(), cause.getMessage());
        dropLog(new KafkaStorageException("Partition " + id + " is offline: " + outage.reason()));
    }

    private void dropLog(ApiException reason) {
        view = null;
        if (log != null) {
            log.close();
            log = null;
        }
        List<Durable> left = waiters.take(Long.MAX_VALUE);
        context.workers().submit(() -> {
            DurabilityWaiters.complete(left, reason);
            watchers.advanced();
        });
    }

    @Override
    public void whenDurable(long offset, Durable callback) {
        LogView current = view();
        if (offset > current.highWatermark().offset()) {
            lock.lock();
            try {
                current = open();
                if (offset > current.highWatermark().offset()) {
                    waiters.add(offset, callback);
                    return;
                }
            } finally {
                lock.unlock();
            }
        }
        callback.done(null);
    }

    @Override
    public Fetched read(long offset, int maxBytes, boolean minOneBatch, ReadLimit limit) {
        LogView current = view();
        while (true) {
            try {
                return reader.read(current, offset, maxBytes, minOneBatch, limit);
            } catch (IOException e) {
                current = retryView(current, e);
            }
        }
    }

    @Override
    public Answer find(OffsetQuery query) {
        LogView current = view();
        while (true) {
            try {
                return switch (query) {
                    case OffsetQuery.ByTimestamp byTimestamp -> OffsetFinder.byTimestamp(current, byTimestamp.timestampMs());
                    case OffsetQuery.MaxTimestamp max -> OffsetFinder.maxTimestamp(current);
                    case OffsetQuery.EndOfEpoch endOfEpoch -> endOfEpoch(endOfEpoch.leaderEpoch());
                };
            } catch (IOException e) {
                current = retryView(current, e);
            }
        }
    }

    private Answer endOfEpoch(int epoch) {
        lock.lock();
        try {
            LogView current = open();
            return log.epochs().endOf(epoch, current.logEnd().offset());
        } finally {
            lock.unlock();
        }
    }

    /** A newer picture if segments have left the log since {@code stale} was taken; otherwise the reader gets the error. */
    private LogView retryView(LogView stale, IOException cause) {
        lock.lock();
        try {
            LogView current = open();
            if (stale.segments() != current.segments()) {
                return current;
            }
            if (cause instanceof DamagedLogException) {
                goOffline(cause);
            } else {
                LOG.error("event=read_failed partition={} action=refused reason=\"{}\"", id, cause.getMessage());
            }
        } finally {
            lock.unlock();
        }
        throw new KafkaStorageException("Partition " + id + " cannot be read: " + cause.getMessage(), cause);
    }

    @Override
    public AutoCloseable watch(Runnable onAdvance) {
        view();
        return watchers.add(onAdvance);
    }

    @Override
    public long deleteRecordsBefore(long offset) {
        lock.lock();
        try {
            LogView current = open();
            long target = offset == -1 ? current.highWatermark().offset() : offset;
            log.checkDeletable(target);
            if (target <= current.offsets().logStart()) {
                return current.offsets().logStart();
            }
            saveLogStart(target);
            List<Segment> removed = log.raiseLogStart();
            publish();
            context.workers().submit(() -> SegmentRemoval.start(context, removed, config.fileDeleteDelayMs()));
            return target;
        } finally {
            lock.unlock();
            watchers.advanced();
        }
    }

    private void saveLogStart(long offset) {
        try {
            FlushPoint planned = log.planLogStart(offset);
            context.points().write(slot, id, planned);
            context.points().force();
            point = planned;
        } catch (IOException e) {
            log.dropPlan();
            throw new KafkaStorageException("Log start of " + id + " cannot be made durable: " + e.getMessage(), e);
        }
    }

    @Override
    public PartitionDescription describe() {
        lock.lock();
        try {
            LogView current = open();
            long size = 0;
            for (Segment segment : current.segments()) {
                size += segment.sizeBytes();
            }
            return new PartitionDescription(context.settings().directory().toString(), size, log.producers().describe());
        } catch (IOException e) {
            throw new KafkaStorageException("Partition " + id + " cannot be read: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    /** True if the calling thread is changing the partition right now. */
    boolean lockedByMe() {
        return lock.isHeldByCurrentThread();
    }

    /** Flushes what was not flushed, where records are readable before they are durable. */
    void flushInBackground() {
        lock.lock();
        try {
            if (log != null && log.unflushed()) {
                requestFlush();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Decides what retention removes, and writes the new log start down; true if {@link #finishRetention} has to be called
     * once the flush points are durable. Runs on a worker's thread.
     */
    boolean startRetention(long nowMs) {
        TopicConfig topic = config;
        lock.lock();
        try {
            if (condition != Condition.SERVING || log == null && point == null) {
                return false;
            }
            open();
            log.producers().expire(nowMs - context.settings().producerExpirationMs());
            if (Retention.dooms(log, topic, nowMs) && !flushing) {
                log.roll(nowMs);
                requestFlush();
            }
            int count = Retention.doomed(log, topic, nowMs);
            if (count == 0) {
                return false;
            }
            context.points().write(slot, id, log.planLogStart(log.segments()[count].baseOffset()));
            return true;
        } catch (IOException | KafkaStorageException e) {
            LOG.warn("event=retention_failed partition={} action=tried_again_later reason=\"{}\"", id, e.getMessage());
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Removes what {@link #startRetention} decided on. */
    void finishRetention() {
        List<Segment> removed;
        lock.lock();
        try {
            if (log == null) {
                return;
            }
            removed = log.raiseLogStart();
            point = log.point();
            publish();
        } finally {
            lock.unlock();
        }
        SegmentRemoval.start(context, removed, config.fileDeleteDelayMs());
        watchers.advanced();
    }

    /** Compacts what is worth it. Runs on a worker's thread, one at a time. */
    void compact() {
        TopicConfig topic = config;
        if (!topic.compacted()) {
            return;
        }
        try {
            PartitionLog compacted = null;
            CompactionPlan plan;
            lock.lock();
            try {
                if (condition != Condition.SERVING || log == null && point == null) {
                    return;
                }
                open();
                compacted = log;
                plan = CompactionPlan.of(log, topic, context.clock().wallMs());
                if (plan == null) {
                    return;
                }
                FlushPoint withGaps = log.allowGaps();
                context.points().write(slot, id, withGaps);
                point = withGaps.withLogStart(log.logStart());
            } finally {
                lock.unlock();
            }
            context.points().force();
            compact(compacted, new Compactor(context, folder, topic, plan), plan.groups(topic));
        } catch (DamagedLogException e) {
            damaged(e);
        } catch (IOException | KafkaStorageException e) {
            LOG.warn("event=compaction_failed partition={} action=tried_again_later reason=\"{}\"", id, e.getMessage());
        }
    }

    private void compact(PartitionLog compacted, Compactor compactor, List<List<Segment>> groups) throws IOException {
        long end = compactor.mapKeys();
        for (List<Segment> group : groups) {
            if (group.getFirst().baseOffset() >= end) {
                break;
            }
            if (!swap(compacted, group, compactor.rewrite(group))) {
                return;
            }
        }
        lock.lock();
        try {
            if (log == compacted) {
                remember(log.cleaned(end));
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean swap(PartitionLog compacted, List<Segment> group, Segment fresh) throws IOException {
        lock.lock();
        try {
            if (log != compacted || !log.contains(group)) {
                for (CachedFile file : fresh.files()) {
                    file.delete();
                }
                return false;
            }
            CompactionSwap.run(context.disk(), folder, group, fresh);
            log.replace(group, fresh);
            publish();
            return true;
        } catch (IOException e) {
            // Some files may have their new names and some not: opening the partition again settles that.
            goOffline(e);
            throw e;
        } finally {
            lock.unlock();
        }
    }

    private void damaged(DamagedLogException cause) {
        lock.lock();
        try {
            goOffline(cause);
        } finally {
            lock.unlock();
        }
    }

    /** Flushes everything and closes the files; a clean shutdown leaves nothing to recover. */
    void close() {
        lock.lock();
        try {
            if (log != null && (log.changed() || point == null || !point.clean())) {
                FlushRound round = log.startFlush(true);
                if (round != null) {
                    PartitionFlush.run(context, id, folder, round);
                    remember(log.flushed(round));
                    if (round.snapshot() != null) {
                        saveSnapshot(round);
                    }
                }
            }
        } catch (IOException e) {
            LOG.error("event=close_failed partition={} action=recovery_at_next_start reason=\"{}\"", id, e.getMessage());
        } finally {
            condition = condition == Condition.DELETED ? condition : Condition.CLOSED;
            dropLog(new KafkaStorageException("Partition " + id + " is closed"));
            lock.unlock();
        }
    }

    /** Stops serving for good; the folder is renamed out of the way if there is one. Returns the new name or null. */
    Path delete() throws IOException {
        lock.lock();
        try {
            condition = Condition.DELETED;
            dropLog(new UnknownTopicOrPartitionException("Partition " + id + " was deleted"));
            context.points().free(slot);
            if (!context.disk().isDirectory(folder)) {
                return null;
            }
            Path deleted = folder.resolveSibling(LogFileNames.deletedFolder(id));
            context.disk().move(folder, deleted);
            return deleted;
        } finally {
            lock.unlock();
        }
    }
}
