// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/**
 * Random histories of share groups with their members, of which {@code ./mvnw -Psoak} plays ten thousand. {@code -Dsimulation.seed=N}
 * plays one history again, {@code -Dsimulation.histories=N} plays more or fewer of them.
 */
class ShareMembershipSimulationTest {
    private static final int HISTORIES = Integer.getInteger("simulation.histories", Boolean.getBoolean("soak") ? 10_000 : 25);
    private static final Long ONLY = Long.getLong("simulation.seed");

    @Test
    void whateverHappensToMembersEveryRecordIsDoneWithOnceAndTheGroupSettles() {
        int done = 0;
        for (long seed = ONLY != null ? ONLY : 1; seed <= (ONLY != null ? ONLY : HISTORIES); seed++) {
            try {
                done += ShareHistory.play(seed);
            } catch (Throwable e) {
                throw new AssertionError("simulation.seed=" + seed, e);
            }
        }
        assertTrue(done > 0, "nothing was acknowledged");
    }
}
