// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

import java.util.PriorityQueue;

/** Timers on a {@link ManualClock}: due tasks run on the caller's thread, in order of time, when the clock is advanced here. */
public final class ManualTimers implements Timers {
    private record Entry(long dueMs, long number, Runnable task) implements Comparable<Entry> {
        @Override
        public int compareTo(Entry other) {
            return dueMs != other.dueMs ? Long.compare(dueMs, other.dueMs) : Long.compare(number, other.number);
        }
    }

    private final ManualClock clock;
    private final PriorityQueue<Entry> queue = new PriorityQueue<>();
    private long count;

    public ManualTimers(ManualClock clock) {
        this.clock = clock;
    }

    @Override
    public synchronized Scheduled schedule(long delayMs, Runnable task) {
        Entry entry = new Entry(clock.wallMs() + Math.max(0, delayMs), count++, task);
        queue.add(entry);
        return () -> cancel(entry);
    }

    private synchronized void cancel(Entry entry) {
        queue.remove(entry);
    }

    /** Moves the clock on step by step, running each task at its time. */
    public void advanceMs(long ms) {
        long target = clock.wallMs() + ms;
        for (Entry next = pollUntil(target); next != null; next = pollUntil(target)) {
            clock.advance(Math.max(0, next.dueMs - clock.wallMs()));
            next.task.run();
        }
        clock.advance(target - clock.wallMs());
    }

    private synchronized Entry pollUntil(long targetMs) {
        Entry next = queue.peek();
        return next != null && next.dueMs <= targetMs ? queue.poll() : null;
    }

    /** How many tasks wait. */
    public synchronized int size() {
        return queue.size();
    }
}
