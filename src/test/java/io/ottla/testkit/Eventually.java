// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for a condition with a deadline, instead of for a time. */
public final class Eventually {
    private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(20);
    private static final long PAUSE_MS = 5;

    private Eventually() {
    }

    /** Asks again and again, and fails with the description, as it is then, if the condition does not hold within 20 s. */
    public static void until(Supplier<String> description, BooleanSupplier condition) {
        until(DEFAULT_DEADLINE, description, condition);
    }

    public static void until(Duration within, Supplier<String> description, BooleanSupplier condition) {
        long deadline = System.nanoTime() + within.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() >= deadline) {
                throw new AssertionError("not within " + within.toMillis() + " ms: " + description.get());
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
