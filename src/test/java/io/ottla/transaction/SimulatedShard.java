// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.JournalEntry;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import io.ottla.coordinator.Reply;
import io.ottla.coordinator.TimerChange;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.protocol.Errors;

/** A shard whose every step is the test's: commands, flushes and timers happen when they are told to, and a crash keeps any part of what was not flushed. */
final class SimulatedShard {
    private record Entry(ByteBuffer key, ByteBuffer value) {}

    private record Staged(int journalEnd, Reply<?> reply) {}

    private final TransactionSettings settings;
    private final TransactionErrands errands;
    private final boolean answersBeforeFlush;
    private final List<Entry> journal = new ArrayList<>();
    private final Deque<Staged> staged = new ArrayDeque<>();
    private final Map<TransactionCommand, Long> timers = new HashMap<>();
    private TransactionDecider decider;
    private int durable;

    /** @param answersBeforeFlush a fault: answers are given as soon as they are decided */
    SimulatedShard(TransactionSettings settings, TransactionErrands errands, boolean answersBeforeFlush, long nowMs) {
        this.answersBeforeFlush = answersBeforeFlush;
        this.settings = settings;
        this.errands = errands;
        load(nowMs);
    }

    void submit(TransactionCommand command, long nowMs) {
        TransactionCommand next = command;
        while (next != null) {
            next = settle(decider.decide(next, moment(nowMs)));
        }
        if (answersBeforeFlush) {
            answer(journal.size());
        }
    }

    private static Moment moment(long nowMs) {
        return new Moment(nowMs, nowMs);
    }

    private TransactionCommand settle(Outcome<TransactionCommand, TransactionEvent> outcome) {
        for (TransactionEvent event : outcome.events()) {
            JournalEntry entry = decider.encode(event);
            if (entry instanceof JournalEntry.Plain plain) {
                journal.add(new Entry(plain.key(), plain.value()));
            }
            decider.apply(event);
        }
        outcome.replies().forEach(reply -> staged.add(new Staged(journal.size(), reply)));
        for (TimerChange<TransactionCommand> change : outcome.timers()) {
            switch (change) {
                case TimerChange.Set<TransactionCommand> set -> timers.put(set.command(), set.atElapsedMs());
                case TimerChange.Cancel<TransactionCommand> cancel -> timers.remove(cancel.command());
            }
        }
        return outcome.next();
    }

    /** Makes everything durable and gives the answers that waited for it. */
    void flush() {
        durable = journal.size();
        answer(durable);
    }

    private void answer(int upTo) {
        while (!staged.isEmpty() && staged.peek().journalEnd <= upTo) {
            release(staged.poll().reply);
        }
    }

    private static <R> void release(Reply<R> reply) {
        reply.caller().answer(reply.response());
    }

    /** Fires one timer that is due; false if none is. */
    boolean fireTimer(long nowMs) {
        for (Map.Entry<TransactionCommand, Long> timer : timers.entrySet()) {
            if (timer.getValue() <= nowMs) {
                timers.remove(timer.getKey());
                submit(timer.getKey(), nowMs);
                return true;
            }
        }
        return false;
    }

    /** Forgets the process: some of what was not flushed is still there afterwards, from the front. Nobody gets an answer. */
    void crash(Random random, long nowMs) {
        int kept = durable + random.nextInt(journal.size() - durable + 1);
        journal.subList(kept, journal.size()).clear();
        durable = kept;
        staged.clear();
        timers.clear();
        load(nowMs);
    }

    /** Gives the state up as after a failed write: those who wait are refused, and the journal as written is read again. */
    void giveUp(long nowMs) {
        List<Staged> undecided = List.copyOf(staged);
        staged.clear();
        timers.clear();
        undecided.forEach(each -> each.reply.caller().refuse(Errors.NOT_COORDINATOR));
        decider.abandon(Errors.NOT_COORDINATOR);
        load(nowMs);
    }

    private void load(long nowMs) {
        decider = new TransactionDecider(settings, errands);
        for (Entry entry : journal) {
            decider.apply(decider.decode(new JournalEntry.Plain(entry.key, entry.value)));
        }
        settle(decider.loaded(moment(nowMs)));
    }

    List<Transaction> transactions(long nowMs) {
        List<Transaction> all = new ArrayList<>();
        submit(new TransactionCommand.DescribeAll(new Caller<>() {
            @Override
            public void answer(List<Transaction> response) {
                all.addAll(response);
            }

            @Override
            public void refuse(Errors error) {
                throw new AssertionError(error);
            }
        }), nowMs);
        flush();
        return all;
    }
}
