// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
            run(one, new Faults(true, false));
            return;
        }
        int committed = 0;
        for (long seed = 1; seed <= HISTORIES; seed++) {
            committed += run(seed, new Faults(true, false));
        }
        assertTrue(committed > HISTORIES, "too few transactions came to commit: " + committed);
    }

    /** The checks themselves: markers that do not wait for the writes under way must be found out. */
    @Test
    void aGateThatLetsMarkersOvertakeWritesIsFoundOut() {
        int found = 0;
        for (long seed = 1; seed <= 1_000 && found == 0; seed++) {
            try {
                run(seed, new Faults(true, true));
            } catch (AssertionError expected) {
                found++;
            }
        }
        assertEquals(1, found);
    }

    /** What goes wrong: the process at any time, and in the check of the checks the order of markers and writes. */
    record Faults(boolean crashes, boolean markersOvertakeWrites) {}

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
