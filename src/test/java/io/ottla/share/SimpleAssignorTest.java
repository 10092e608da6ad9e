// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class SimpleAssignorTest {
    private static final Uuid TOPIC = new Uuid(1, 1);
    private static final Uuid OTHER = new Uuid(1, 2);

    private static SortedSet<Integer> indexes(int count) {
        return new TreeSet<>(IntStream.range(0, count).boxed().toList());
    }

    private static void assertBalanced(Map<String, Assignment> assigned, int partitions) {
        int sharing = (assigned.size() + partitions - 1) / partitions;
        int least = Integer.MAX_VALUE;
        int most = 0;
        Map<Integer, Integer> holders = new HashMap<>();
        for (Assignment each : assigned.values()) {
            SortedSet<Integer> mine = each.partitions().getOrDefault(TOPIC, new TreeSet<>());
            least = Math.min(least, mine.size());
            most = Math.max(most, mine.size());
            mine.forEach(index -> holders.merge(index, 1, Integer::sum));
        }
        assertTrue(most - least <= 1, "between " + least + " and " + most);
        assertEquals(partitions, holders.size());
        assertTrue(holders.values().stream().allMatch(count -> count == sharing), holders::toString);
    }

    @Test
    void membersComeAndGoAndTheAssignmentStaysBalancedAsKafkasIs() {
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            Map<String, Set<Uuid>> members = new TreeMap<>();
            Map<String, Assignment> before = Map.of();
            for (int step = 0; step < 15; step++) {
                int partitions = 1 + random.nextInt(12);
                members.put("m" + random.nextInt(20), Set.of(TOPIC));
                if (members.size() > 1 && random.nextInt(3) == 0) {
                    members.remove(members.keySet().iterator().next());
                }
                before = SimpleAssignor.assign(members, Map.of(TOPIC, indexes(partitions)), before);
                assertEquals(members.keySet(), new TreeSet<>(before.keySet()), "seed " + seed);
                assertBalanced(before, partitions);
            }
        }
    }

    @Test
    void nothingMovesWithoutNeed() {
        Map<String, Set<Uuid>> members = new TreeMap<>(Map.of("a", Set.of(TOPIC), "b", Set.of(TOPIC)));
        Map<String, Assignment> before = SimpleAssignor.assign(members, Map.of(TOPIC, indexes(4)), Map.of());
        assertEquals(before, SimpleAssignor.assign(members, Map.of(TOPIC, indexes(4)), before));
    }

    @Test
    void membersThatSubscribeDifferentlyGetOnlyWhatTheySubscribeTo() {
        Map<String, Set<Uuid>> members = Map.of("a", Set.of(TOPIC), "b", Set.of(TOPIC, OTHER), "c", Set.of(OTHER), "d", Set.of());
        Map<String, Assignment> assigned = SimpleAssignor.assign(members, Map.of(TOPIC, indexes(3), OTHER, indexes(2)), Map.of());
        assertEquals(Set.of(TOPIC), assigned.get("a").partitions().keySet());
        assertEquals(Set.of(TOPIC, OTHER), assigned.get("b").partitions().keySet());
        assertEquals(Set.of(OTHER), assigned.get("c").partitions().keySet());
        assertEquals(Assignment.NONE, assigned.get("d"));
    }
}
