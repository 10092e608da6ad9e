// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

/** Wall-clock time for record timestamps and expiry, and monotonic time for measuring durations. Safe for any thread. */
public interface Clock {
    Clock SYSTEM = new Clock() {
        @Override
        public long wallMs() {
            return System.currentTimeMillis();
        }

        @Override
        public long monotonicNanos() {
            return System.nanoTime();
        }
    };

    /** Milliseconds since the Unix epoch; may jump. */
    long wallMs();

    /** Nanoseconds from an arbitrary origin; never goes back. */
    long monotonicNanos();
}
