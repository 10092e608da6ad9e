// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

/**
 * Runs short tasks later. A task must not block: it usually hands a command to the thread that owns the state.
 * Safe for any thread.
 */
public interface Timers {
    /** A task that has not run yet. */
    interface Scheduled {
        /** Keeps the task from running if it has not started; harmless otherwise. */
        void cancel();
    }

    /** Runs {@code task} once, no earlier than {@code delayMs} from now. */
    Scheduled schedule(long delayMs, Runnable task);
}
