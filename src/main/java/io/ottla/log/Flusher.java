// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.Partition.Durable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a partition's records durable: one flush for all who wait, one at a time, when {@link GroupCommit} gets to it. What is appended
 * meanwhile is for the next. What nobody waits for yet is flushed with what comes next, or after a moment.
 */
final class Flusher implements WriteAheadLog.Source {
    private static final Logger LOG = LoggerFactory.getLogger(Flusher.class);

    /** A coordinator's next append comes within this time if it is busy. */
    private static final long LATER_MS = 20;

    private final PartitionState state;
    /** Whether somebody waits for what the next flush will cover. Guarded by the partition's lock. */
    private boolean wanted;
    /** Whether there is something that nobody waits for so far: whoever it is for does not come again when it is flushed. Guarded by the partition's lock. */
    private boolean unasked;
    /** Guarded by the partition's lock. */
    private boolean planned;
    /** Guarded by the partition's lock. */
    private boolean flushing;
    /** Whether a snapshot is being written, which the next flush need not wait for. Guarded by the partition's lock. */
    private boolean saving;
    /** Whether the next flush has to be one of the segments. Guarded by the partition's lock. */
    private boolean settling;
    private final Runnable submit = this::submit;
    private final PartitionKey key;
    /** What is under way, one of the two, until {@code flushing} is no more: from then on it is another thread's. */
    private FlushRound round;
    private CommitRound commit;
    private IOException failure;

    Flusher(PartitionState state) {
        this.state = state;
        key = PartitionKey.of(state.id());
    }

    private WriteAheadLog writeAhead() {
        return state.context().writeAhead();
    }

    private GroupCommit groupCommit() {
        return state.context().groupCommit();
    }

    /** True from the moment that a flush is asked for until it is done. Called under the lock. */
    boolean flushing() {
        return flushing;
    }

    /** There is something more to flush, now. Called under the lock. */
    void appended() {
        groupCommit().appended();
        request();
    }

    /** There is something more to flush, but nobody waits for it yet. Called under the lock. */
    void appendedUnasked() {
        unasked = true;
        if (!flushing) {
            requestLater();
        }
    }

    /** Somebody waits for what was appended. Called under the lock. */
    void awaited() {
        if (unasked) {
            unasked = false;
            groupCommit().appended();
        }
        request();
    }

    private void requestLater() {
        if (!planned) {
            planned = true;
            state.context().timers().schedule(LATER_MS, this::requestPlanned);
        }
    }

    private void requestPlanned() {
        state.lock();
        try {
            planned = false;
            if (state.log() != null && state.log().unflushed()) {
                request();
            }
        } finally {
            state.unlock();
        }
    }

    /** Sees to it that what was appended becomes durable. Called under the lock. */
    void request() {
        wanted = true;
        if (!flushing) {
            flushing = true;
            state.afterUnlock(submit);
        }
    }

    private void submit() {
        groupCommit().submit(this);
    }

    /**
     * Takes note of what there is to flush now; false if nothing. Runs on a worker's thread, after {@code flushing} was set.
     *
     * @param ahead whether it may be written ahead
     */
    boolean begin(boolean ahead) {
        round = null;
        commit = null;
        failure = null;
        state.lock();
        try {
            if (state.log() != null) {
                commit = settling || !ahead || !writeAhead().takes(key) ? null : state.log().startCommit(mostBytes());
                if (commit == null) {
                    startFlush();
                }
                wanted = false;
                unasked = false;
            }
            flushing = (round != null || commit != null) && state.beginWork();
            return flushing;
        } catch (RuntimeException | Error e) {
            flushing = false;
            state.goOffline(broken(e));
            return false;
        } finally {
            state.unlock();
        }
    }

    private int mostBytes() {
        return Math.min(WriteAheadLog.MOST_BYTES, writeAhead().mostRecordBytes() - WriteAheadRecord.HEADER_BYTES - WriteAheadRecord.ENTRY_BYTES);
    }

    private void startFlush() {
        round = state.log().startFlush(false);
        settling = false;
    }

    /** Whether what {@link #begin} took note of may be written ahead. On the same thread. */
    boolean commits() {
        return commit != null;
    }

    @Override
    public PartitionKey key() {
        return key;
    }

    @Override
    public int entryBytes() {
        return WriteAheadRecord.ENTRY_BYTES + commit.bytes();
    }

    @Override
    public void putEntry(ByteBuffer record) throws IOException {
        WriteAheadRecord.putEntry(record, key, commit.segment().baseOffset(), commit.from(), commit.bytes());
        int end = record.position() + commit.bytes();
        commit.segment().read(record.duplicate().limit(end), commit.from());
        record.position(end);
    }

    /** Flushes the segments where writing ahead did not work out; false if there are none any more. On the same thread. */
    boolean flushInstead() {
        state.lock();
        try {
            if (state.log() == commit.log()) {
                startFlush();
                commit = null;
                return true;
            }
            return false;
        } finally {
            state.unlock();
        }
    }

    /** Has the segments flushed, so that nothing is needed of what was written ahead. Most is written before others have to wait for it. */
    @Override
    public void settle() {
        PartitionLog log;
        Segment active = null;
        state.lock();
        try {
            log = state.log();
            active = log == null ? null : log.durable().segment();
        } finally {
            state.unlock();
        }
        if (active == null || !state.beginWork()) {
            return;
        }
        IOException failed = null;
        try {
            active.forceBatches();
        } catch (IOException e) {
            // The kernel reports it once.
            failed = e;
        } finally {
            state.endWork();
        }
        state.lock();
        try {
            if (state.log() != log) {
                return;
            }
            if (failed != null) {
                state.context().failures().flushes.increment();
                state.goOffline(failed);
            } else {
                settling = true;
                request();
            }
        } finally {
            state.unlock();
        }
    }

    private static IOException broken(Throwable e) {
        return new IOException("a flush was broken off by " + e, e);
    }

    /** Makes it durable, or takes note of why it can't be. On the same thread. */
    void force(boolean synced) {
        try {
            PartitionFlush.run(state.context(), state.id(), state.folder(), round, synced);
        } catch (IOException e) {
            failure = e;
        } catch (RuntimeException | Error e) {
            failure = broken(e);
        }
    }

    /** Tells everybody. On the same thread. */
    void finish() {
        try {
            if (commit != null) {
                committed();
            } else if (failure == null) {
                flushed();
            } else {
                state.context().failures().flushes.increment();
                failed();
            }
        } finally {
            state.endWork();
        }
    }

    private void committed() {
        CommitRound done = commit;
        List<Durable> due = List.of();
        state.lock();
        try {
            flushing = false;
            if (state.log() == done.log()) {
                done.log().committed(done);
                state.publish();
                due = state.waiters().take(done.target().offset());
            }
            again();
        } finally {
            state.unlock();
        }
        DurabilityWaiters.complete(due, null);
        state.watchers().advanced();
    }

    private void flushed() {
        FlushRound done = round;
        List<Durable> due;
        state.lock();
        try {
            flushing = false;
            if (state.log() != done.log()) {
                again();
                return;
            }
            state.remember(done.log().flushed(done));
            writeAhead().settled(key);
            state.publish();
            due = state.waiters().take(done.log().durable().offset());
            again();
        } finally {
            state.unlock();
        }
        DurabilityWaiters.complete(due, null);
        state.watchers().advanced();
        if (done.snapshot() != null) {
            saveSnapshot(done);
        }
        state.context().flushedBytes(done.bytes());
    }

    /** One at a time, as two of the same offset would write to one file; the next flush sees that one is due again. */
    private void saveSnapshot(FlushRound round) {
        state.lock();
        try {
            if (saving) {
                return;
            }
            saving = true;
        } finally {
            state.unlock();
        }
        boolean saved = PartitionFlush.saveSnapshot(state.context(), state.folder(), round);
        state.lock();
        try {
            saving = false;
            if (saved) {
                round.log().snapshotSaved(round.target().offset());
            }
        } finally {
            state.unlock();
        }
    }

    /** Sees to what was appended while a flush was under way. */
    private void again() {
        if (state.context().durableAtOnce() || state.log() == null || !state.log().unflushed() && !settling) {
            return;
        }
        if (wanted || settling) {
            flushing = true;
            state.afterUnlock(submit);
        } else {
            requestLater();
        }
    }

    private void failed() {
        state.lock();
        try {
            flushing = false;
            if (state.log() == round.log()) {
                state.goOffline(failure);
            } else {
                again();
            }
        } finally {
            state.unlock();
        }
    }

    /** Flushes what was not flushed, where records are readable before they are durable. */
    void flushInBackground() {
        state.lock();
        try {
            if (state.log() != null && state.log().unflushed()) {
                request();
            }
        } finally {
            state.unlock();
        }
    }

    /** Flushes everything for the last time, on the caller's thread, so that nothing is left to recover. Called under the lock. */
    void flushForClose() {
        PartitionLog log = state.log();
        FlushPoint last = state.point().get();
        if (log == null || !log.changed() && last != null && last.clean()) {
            return;
        }
        FlushRound round = log.startFlush(true);
        if (round == null) {
            return;
        }
        try {
            PartitionFlush.run(state.context(), state.id(), state.folder(), round, false);
            state.remember(log.flushed(round));
            writeAhead().settled(key);
            if (round.snapshot() != null) {
                saveSnapshot(round);
            }
        } catch (IOException e) {
            LOG.error("event=close_failed partition={} action=recovery_at_next_start reason=\"{}\"", state.id(), e.getMessage());
        }
    }
}
