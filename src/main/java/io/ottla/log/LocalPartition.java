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
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A partition on the local disk: appends and reads. Appends are ordered by the lock of {@link PartitionState}; readers take a
 * picture and need no lock.
 */
final class LocalPartition implements Partition {
    private static final Logger LOG = LoggerFactory.getLogger(LocalPartition.class);
    private static final long OS_FLUSH_BYTES = 64L << 20;

    private final PartitionState state;
    private final Flusher flusher;
    private final PartitionTrim trim;
    private final PartitionCompaction compaction;
    private final LogReader reader;
    /** Changed under the lock only. */
    private volatile boolean appendsFail;

    LocalPartition(PartitionId id, LogContext context, TopicConfig config) {
        state = new PartitionState(id, context, config);
        flusher = new Flusher(state);
        trim = new PartitionTrim(state, flusher);
        compaction = new PartitionCompaction(state, flusher);
        reader = new LogReader(id);
    }

    void configure(TopicConfig config) {
        state.configure(config);
    }

    @Override
    public PartitionId id() {
        return state.id();
    }

    @Override
    public PartitionOffsets offsets() {
        return state.view().offsets();
    }

    @Override
    public Appended append(ByteBuffer batches, AppendOrigin origin) {
        TopicConfig topic = state.config();
        LogContext context = state.context();
        long nowMs = context.clock().wallMs();
        ByteBuffer accepted = BatchValidator.mine().check(batches, origin, state.id(), topic, nowMs);
        Appended appended;
        state.lock();
        try {
            state.open();
            noteUse();
            PartitionLog log = state.log();
            appended = log.append(accepted, origin, topic, nowMs);
            state.publish();
            appendWorked();
            if (!context.durableAtOnce() && origin == AppendOrigin.COORDINATOR) {
                flusher.appendedUnasked();
            } else if (!context.durableAtOnce() || log.bytesSinceFlush() >= OS_FLUSH_BYTES) {
                flusher.appended();
            }
        } catch (TornFileException e) {
            context.failures().appends.increment();
            state.goOffline(e);
            throw new AppendRefused(Errors.KAFKA_STORAGE_ERROR, "Partition " + state.id() + " is offline: " + e.getMessage());
        } catch (IOException e) {
            appendFailed(e);
            throw new AppendRefused(Errors.KAFKA_STORAGE_ERROR, "Append to " + state.id() + " failed: " + e.getMessage());
        } finally {
            state.unlock();
        }
        if (context.durableAtOnce()) {
            state.watchers().advanced();
        }
        return appended;
    }

    /** Says so once, however many producers try: a full disk must not fill with log lines. */
    private void appendFailed(IOException cause) {
        state.context().failures().appends.increment();
        if (!appendsFail) {
            appendsFail = true;
            LOG.error("event=append_failed partition={} action=refused_until_it_works reason=\"{}\"", state.id(), cause.getMessage());
        }
    }

    private void appendWorked() {
        if (appendsFail) {
            appendsFail = false;
            LOG.info("event=append_works_again partition={}", state.id());
        }
    }

    /**
     * Where records are readable before they are durable, the next start must know that this one was not closed cleanly, and in which
     * epoch its records were: theirs may be gone, and no others may have it.
     */
    private void noteUse() throws IOException {
        FlushPoint point = state.point().get();
        if (state.context().durableAtOnce() && point != null && (point.clean() || point.leaderEpoch() < state.log().leaderEpoch())) {
            FlushPoint unclean = point.unclean(state.log().leaderEpoch());
            state.point().writeThrough(unclean);
            state.point().set(unclean);
        }
    }

    @Override
    public void whenDurable(long offset, Durable callback) {
        LogView current = state.view();
        if (offset > current.highWatermark().offset()) {
            state.lock();
            try {
                current = state.open();
                if (offset > current.highWatermark().offset()) {
                    state.waiters().add(offset, callback);
                    flusher.awaited();
                    return;
                }
            } finally {
                state.unlock();
            }
        }
        callback.done(null);
    }

    @Override
    public Fetched read(long offset, int maxBytes, boolean minOneBatch, ReadLimit limit) {
        LogView current = state.view();
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
        LogView current = state.view();
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
        state.lock();
        try {
            LogView current = state.open();
            return state.log().epochs().endOf(epoch, current.logEnd().offset());
        } finally {
            state.unlock();
        }
    }

    /** A newer picture if segments have left the log since {@code stale} was taken; otherwise the reader gets the error. */
    private LogView retryView(LogView stale, IOException cause) {
        state.lock();
        try {
            LogView current = state.open();
            if (stale.segments() != current.segments()) {
                return current;
            }
            state.context().failures().reads.increment();
            if (cause instanceof DamagedLogException) {
                state.goOffline(cause);
            } else {
                LOG.error("event=read_failed partition={} action=refused reason=\"{}\"", state.id(), cause.getMessage());
            }
        } finally {
            state.unlock();
        }
        throw unreadable(cause);
    }

    private KafkaStorageException unreadable(IOException cause) {
        return new KafkaStorageException("Partition " + state.id() + " cannot be read: " + cause.getMessage(), cause);
    }

    @Override
    public AutoCloseable watch(Runnable onAdvance) {
        state.view();
        return state.watchers().add(onAdvance);
    }

    @Override
    public long deleteRecordsBefore(long offset) {
        return trim.deleteRecordsBefore(offset);
    }

    @Override
    public PartitionDescription describe() {
        state.lock();
        try {
            LogView current = state.open();
            long size = 0;
            for (Segment segment : current.segments()) {
                size += segment.sizeBytes();
            }
            return new PartitionDescription(state.context().settings().directory().toString(), size, state.log().producers().describe());
        } catch (IOException e) {
            throw unreadable(e);
        } finally {
            state.unlock();
        }
    }

    /** True if the disk refused the last append, while the partition is served. */
    boolean refusesAppends() {
        return appendsFail && !state.offline();
    }

    boolean offline() {
        return state.offline();
    }

    /** True if the calling thread is changing the partition right now. */
    boolean lockedByMe() {
        return state.lockedByMe();
    }

    /** True if records may not be durable. Needs no lock. */
    boolean unflushed() {
        return state.unflushed();
    }

    PartitionKey key() {
        return flusher.key();
    }

    /** True if the log has to be recovered when it is opened. */
    boolean unclean() {
        state.lock();
        try {
            return state.point().get() != null && !state.point().get().clean() || state.context().writeAhead().holds(key());
        } finally {
            state.unlock();
        }
    }

    /** Opens the log, unless that fails: then it stays offline, as the log says, until it is tried again. */
    boolean openEarly() {
        try {
            state.open();
            return true;
        } catch (ApiException e) {
            LOG.debug("event=not_opened partition={} reason=\"{}\"", state.id(), e.getMessage());
            return false;
        }
    }

    /** Flushes what was not flushed, where records are readable before they are durable. */
    void flushInBackground() {
        flusher.flushInBackground();
    }

    /** Forgets producers that have not written for too long. A log that is not open costs no memory. */
    void forgetIdleProducers(long nowMs) {
        state.lock();
        try {
            if (state.inUse() && state.log() != null) {
                state.log().producers().expire(nowMs - state.context().settings().producerExpirationMs().getAsLong());
            }
        } finally {
            state.unlock();
        }
    }

    /** First half of retention; true if {@link #finishRetention} has to follow once the flush points are durable. */
    boolean startRetention(long nowMs) {
        return trim.start(nowMs);
    }

    void finishRetention() {
        trim.finish();
    }

    /** Compacts what is worth it. Runs on a worker's thread, one at a time. */
    void compact() {
        compaction.run();
    }

    /** Flushes everything and closes the files; a clean shutdown leaves nothing to recover. */
    void close() {
        state.lock();
        try {
            flusher.flushForClose();
        } finally {
            state.close();
            state.unlock();
        }
    }

    /** Stops serving for good; the folder is renamed out of the way if there is one. Returns the new name or null. */
    Path delete() throws IOException {
        state.lock();
        try {
            state.delete();
            state.context().writeAhead().settled(key());
            if (!state.context().disk().isDirectory(state.folder())) {
                return null;
            }
            Path deleted = state.folder().resolveSibling(LogFileNames.deletedFolder(state.id()));
            state.context().disk().move(state.folder(), deleted);
            return deleted;
        } finally {
            state.point().free();
            state.unlock();
        }
    }
}
