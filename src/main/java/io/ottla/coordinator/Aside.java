// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import io.ottla.world.TurnThread;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Where coordinators have work done that may wait for the disk and so must not run on a loop. Safe for any thread. */
public interface Aside {
    /** A virtual thread for each piece of work. */
    Aside THREADS = new Aside() {
        @Override
        public void run(String name, Runnable work) {
            Thread.ofVirtual().name(name).start(work);
        }

        @Override
        public void runBehind(String name, Runnable work) {
            TurnThread here = TurnThread.currentPatient();
            if (here == null) {
                run(name, work);
            } else {
                here.atEndOfTurn(work);
            }
        }

        @Override
        public void runLater(String name, long delayMs, Runnable work) {
            CompletableFuture.delayedExecutor(delayMs, TimeUnit.MILLISECONDS, task -> run(name, task)).execute(work);
        }
    };

    /** Runs {@code work} soon, on another thread. */
    void run(String name, Runnable work);

    /**
     * Runs {@code work}, which is short, soon: behind what this thread is doing if that may wait for the disk too, as the flush does that
     * led to it, or else on another thread.
     */
    default void runBehind(String name, Runnable work) {
        run(name, work);
    }

    /** Runs {@code work} after a while, on another thread. */
    void runLater(String name, long delayMs, Runnable work);
}
