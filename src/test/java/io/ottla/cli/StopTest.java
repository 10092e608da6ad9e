// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How long the process takes to stop, and what it says if that is too long. */
class StopTest {
    private static final long LONG_MS = 60_000;

    @Test
    void aBrokerThatClosesEndsTheProcessWithSuccess() {
        assertEquals(0, RunningBroker.stop(() -> { }, () -> List.of("t-0"), LONG_MS));
    }

    @Test
    void aDiskThatHangsEndsItAllTheSameAndTheLogSaysWhatIsNotFlushed() {
        CountDownLatch never = new CountDownLatch(1);
        List<String> partitions = IntStream.range(0, 12).mapToObj(index -> "t-" + index).toList();
        int[] code = new int[1];
        String said = errors(() -> code[0] = RunningBroker.stop(() -> await(never), () -> partitions, 10));
        never.countDown();
        assertEquals(1, code[0]);
        assertTrue(said.contains("event=stop_timed_out timeout_ms=10 unflushed_partitions=12 action=end_and_recover_at_next_start"
                + " partitions=\"t-0 t-1 t-2 t-3 t-4 t-5 t-6 t-7 t-8 t-9 ...\""), said);
    }

    @Test
    void aFailureIsSaidAndEndsItWithFailure() {
        int[] code = new int[1];
        String said = errors(() -> code[0] = RunningBroker.stop(() -> {
            throw new IllegalStateException("not clean", new IllegalArgumentException("the cause"));
        }, List::of, LONG_MS));
        assertEquals(1, code[0]);
        assertTrue(said.contains("not clean: java.lang.IllegalArgumentException: the cause"), said);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String errors(Runnable action) {
        PrintStream before = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true));
        try {
            action.run();
        } finally {
            System.setErr(before);
        }
        return said.toString();
    }
}
