// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Producers of both protocols, zombies among them, read_committed readers and consumer groups against the whole broker on a disk that
 * fails and loses what was not flushed; every step in a random order. {@code -Dottla.seed=N} begins with one history,
 * {@code -Dottla.histories=N} runs so many.
 */
class ExactlyOnceSimulationTest {
    private static final int HISTORIES = Integer.getInteger("ottla.histories", 120);
    private static final long FIRST_SEED = Long.getLong("ottla.seed", 1);
    private static final int MOST_UNTIL_FOUND = 300;

    private final PrintStream standardError = System.err;

    /** Every failure that a history provokes is logged: that is not what the test is about. */
    @BeforeEach
    void quiet() {
        if (!Boolean.getBoolean("ottla.loud")) {
            System.setErr(new PrintStream(OutputStream.nullOutputStream()));
        }
    }

    @AfterEach
    void loud() {
        System.setErr(standardError);
    }

    @Test
    void everyTransactionHappensOnceOrNotAtAll() throws IOException {
        int committed = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed++) {
            ExactlyOnceSimulation simulation = new ExactlyOnceSimulation(seed, Fault.NONE);
            try {
                committed += simulation.run();
            } catch (RuntimeException | AssertionError e) {
                fail("seed " + seed + ": " + e.getMessage() + "\n" + simulation.history(), e);
            }
        }
        assertTrue(committed > 5 * HISTORIES, "too few transactions came to commit: " + committed);
    }

    /** The checks themselves: what is broken on purpose is found, and by the check that is meant to find it. */
    @ParameterizedTest
    @MethodSource("faults")
    void whatIsBrokenIsFound(Fault fault) throws IOException {
        for (long seed = 1; seed <= MOST_UNTIL_FOUND; seed++) {
            try {
                new ExactlyOnceSimulation(seed, fault).run();
            } catch (Violation e) {
                if (e.kind() == fault.found()) {
                    return;
                }
            }
        }
        assertEquals(fault.found(), null, "not found in " + MOST_UNTIL_FOUND + " histories");
    }

    private static Stream<Fault> faults() {
        return Stream.of(Fault.values()).filter(fault -> fault.found() != null);
    }
}
