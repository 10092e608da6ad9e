// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import io.ottla.world.ManualClock;

/** A coordinator runtime without threads: a test gives it turns, and moves its time. */
public final class ManualRuntime {
    private static final int QUEUE_CAPACITY = 1_000_000;

    private final ManualClock clock;
    private final CoordinatorRuntime runtime;

    public ManualRuntime(ManualClock clock, int loops) {
        this(clock, loops, Aside.THREADS);
    }

    public ManualRuntime(ManualClock clock, int loops, Aside aside) {
        this.clock = clock;
        this.runtime = new CoordinatorRuntime(clock, loops, QUEUE_CAPACITY, aside);
    }

    public CoordinatorRuntime runtime() {
        return runtime;
    }

    /** Gives every loop one turn; false if there was nothing to do. */
    public boolean turn() {
        return runtime.turn();
    }

    /** Works until there is nothing to do now. */
    public void settle() {
        while (runtime.turn()) {
            // again
        }
    }

    /** When the next timer goes off. */
    public long nextTimerMs() {
        return runtime.nextTimerAtElapsedMs();
    }

    /** Lets time pass, with every timer going off at its time. */
    public void advance(long ms) {
        settle();
        long end = clock.wallMs() + ms;
        while (runtime.nextTimerAtElapsedMs() <= end) {
            clock.advance(Math.max(0, runtime.nextTimerAtElapsedMs() - clock.wallMs()));
            settle();
        }
        clock.advance(end - clock.wallMs());
        settle();
    }
}
