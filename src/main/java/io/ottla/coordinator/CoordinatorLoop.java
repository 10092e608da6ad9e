// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import io.ottla.world.Clock;
import io.ottla.world.TurnThread;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A set of shards, decided by one thread at a time. Other threads hand in commands through a bounded queue. Each turn fires the
 * due timers, decides the commands that have come in, and then writes one append for each shard that has something to write;
 * it never waits for a flush.
 *
 * <p>Turns are the business of the loop's own thread, but a {@link TurnThread} that brought brief commands decides them itself at
 * the end of its turn if nobody is at work here: a heartbeat then wakes nobody. What else it finds, it leaves to the loop's thread.
 */
final class CoordinatorLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CoordinatorLoop.class);
    private static final int MAX_A_TURN = 1024;
    private static final long NANOS_PER_MS = 1_000_000;
    private static final long NOT_PARKED = Long.MIN_VALUE;

    /** What the queue holds. */
    private sealed interface Item {
        record Submitted(Shard<?, ?> shard, Command command) implements Item {}

        record Work(Runnable run) implements Item {}
    }

    private final Clock clock;
    private final int capacity;
    private final TimerQueue timers = new TimerQueue();
    private final List<Shard<?, ?>> written = new ArrayList<>();
    private final ConcurrentLinkedQueue<Item> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final Thread thread;
    private final Runnable help = this::help;

    /** How many times work was announced since its owner last looked. Who raises it from 0 owns the loop until it is 0 again. */
    private final AtomicInteger announced = new AtomicInteger();
    /** Whether the owner has left the loop to its thread. */
    private volatile boolean handedOver;
    /** As of the last turn. */
    private volatile long nextTimerAtElapsedMs = Long.MAX_VALUE;
    /** When the thread wakes up by itself, or {@link #NOT_PARKED}. */
    private volatile long parkedUntilElapsedMs = NOT_PARKED;
    private volatile boolean closed;
    private Moment now;

    CoordinatorLoop(String name, Clock clock, int capacity) {
        this.clock = clock;
        this.capacity = capacity;
        this.now = readClock();
        this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Queues a command; false if the queue is full or the loop is closed. From any thread. */
    boolean submit(Shard<?, ?> shard, Command command) {
        if (closed || queued.incrementAndGet() > capacity) {
            queued.decrementAndGet();
            return false;
        }
        TurnThread caller = command.brief() ? TurnThread.current() : null;
        queue.add(new Item.Submitted(shard, command));
        if (caller != null) {
            caller.atEndOfTurn(help);
        } else {
            announce();
        }
        refuseIfClosed();
        return true;
    }

    /** Queues work of the room itself, which the bound does not hold back: there is at most one for each shard. From any thread. */
    void run(Runnable work) {
        queued.incrementAndGet();
        queue.add(new Item.Work(work));
        announce();
        refuseIfClosed();
    }

    /** Sees to it that somebody looks at the queue. */
    private void announce() {
        if (announced.getAndIncrement() == 0) {
            handOver();
        }
    }

    private void handOver() {
        handedOver = true;
        LockSupport.unpark(thread);
    }

    /** Gives brief commands one turn on the caller's thread, unless somebody is at it already. */
    private void help() {
        if (announced.getAndIncrement() != 0) {
            return;
        }
        boolean done = false;
        try {
            done = briefTurn() && looked(1) == 0;
        } finally {
            if (!done) {
                handOver();
            }
        }
    }

    /** Ends a look at what was announced {@code seen} times; 0 if that was all, and the loop is nobody's again. */
    private int looked(int seen) {
        long next = timers.nextAtElapsedMs();
        nextTimerAtElapsedMs = next;
        if (next < parkedUntilElapsedMs) {
            LockSupport.unpark(thread);
        }
        return announced.addAndGet(-seen);
    }

    /** Decides brief commands until there are none; false if there is something for the loop's thread to do. */
    private boolean briefTurn() {
        boolean whole = false;
        try {
            now = readClock();
            int taken = 0;
            if (timers.nextAtElapsedMs() > now.elapsedMs()) {
                while (taken < MAX_A_TURN && brief(queue.peek())) {
                    takeOne();
                    taken++;
                }
                whole = queue.isEmpty();
            }
        } finally {
            endTurns();
        }
        return whole;
    }

    private static boolean brief(Item next) {
        return next instanceof Item.Submitted submitted && submitted.command.brief() && submitted.shard.active();
    }

    private void run() {
        while (!closed) {
            boolean due = handedOver || nextTimerAtElapsedMs <= readClock().elapsedMs() && announced.getAndIncrement() == 0;
            if (due) {
                handedOver = false;
                workSafely();
            } else {
                park();
            }
        }
        while (!handedOver && !announced.compareAndSet(0, 1)) {
            Thread.onSpinWait();
        }
    }

    private void workSafely() {
        try {
            work();
        } catch (RuntimeException | Error e) {
            LOG.error("event=turn-failed loop={} action=continue", thread.getName(), e);
            handedOver = true;
        }
    }

    private void work() {
        int seen = announced.get();
        while (seen != 0) {
            while (!closed && turn()) {
                // Each turn does a part of what there is.
            }
            if (closed) {
                handedOver = true;
                return;
            }
            seen = looked(seen);
        }
    }

    /** Does what there is to do now; false if there was nothing. Only the loop's thread, or a test in its place, calls it. */
    boolean turn() {
        now = readClock();
        boolean worked = fireTimers() | takeCommands();
        endTurns();
        return worked;
    }

    private void endTurns() {
        while (!written.isEmpty()) {
            written.removeLast().endTurn(now);
        }
    }

    private boolean fireTimers() {
        int fired = 0;
        while (fired < MAX_A_TURN && timers.fireNext(now)) {
            fired++;
        }
        return fired > 0;
    }

    private boolean takeCommands() {
        int taken = 0;
        while (taken < MAX_A_TURN && takeOne()) {
            taken++;
        }
        return taken > 0;
    }

    private boolean takeOne() {
        Item item = queue.poll();
        if (item != null) {
            queued.decrementAndGet();
            execute(item);
        }
        return item != null;
    }

    private void execute(Item item) {
        switch (item) {
            case Item.Submitted submitted -> submitted.shard.execute(submitted.command, now);
            case Item.Work work -> work.run.run();
        }
    }

    private void park() {
        long next = nextTimerAtElapsedMs;
        parkedUntilElapsedMs = next;
        if (!handedOver && !closed && nextTimerAtElapsedMs >= next) {
            if (next == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, Math.max(1, next - readClock().elapsedMs()) * NANOS_PER_MS);
            }
        }
        parkedUntilElapsedMs = NOT_PARKED;
    }

    private Moment readClock() {
        return Moment.of(clock);
    }

    /** The time of this turn. */
    Moment now() {
        return now;
    }

    TimerQueue timers() {
        return timers;
    }

    /** Asks for {@link Shard#endTurn} at the end of this turn. */
    void endTurnOf(Shard<?, ?> shard) {
        written.add(shard);
    }

    /** When the next timer goes off, in {@link Moment#elapsedMs()}. */
    long nextTimerAtElapsedMs() {
        return timers.nextAtElapsedMs();
    }

    /** Stops the thread; commands that are still queued are refused. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            LOG.warn("event=loop-close-interrupted loop={}", thread.getName());
        }
        refuseQueued();
    }

    private void refuseIfClosed() {
        if (closed) {
            refuseQueued();
        }
    }

    private void refuseQueued() {
        for (Item item = queue.poll(); item != null; item = queue.poll()) {
            if (item instanceof Item.Submitted submitted) {
                submitted.command.refuse(CoordinatorErrors.CLOSING);
            }
        }
    }
}
