// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import io.ottla.world.ManualClock;
import java.util.PriorityQueue;

/** A clock, and what is to happen when: the time of a simulation in which a coordinator's timers go off between other events. */
public final class SimulatedTime {
    private final ManualClock clock = new ManualClock(1_700_000_000_000L);
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long sequence;

    private record Event(long atMs, long sequence, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(atMs, other.atMs);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }
    }

    /** A broker's part of a simulation. */
    public interface Broker {
        /** When its next timer goes off. */
        long nextTimerMs();

        /** Works until there is nothing to do now. */
        void settle();
    }

    public ManualClock clock() {
        return clock;
    }

    public long nowMs() {
        return clock.wallMs();
    }

    public void after(long delayMs, Runnable action) {
        events.add(new Event(nowMs() + delayMs, sequence++, action));
    }

    /** Lets time pass; after each event and each timer the broker settles. */
    public void run(long ms, Broker broker) {
        long end = nowMs() + ms;
        while (true) {
            long nextEvent = events.isEmpty() ? Long.MAX_VALUE : events.peek().atMs;
            long next = Math.min(nextEvent, broker.nextTimerMs());
            if (next > end) {
                clock.advance(end - nowMs());
                return;
            }
            clock.advance(Math.max(0, next - nowMs()));
            if (nextEvent <= nowMs()) {
                events.poll().action.run();
            }
            broker.settle();
        }
    }
}
