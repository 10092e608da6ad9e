// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

/**
 * Whether flushing the whole file system keeps up with flushing files. Somebody else may be writing gigabytes to it, which are not ours
 * to wait for: files are then flushed one by one for a while, longer each time. Guarded by its owner's lock.
 */
final class SyncPace {
    /** No reason to complain, whatever else was written. */
    private static final long QUICK_NANOS = 20_000_000;
    private static final long FIRST_PAUSE_NANOS = 1_000_000_000;
    private static final long LONGEST_PAUSE_NANOS = 64 * FIRST_PAUSE_NANOS;
    private static final int SMOOTHING = 8;

    /** How long one file takes, before one was measured. */
    private long aloneNanos = 1_000_000;
    private long pauseNanos;
    private long pausedUntilNanos;

    boolean keepsUp(long nowNanos) {
        return pauseNanos == 0 || nowNanos - pausedUntilNanos >= 0;
    }

    void tookAlone(long nanos) {
        aloneNanos += (nanos - aloneNanos) / SMOOTHING;
    }

    void tookTogether(long nanos, int partitions, long nowNanos) {
        if (nanos <= QUICK_NANOS || nanos <= partitions * aloneNanos) {
            pauseNanos = 0;
            return;
        }
        pauseNanos = Math.clamp(pauseNanos * 2, FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);
        pausedUntilNanos = nowNanos + pauseNanos;
    }
}
