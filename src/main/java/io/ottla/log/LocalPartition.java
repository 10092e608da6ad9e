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
 * readers take a picture and need no lock; flushing happens on the flusher's threads, one flush of a partition at a time.
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
    private String offlineReason;
    private FlushPoint point;
    private PartitionLog log;
    private boolean flushQueued;

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
        switch (condition) {
            case SERVING -> { }
            case OFFLINE -> throw new KafkaStorageException("Partition " + id + " is offline: " + offlineReason);
            case DELETED -> throw new UnknownTopicOrPartitionException("Partition " + id + " was deleted");
            case CLOSED -> throw new KafkaStorageException("Partition " + id + " is closed");
        }
    }

    private void load() {
        try {
            LogLoader.Loaded loaded = new LogLoader(id, context, folder, config, point).load();
            log = new PartitionLog(id, context, folder, loaded);
            publish();
        } catch (IOException e) {
            goOffline(e);
            throw new KafkaStorageException("Partition " + id + " is offline: " + offlineReason, e);
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
            appended = log.append(accepted, origin, topic, nowMs);
            publish();
            if (context.settings().flushMode() == FlushMode.DISK || log.bytesSinceFlush() >= OS_FLUSH_BYTES) {
                requestFlush();
            }
        } catch (TornFileException e) {
            throw offline(e);
        } catch (IOException e) {
            LOG.error("event=append_failed partition={} action=refused", id, e);
            throw log.storageError(e);
        } finally {
            lock.unlock();
        }
        if (context.settings().flushMode() == FlushMode.OS) {
            watchers.advanced();
        }
        return appended;
    }

    private AppendRefused offline(IOException cause) {
        goOffline(cause);
        return new AppendRefused(Errors.KAFKA_STORAGE_ERROR, "Partition " + id + " is offline: " + cause.getMessage());
    }

    private void requestFlush() {
        if (!flushQueued) {
            flushQueued = true;
            context.flusher().submit(this::flush);
        }
    }

    /** Runs on a flushing thread. */
    private void flush() {
        FlushRound round;
        lock.lock();
        try {
            if (log == null || condition != Condition.SERVING) {
                flushQueued = false;
                return;
            }
            round = log.startFlush(false);
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
            lock.lock();
            try {
                flushQueued = false;
                goOffline(e);
            } finally {
                lock.unlock();
            }
            return;
        }
        List<Durable> due;
        lock.lock();
        try {
            flushQueued = false;
            if (log == null) {
                return;
            }
            log.flushed(round);
            point = round.point();
            publish();
            due = waiters.take(log.durable().offset());
            if (context.settings().flushMode() == FlushMode.DISK && log.unflushed()) {
                requestFlush();
            }
        } finally {
            lock.unlock();
        }
        DurabilityWaiters.complete(due, null);
        watchers.advanced();
        PartitionFlush.remember(context, id, slot, folder, round);
    }

    /** Stops serving; called under the lock. Those who wait are told. */
    private void goOffline(IOException cause) {
        if (condition != Condition.SERVING) {
            return;
        }
        condition = Condition.OFFLINE;
        offlineReason = cause.getMessage();
        LOG.error("event=partition_offline partition={} folder={} action=stopped_until_restart", id, folder, cause);
        dropLog(new KafkaStorageException("Partition " + id + " is offline: " + offlineReason));
    }

    private void dropLog(ApiException reason) {
        view = null;
        if (log != null) {
            log.close();
            log = null;
        }
        List<Durable> left = waiters.take(Long.MAX_VALUE);
        context.flusher().submit(() -> {
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
        try {
            return reader.read(view(), offset, maxBytes, minOneBatch, limit);
        } catch (IOException e) {
            throw readFailed(e);
        }
    }

    @Override
    public Answer find(OffsetQuery query) {
        LogView current = view();
        try {
            return switch (query) {
                case OffsetQuery.ByTimestamp byTimestamp -> OffsetFinder.byTimestamp(current, byTimestamp.timestampMs());
                case OffsetQuery.MaxTimestamp max -> OffsetFinder.maxTimestamp(current);
                case OffsetQuery.EndOfEpoch endOfEpoch -> endOfEpoch(endOfEpoch.leaderEpoch());
            };
        } catch (IOException e) {
            throw readFailed(e);
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

    private ApiException readFailed(IOException cause) {
        lock.lock();
        try {
            ensureServing();
            if (cause instanceof DamagedLogException) {
                goOffline(cause);
            } else {
                LOG.error("event=read_failed partition={} action=refused", id, cause);
            }
        } finally {
            lock.unlock();
        }
        return new KafkaStorageException("Partition " + id + " cannot be read: " + cause.getMessage(), cause);
    }

    @Override
    public AutoCloseable watch(Runnable onAdvance) {
        view();
        return watchers.add(onAdvance);
    }

    @Override
    public long deleteRecordsBefore(long offset) {
        long result;
        lock.lock();
        try {
            LogView current = open();
            long target = offset == -1 ? current.highWatermark().offset() : offset;
            log.checkDeletable(target);
            if (target > current.offsets().logStart()) {
                point = log.raiseLogStart(target);
                context.points().write(slot, id, point);
                publish();
            }
            result = view.offsets().logStart();
        } catch (IOException e) {
            throw new KafkaStorageException("Log start of " + id + " cannot be saved: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
        try {
            context.points().force();
        } catch (IOException e) {
            throw new KafkaStorageException("Log start of " + id + " cannot be made durable: " + e.getMessage(), e);
        }
        watchers.advanced();
        return result;
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

    /** Flushes everything and closes the files; a clean shutdown leaves nothing to recover. */
    void close() {
        lock.lock();
        try {
            if (log != null && condition == Condition.SERVING) {
                FlushRound round = log.changed() ? log.startFlush(true) : null;
                if (round != null) {
                    PartitionFlush.run(context, id, folder, round);
                    log.flushed(round);
                    PartitionFlush.remember(context, id, slot, folder, round);
                }
            }
        } catch (IOException e) {
            LOG.error("event=close_failed partition={} action=recovery_at_next_start", id, e);
        } finally {
            condition = condition == Condition.SERVING ? Condition.CLOSED : condition;
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
