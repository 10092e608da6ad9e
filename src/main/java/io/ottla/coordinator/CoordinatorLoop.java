// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import io.ottla.world.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that owns a set of shards. Other threads hand it commands through a bounded queue. Each turn fires the due
 * timers, decides the commands that have come in, and then writes one append for each shard that has something to write;
 * it never waits for a flush.
 */
final class CoordinatorLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CoordinatorLoop.class);
    private static final int MAX_A_TURN = 1024;
    private static final long NANOS_PER_MS = 1_000_000;

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
    private volatile boolean parked;
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
        enqueue(new Item.Submitted(shard, command));
        return true;
    }

    /** Queues work of the room itself, which the bound does not hold back: there is at most one for each shard. From any thread. */
    void run(Runnable work) {
        queued.incrementAndGet();
        enqueue(new Item.Work(work));
    }

    private void enqueue(Item item) {
        queue.add(item);
        if (parked) {
            parked = false;
            LockSupport.unpark(thread);
        }
        if (closed) {
            refuseQueued();
        }
    }

    private void run() {
        while (!closed) {
            if (!turn()) {
                park();
            }
        }
    }

    /** Does what there is to do now; false if there was nothing. Only the loop's thread, or a test in its place, calls it. */
    boolean turn() {
        now = readClock();
        boolean worked = fireTimers() | takeCommands();
        for (int i = 0; i < written.size(); i++) {
            written.get(i).endTurn(now);
        }
        written.clear();
        return worked;
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
        for (Item item; taken < MAX_A_TURN && (item = queue.poll()) != null; taken++) {
            queued.decrementAndGet();
            execute(item);
        }
        return taken > 0;
    }

    private void execute(Item item) {
        switch (item) {
            case Item.Submitted submitted -> submitted.shard.execute(submitted.command, now);
            case Item.Work work -> work.run.run();
        }
    }

    private void park() {
        parked = true;
        long next = timers.nextAtElapsedMs();
        if (queue.isEmpty() && !closed) {
            if (next == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, Math.max(1, next - readClock().elapsedMs()) * NANOS_PER_MS);
            }
        }
        parked = false;
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

    private void refuseQueued() {
        for (Item item = queue.poll(); item != null; item = queue.poll()) {
            if (item instanceof Item.Submitted submitted) {
                submitted.command.refuse(CoordinatorErrors.CLOSING);
            }
        }
    }
}
