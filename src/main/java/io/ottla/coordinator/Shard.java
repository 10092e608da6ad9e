// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One shard: a decider and its journal. Owned by whoever gives its loop a turn.
 *
 * <pre>
 *   Unloaded --first command--> Loading --replayed--> Active
 *      ^                           |                    |
 *      +------- cannot read -------+--- cannot write ---+
 * </pre>
 *
 * A shard that could not write what it has applied gives its state up and is loaded again: the journal alone says what happened.
 * An Error, such as a lack of memory, is no different from any other failure: a loop that ended with it would strand all its shards.
 */
final class Shard<C extends Command, E> {
    private static final Logger LOG = LoggerFactory.getLogger(Shard.class);
    private static final long LOAD_AGAIN_MS = 1_000;

    /** A journal of at most so many entries is replayed at once on the loop's thread, a longer one beside it. */
    private static final long INLINE_REPLAY_ENTRIES = 20_000;
    private static final int SUCCESSOR_LIMIT = 100;

    private sealed interface State<C extends Command, E> {
        record Unloaded<C extends Command, E>() implements State<C, E> {}

        record Loading<C extends Command, E>() implements State<C, E> {}

        /** {@code durableEnd}: everything below is known to be durable. */
        record Active<C extends Command, E>(Decider<C, E> decider, Journal journal, AtomicLong durableEnd) implements State<C, E> {}
    }

    private final String name;
    private final CoordinatorLoop loop;
    private final Aside aside;
    private final Supplier<Journal> openJournal;
    private final Supplier<? extends Decider<C, E>> newDecider;
    private State<C, E> state = new State.Unloaded<>();

    /** What this turn has decided and not yet written; the entries' bytes belong to us. */
    private final List<JournalEntry> entries = new ArrayList<>();
    private List<Reply<?>> replies = new ArrayList<>();
    private boolean inTurn;

    /** The end of the journal after the last append. */
    private long end;

    Shard(String name, CoordinatorLoop loop, Aside aside, Supplier<Journal> openJournal, Supplier<? extends Decider<C, E>> newDecider) {
        this.name = name;
        this.loop = loop;
        this.aside = aside;
        this.openJournal = openJournal;
        this.newDecider = newDecider;
    }

    /** Decides one command; its answer follows at the end of the turn or later. */
    @SuppressWarnings("unchecked")
    void execute(Command command, Moment now) {
        if (state instanceof State.Unloaded) {
            load(now);
        }
        switch (state) {
            case State.Active<C, E> active -> decide(active, (C) command, now);
            case State.Loading<C, E> ignored -> command.refuse(CoordinatorErrors.LOADING);
            case State.Unloaded<C, E> ignored -> command.refuse(CoordinatorErrors.GIVEN_UP);
        }
    }

    /** Whether commands are decided at once, with nothing to load first. */
    boolean active() {
        return state instanceof State.Active;
    }

    /** Replays the journal if that has not been done yet. */
    void load(Moment now) {
        if (!(state instanceof State.Unloaded)) {
            return;
        }
        try {
            Journal journal = openJournal.get();
            if (journal.length() <= INLINE_REPLAY_ENTRIES) {
                activate(replay(journal), now);
            } else {
                state = new State.Loading<>();
                aside.run("load-" + name, () -> replayAside(journal));
            }
        } catch (RuntimeException | Error e) {
            loadFailed(e);
        }
    }

    private State.Active<C, E> replay(Journal journal) {
        Decider<C, E> decider = newDecider.get();
        journal.replay(entry -> {
            E event = decider.decode(entry);
            if (event != null) {
                decider.apply(event);
            }
        });
        return new State.Active<>(decider, journal, new AtomicLong());
    }

    private void replayAside(Journal journal) {
        try {
            State.Active<C, E> loaded = replay(journal);
            loop.run(() -> activate(loaded, loop.now()));
        } catch (RuntimeException | Error e) {
            loop.run(() -> loadFailed(e));
        }
    }

    private void activate(State.Active<C, E> loaded, Moment now) {
        state = loaded;
        end = loaded.journal.end();
        LOG.debug("event=shard-loaded shard={} entries={}", name, loaded.journal.length());
        try {
            follow(loaded, settle(loaded, loaded.decider.loaded(now)), now);
        } catch (RuntimeException | Error e) {
            giveUp(loaded, CoordinatorErrors.of(e), "cannot take up its work after loading", e);
        }
    }

    private void loadFailed(Throwable e) {
        state = new State.Unloaded<>();
        if (e instanceof ApiException known) {
            // The partition is offline, and has said why; it may be so for long.
            LOG.error("event=shard-load-failed shard={} action=retry-later-or-at-next-request reason=\"{}\"", name, known.getMessage());
        } else {
            LOG.error("event=shard-load-failed shard={} action=retry-later-or-at-next-request", name, e);
        }
        loadLater();
    }

    /** Some of what a shard has to do nobody asks for: transactions must end, and members must expire. */
    private void loadLater() {
        aside.runLater("load-" + name, LOAD_AGAIN_MS, () -> loop.run(() -> load(loop.now())));
    }

    private void decide(State.Active<C, E> active, C command, Moment now) {
        Outcome<C, E> outcome;
        try {
            outcome = active.decider.decide(command, now);
        } catch (RuntimeException | Error e) {
            LOG.error("event=decision-failed shard={} command={} action=refused", name, command.getClass().getSimpleName(), e);
            command.refuse(Errors.UNKNOWN_SERVER_ERROR);
            return;
        }
        try {
            follow(active, settle(active, outcome), now);
        } catch (EntryTooLarge e) {
            LOG.warn("event=decision-too-large shard={} command={} bytes={} limit={} action=refused",
                    name, command.getClass().getSimpleName(), e.bytes, active.journal.maxBatchBytes());
            command.refuse(CoordinatorErrors.TOO_LARGE);
        } catch (RuntimeException | Error e) {
            command.refuse(Errors.UNKNOWN_SERVER_ERROR);
            giveUp(active, CoordinatorErrors.GIVEN_UP, "cannot apply what it decided", e);
        }
    }

    /** Decides the successors of a command. What the command did is applied already, so a failure costs the whole state. */
    private void follow(State.Active<C, E> active, C first, Moment now) {
        C next = first;
        for (int i = 0; next != null; i++) {
            try {
                if (i == SUCCESSOR_LIMIT) {
                    throw new IllegalStateException("a decision that does not come to an end");
                }
                next = settle(active, active.decider.decide(next, now));
            } catch (RuntimeException | Error e) {
                next.refuse(Errors.UNKNOWN_SERVER_ERROR);
                giveUp(active, CoordinatorErrors.GIVEN_UP, "cannot decide " + next.getClass().getSimpleName(), e);
                return;
            }
        }
    }

    /** Stages and applies an outcome; returns its successor. */
    private C settle(State.Active<C, E> active, Outcome<C, E> outcome) {
        stage(active, outcome.events());
        outcome.events().forEach(active.decider::apply);
        replies.addAll(outcome.replies());
        outcome.timers().forEach(this::changeTimer);
        endTurnLater();
        return outcome.next();
    }

    /** Encodes events before they are applied: one that cannot be kept refuses the whole outcome. */
    private void stage(State.Active<C, E> active, List<E> events) {
        int before = entries.size();
        for (E event : events) {
            JournalEntry entry = active.decider.encode(event);
            if (entry == null) {
                continue;
            }
            int bytes = DefaultRecordBatch.RECORD_BATCH_OVERHEAD + JournalBatches.sizeBytes(entry);
            if (bytes > active.journal.maxBatchBytes()) {
                entries.subList(before, entries.size()).clear();
                throw new EntryTooLarge(bytes);
            }
            entries.add(entry);
        }
    }

    private void changeTimer(TimerChange<C> change) {
        switch (change) {
            case TimerChange.Set<C> set -> loop.timers().set(this, set.command(), set.atElapsedMs());
            case TimerChange.Cancel<C> cancel -> loop.timers().cancel(this, cancel.command());
        }
    }

    private void endTurnLater() {
        if (!inTurn) {
            inTurn = true;
            loop.endTurnOf(this);
        }
    }

    /** Writes what the turn has decided, and gives its answers as soon as that is durable. */
    void endTurn(Moment now) {
        inTurn = false;
        if (!(state instanceof State.Active<C, E> active)) {
            return;
        }
        if (!entries.isEmpty() && !write(active, now)) {
            return;
        }
        if (!replies.isEmpty()) {
            releaseWhenDurable(active);
        }
    }

    private boolean write(State.Active<C, E> active, Moment now) {
        try {
            ByteBufferOutputStream out = new ByteBufferOutputStream(DefaultRecordBatch.RECORD_BATCH_OVERHEAD + bytesStaged());
            JournalBatches.write(entries, now.wallMs(), active.journal.maxBatchBytes(), out);
            ByteBuffer batches = out.buffer();
            end = active.journal.append(batches.flip());
            entries.clear();
            return true;
        } catch (RuntimeException | Error e) {
            giveUp(active, CoordinatorErrors.of(e), "cannot write " + entries.size() + " entries", e);
            return false;
        }
    }

    private int bytesStaged() {
        int bytes = 0;
        for (JournalEntry entry : entries) {
            bytes += JournalBatches.sizeBytes(entry);
        }
        return bytes;
    }

    private void releaseWhenDurable(State.Active<C, E> active) {
        List<Reply<?>> decided = replies;
        replies = new ArrayList<>();
        if (end <= active.durableEnd.get()) {
            decided.forEach(Reply::release);
            return;
        }
        long upTo = end;
        try {
            active.journal.whenDurable(upTo, failure -> {
                if (failure == null) {
                    active.durableEnd.accumulateAndGet(upTo, Math::max);
                    decided.forEach(Reply::release);
                } else {
                    flushFailed(active, decided, failure);
                }
            });
        } catch (ApiException e) {
            flushFailed(active, decided, e);
        }
    }

    private void flushFailed(State.Active<C, E> active, List<Reply<?>> decided, ApiException failure) {
        Errors error = CoordinatorErrors.of(failure);
        decided.forEach(reply -> reply.refuse(error));
        loop.run(() -> giveUp(active, error, "cannot make its journal durable", failure));
    }

    /** Forgets the state: everybody who waits gets {@code error}, and the next command loads the shard again. */
    private void giveUp(State.Active<C, E> active, Errors error, String reason, Throwable cause) {
        if (state != active) {
            return;
        }
        LOG.error("event=shard-given-up shard={} reason=\"{}\" action=reload-later-or-at-next-request", name, reason, cause);
        abandon(active, error);
        loadLater();
    }

    private void abandon(State.Active<C, E> active, Errors error) {
        state = new State.Unloaded<>();
        loop.timers().cancelAll(this);
        entries.clear();
        List<Reply<?>> undecided = replies;
        replies = new ArrayList<>();
        undecided.forEach(reply -> reply.refuse(error));
        active.decider.abandon(error);
    }

    /** Ends the shard's work. Called when its loop has stopped. */
    void close() {
        if (state instanceof State.Active<C, E> active) {
            abandon(active, CoordinatorErrors.CLOSING);
        }
    }

    private static final class EntryTooLarge extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final int bytes;

        EntryTooLarge(int bytes) {
            super("an entry of " + bytes + " bytes", null, false, false);
            this.bytes = bytes;
        }
    }
}
