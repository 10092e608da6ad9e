// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for a condition, instead of for a time. */
public final class Eventually {
    /** After which what has not come is not expected any more: long, as it costs only a test that fails, and machines can be very busy. */
    public static final Duration DEADLINE = Duration.ofMinutes(2);

    private static final long PAUSE_MS = 5;

    private Eventually() {
    }

    /** Asks again and again, and fails with the description, as it is then, if the condition does not hold within {@link #DEADLINE}. */
    public static void until(Supplier<String> description, BooleanSupplier condition) {
        until(DEADLINE, description, condition);
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
