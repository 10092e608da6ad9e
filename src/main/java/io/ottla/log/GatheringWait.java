// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Clock;

/**
 * How long a flush waits for company. Producers that were answered by the last flush are about to send again, so the next one waits
 * until as many appends are there as were in hand when the last one ended, for at most half as long as that one took. Whoever is alone
 * never waits, and where waiting brings nothing it is tried less and less often. Guarded by its owner's lock.
 */
final class GatheringWait {
    private static final long MOST_NANOS = 2_000_000;
    private static final int MOST_IN_VAIN = 6;

    private final Clock clock;
    private int expected;
    private int here;
    private long startedNanos;
    private long patienceNanos;
    /** Waits in a row that brought nothing; after each, twice as many flushes go without. */
    private int inVain;
    private int skip;

    GatheringWait(Clock clock) {
        this.clock = clock;
    }

    /** Counts an append that the next flush will cover. */
    void appended() {
        here++;
    }

    /** True when nobody else is expected. */
    boolean complete() {
        return here >= expected;
    }

    /** How long the next flush should wait for the others, 0 for not at all. */
    long patienceNanos() {
        if (complete()) {
            return 0;
        }
        if (skip > 0) {
            skip--;
            return 0;
        }
        return patienceNanos;
    }

    /** The wait is over. */
    void waited() {
        inVain = complete() ? 0 : Math.min(inVain + 1, MOST_IN_VAIN);
        skip = (1 << inVain) - 1;
    }

    /** A flush begins, which covers all appends until now. */
    void flushStarts() {
        expected = here;
        here = 0;
        startedNanos = clock.monotonicNanos();
    }

    /** The flush is done: those whom it covered may come again, beside those who came meanwhile. */
    void flushEnds() {
        patienceNanos = Math.min((clock.monotonicNanos() - startedNanos) / 2, MOST_NANOS);
        expected += here;
    }
}
