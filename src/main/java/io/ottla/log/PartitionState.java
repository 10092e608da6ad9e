// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.Partition.Durable;
import io.ottla.topic.PartitionId;
import io.ottla.topic.TopicConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a partition is served, and its log while it is: what appends, flushes, retention and compaction of it share. The
 * log is opened when it is first used. One lock orders whatever changes it; what may be called without it says so.
 *
 * <pre>
 * SERVING --an I/O error or damage--> OFFLINE --after a pause, unless damaged--> SERVING
 * SERVING, OFFLINE --close--> CLOSED
 * any --delete--> DELETED
 * </pre>
 */
final class PartitionState {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionState.class);

    private enum Phase { SERVING, OFFLINE, DELETED, CLOSED }

    private final PartitionId id;
    private final LogContext context;
    private final Path folder;
    private final Watchers watchers = new Watchers();
    private volatile TopicConfig config;

    /** Null unless the partition is open and serving. */
    private volatile LogView view;

    // All below is changed under the lock only.
    private final ReentrantLock lock = new ReentrantLock();
    private final DurabilityWaiters waiters = new DurabilityWaiters();
    private final PartitionPoint point;
    private volatile Phase phase = Phase.SERVING;
    private Outage outage;
    private PartitionLog log;
    /** How much goes on in the folder without the lock. */
    private int works;
    private final Condition idle = lock.newCondition();
    private Runnable afterUnlock;

    PartitionState(PartitionId id, LogContext context, TopicConfig config) {
        this.id = id;
        this.context = context;
        this.config = config;
        folder = context.settings().directory().resolve(LogFileNames.folder(id));
        point = new PartitionPoint(context.points(), id);
    }

    /** Needs no lock. */
    PartitionId id() {
        return id;
    }

    /** Needs no lock. */
    LogContext context() {
        return context;
    }

    /** Needs no lock. */
    Path folder() {
        return folder;
    }

    /** Needs no lock. */
    Watchers watchers() {
        return watchers;
    }

    /** Needs no lock. */
    TopicConfig config() {
        return config;
    }

    /** Needs no lock. */
    void configure(TopicConfig newConfig) {
        config = newConfig;
    }

    void lock() {
        lock.lock();
    }

    void unlock() {
        Runnable task = null;
        if (lock.getHoldCount() == 1) {
            task = afterUnlock;
            afterUnlock = null;
        }
        lock.unlock();
        if (task != null) {
            task.run();
        }
    }

    /** Does something, one thing at most, once the lock is released: whoever is woken by it will want the lock at once. */
    void afterUnlock(Runnable task) {
        afterUnlock = task;
    }

    boolean lockedByMe() {
        return lock.isHeldByCurrentThread();
    }

    DurabilityWaiters waiters() {
        return waiters;
    }

    PartitionPoint point() {
        return point;
    }

    /** The open log, or null. */
    PartitionLog log() {
        return log;
    }

    /** Whether there is anything to look after: not offline, and written to at some time. */
    boolean inUse() {
        return phase == Phase.SERVING && (log != null || point.get() != null);
    }

    /** Needs no lock. */
    boolean offline() {
        return phase == Phase.OFFLINE;
    }

    /** True if the log is open and holds records that may not be durable. Needs no lock. */
    boolean unflushed() {
        LogView current = view;
        return current != null && (context.durableAtOnce() || current.logEnd().offset() > current.highWatermark().offset());
    }

    /** The log's picture; opens it if need be. Needs no lock. */
    LogView view() {
        LogView current = view;
        return current != null ? current : open();
    }

    /** Opens the log if that has not happened yet, and returns its picture. Takes the lock by itself. */
    LogView open() {
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
        if (phase == Phase.OFFLINE && outage.over(context.clock())) {
            phase = Phase.SERVING;
        }
        switch (phase) {
            case SERVING -> { }
            case OFFLINE -> throw offlineError();
            case DELETED -> throw deletedError();
            case CLOSED -> throw closedError();
        }
    }

    private KafkaStorageException offlineError() {
        return new KafkaStorageException("Partition " + id + " is offline: " + outage.reason());
    }

    private UnknownTopicOrPartitionException deletedError() {
        return new UnknownTopicOrPartitionException("Partition " + id + " was deleted");
    }

    private KafkaStorageException closedError() {
        return new KafkaStorageException("Partition " + id + " is closed");
    }

    private void load() {
        try {
            LogLoader.Loaded loaded = new LogLoader(id, context, folder, config, point.get()).load();
            log = new PartitionLog(id, context, folder, loaded);
            if (point.get() == null && loaded.end().segment() != null) {
                remember(log.point());
            }
            context.writeAhead().settled(PartitionKey.of(id));
            if (outage != null) {
                LOG.info("event=partition_online partition={} log_end={}", id, loaded.end().offset());
                outage = null;
            }
            publish();
        } catch (IOException e) {
            goOffline(e);
            throw new KafkaStorageException(offlineError().getMessage(), e);
        }
    }

    /** Shows readers what the log has become. */
    void publish() {
        view = log.view();
    }

    /** Writes down what is durable now; failing only means that recovery looks at more. */
    void remember(FlushPoint newPoint) {
        // A planned log start is not in force before it is durable.
        point.set(newPoint.withLogStart(log.logStart()));
        try {
            point.write(newPoint);
        } catch (IOException e) {
            LOG.warn("event=flush_point_failed partition={} action=recovery_will_look_at_more reason=\"{}\"", id, e.getMessage());
        }
    }

    /** Stops serving. Those who wait are told. */
    void goOffline(IOException cause) {
        if (phase != Phase.SERVING) {
            return;
        }
        phase = Phase.OFFLINE;
        outage = Outage.of(cause, outage, context.clock());
        LOG.error("event=partition_offline partition={} folder={} action={} reason=\"{}\"", id, folder, outage.action(), cause.getMessage());
        dropLog(offlineError());
    }

    /** Stops serving for good, as the broker does. */
    void close() {
        phase = phase == Phase.DELETED ? phase : Phase.CLOSED;
        dropLog(closedError());
    }

    /** Stops serving for good: the topic is gone. On return nobody works in the folder any more, which may soon be another's. */
    void delete() {
        phase = Phase.DELETED;
        dropLog(deletedError());
        while (works > 0) {
            idle.awaitUninterruptibly();
        }
    }

    /** Begins to change files in the folder without the lock; false if it is not this partition's any more. Takes the lock by itself. */
    boolean beginWork() {
        lock.lock();
        try {
            if (phase == Phase.DELETED) {
                return false;
            }
            works++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Ends what {@link #beginWork} began. Takes the lock by itself. */
    void endWork() {
        lock.lock();
        try {
            works--;
            if (works == 0) {
                idle.signalAll();
            }
        } finally {
            lock.unlock();
        }
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
}
