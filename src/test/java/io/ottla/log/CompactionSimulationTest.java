// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.OutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Random histories of a compacted partition on a disk that fails: a reader from the start always knows what one who read everything knows. */
class CompactionSimulationTest {
    private static final int HISTORIES = Integer.getInteger("ottla.histories", 1000);
    private static final long FIRST_SEED = Long.getLong("ottla.seed", 1);

    private final PrintStream standardError = System.err;

    /** Every failure that a history provokes is logged: that is not what the test is about. */
    @BeforeEach
    void quiet() {
        System.setErr(new PrintStream(OutputStream.nullOutputStream()));
    }

    @AfterEach
    void loud() {
        System.setErr(standardError);
    }

    @Test
    void compactionNeverChangesWhatTheLogSays() {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed++) {
            CompactionSimulation simulation = new CompactionSimulation(seed);
            try {
                simulation.run();
            } catch (Exception | AssertionError e) {
                fail("seed " + seed + " after " + simulation.history(), e);
            }
        }
    }
}
