// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random histories of groups, of which {@code ./mvnw -Psoak} plays tens of thousands. {@code -Dsimulation.seed=N} plays one
 * history again, {@code -Dsimulation.histories=N} plays more or fewer of them.
 */
class GroupSimulationTest {
    private static final int HISTORIES = Integer.getInteger("simulation.histories", Boolean.getBoolean("soak") ? 10_000 : 60);
    private static final int UNTIL_A_FLAW_SHOWS = 50;
    private static final Long ONLY = Long.getLong("simulation.seed");

    @ParameterizedTest
    @EnumSource
    void whateverHappensToMembersNobodyIsHarmedAndTheGroupSettles(GroupHistory.Kind kind) {
        long first = ONLY != null ? ONLY : 1;
        long last = ONLY != null ? ONLY : HISTORIES;
        int commits = 0;
        for (long seed = first; seed <= last; seed++) {
            try {
                commits += GroupHistory.play(seed, kind, Flaw.NONE);
            } catch (Throwable e) {
                throw new AssertionError("simulation.seed=" + seed + " kind=" + kind, e);
            }
        }
        assertTrue(commits > 0, "nobody committed anything");
    }

    @ParameterizedTest
    @CsvSource({
        "COMMITS_UNCHECKED, EAGER", "COMMITS_UNCHECKED, COOPERATIVE", "COMMITS_UNCHECKED, CONSUMER",
        "COMMITS_UNWRITTEN, EAGER", "COMMITS_UNWRITTEN, CONSUMER",
        "GROUPS_UNWRITTEN, EAGER", "GROUPS_UNWRITTEN, COOPERATIVE",
        "OWNERS_UNWRITTEN, CONSUMER",
        "SESSIONS_ENDLESS, EAGER", "SESSIONS_ENDLESS, COOPERATIVE", "SESSIONS_ENDLESS, CONSUMER",
        "SHARES_REPEATED, EAGER", "SHARES_REPEATED, COOPERATIVE",
        "EPOCHS_EARLY, CONSUMER"})
    void theSimulationNoticesABrokerThatDecidesWrongly(Flaw flaw, GroupHistory.Kind kind) {
        for (long seed = 1; seed < UNTIL_A_FLAW_SHOWS; seed++) {
            try {
                GroupHistory.play(seed, kind, flaw);
            } catch (AssertionError noticed) {
                return;
            }
        }
        fail(flaw + " was not noticed");
    }
}
