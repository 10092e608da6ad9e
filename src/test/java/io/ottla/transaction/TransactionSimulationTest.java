// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Producers of both protocols, zombies among them, against one shard, partition logs and markers of which every step happens
 * in a random order, with crashes between any two. {@code -Dottla.sim.seed=N} repeats one history, {@code -Dottla.sim.histories=N} runs more.
 */
class TransactionSimulationTest {
    private static final int HISTORIES = Integer.getInteger("ottla.sim.histories", 1_000);
    private static final int STEPS = 1_000;

    @Test
    void everyHistoryIsAtomicAndComesToAnEnd() {
        Long one = Long.getLong("ottla.sim.seed");
        if (one != null) {
            run(one, Faults.NONE);
            return;
        }
        int committed = 0;
        for (long seed = 1; seed <= HISTORIES; seed++) {
            committed += run(seed, Faults.NONE);
        }
        assertTrue(committed > HISTORIES, "too few transactions came to commit: " + committed);
    }

    /** The checks themselves: a build whose markers do not wait for the writes under way is found out. */
    @Test
    void markersThatOvertakeWritesAreFoundOut() {
        assertTrue(anyHistoryFails(new Faults(true, false)));
    }

    /** A build that acknowledges the end of a transaction before it is durable is found out. */
    @Test
    void answersBeforeTheFlushAreFoundOut() {
        assertTrue(anyHistoryFails(new Faults(false, true)));
    }

    private static boolean anyHistoryFails(Faults faults) {
        for (long seed = 1; seed <= 1_000; seed++) {
            try {
                run(seed, faults);
            } catch (AssertionError expected) {
                return true;
            }
        }
        return false;
    }

    /** What is broken on purpose, to see that it is found. */
    record Faults(boolean markersOvertakeWrites, boolean answersBeforeFlush) {
        static final Faults NONE = new Faults(false, false);
    }

    private static int run(long seed, Faults faults) {
        TransactionSimulation simulation = new TransactionSimulation(new Random(seed), faults);
        try {
            for (int i = 0; i < STEPS; i++) {
                simulation.step();
            }
            simulation.settle();
            return simulation.check();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage() + "\n" + simulation.history(), e);
        }
    }
}
