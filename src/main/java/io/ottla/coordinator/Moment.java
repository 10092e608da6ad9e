// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import io.ottla.world.Clock;

/**
 * The time at which a decision is taken. It comes in with each command, so that decisions never ask a clock.
 *
 * @param wallMs    milliseconds since the Unix epoch: stamps records and measures retention; may jump
 * @param elapsedMs milliseconds from an arbitrary origin: measures timeouts; never goes back
 */
public record Moment(long wallMs, long elapsedMs) {
    private static final long NANOS_PER_MS = 1_000_000;

    static Moment of(Clock clock) {
        return new Moment(clock.wallMs(), clock.monotonicNanos() / NANOS_PER_MS);
    }
}
