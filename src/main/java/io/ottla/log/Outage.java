// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Clock;
import java.io.IOException;

/**
 * Why a partition is offline, and for how long. After an I/O error it is opened again later, at longer and longer intervals;
 * damage stays until somebody has restored the files and restarted the broker.
 *
 * @param retryNanos when to try again by the monotonic clock; meaningless if {@code damaged}
 */
record Outage(String reason, boolean damaged, int attempt, long retryNanos) {
    private static final long FIRST_PAUSE_NANOS = 1_000_000_000L;
    private static final int MAX_DOUBLINGS = 5;

    /** @param before the outage that was to end, or null */
    static Outage of(IOException cause, Outage before, Clock clock) {
        int attempt = before == null ? 0 : Math.min(MAX_DOUBLINGS, before.attempt + 1);
        return new Outage(cause.getMessage(), cause instanceof DamagedLogException, attempt, clock.monotonicNanos() + (FIRST_PAUSE_NANOS << attempt));
    }

    /** True when it is time to open the partition again. */
    boolean over(Clock clock) {
        return !damaged && clock.monotonicNanos() - retryNanos >= 0;
    }

    String action() {
        return damaged ? "stopped_until_restart" : "opened_again_later";
    }
}
