// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class AssignorTest {
    private static final Uuid A = new Uuid(1, 1);
    private static final Uuid B = new Uuid(1, 2);

    private static TopicsImage image(int a, int b) {
        TopicsImage.Entry first = new TopicsImage.Entry("a", A, a);
        TopicsImage.Entry second = new TopicsImage.Entry("b", B, b);
        return new TopicsImage(1, Map.of("a", first, "b", second), Map.of(A, first, B, second));
    }

    private static Assignor.Wish wish(String memberId, String... topics) {
        return new Assignor.Wish(memberId, null, Set.of(topics), Partitions.NONE);
    }

    private static Partitions of(Uuid topic, Integer... partitions) {
        return new Partitions.Builder().addAll(topic, List.of(partitions)).build();
    }

    @Test
    void rangeGivesEachMemberTheSamePartitionsOfEqualTopics() {
        Map<String, Partitions> targets = new RangeAssignor().assign(List.of(wish("m1", "a", "b"), wish("m2", "a", "b")), image(3, 3));
        assertEquals(of(A, 0, 1).plus(of(B, 0, 1)), targets.get("m1"));
        assertEquals(of(A, 2).plus(of(B, 2)), targets.get("m2"));
    }

    @Test
    void rangeCutsATopicAmongItsSubscribersOnly() {
        Map<String, Partitions> targets = new RangeAssignor().assign(List.of(wish("m1", "a"), wish("m2", "a", "b"), wish("m3", "b")), image(3, 2));
        assertEquals(of(A, 0, 1), targets.get("m1"));
        assertEquals(of(A, 2).plus(of(B, 0)), targets.get("m2"));
        assertEquals(of(B, 1), targets.get("m3"));
    }

    @Test
    void uniformKeepsWhatItCan() {
        Map<String, Partitions> first = new UniformAssignor().assign(List.of(wish("m1", "a"), wish("m2", "a")), image(6, 0));
        List<Assignor.Wish> three = new ArrayList<>(List.of(wish("m3", "a")));
        first.forEach((id, target) -> three.add(new Assignor.Wish(id, null, Set.of("a"), target)));
        Map<String, Partitions> second = new UniformAssignor().assign(three, image(6, 0));
        assertEquals(2, second.get("m3").size());
        assertTrue(first.get("m1").containsAll(second.get("m1")));
        assertTrue(first.get("m2").containsAll(second.get("m2")));
    }

    @Test
    void uniformIsEvenWhateverTheSubscriptions() {
        Map<String, Partitions> targets = new UniformAssignor().assign(List.of(wish("m1", "a", "b"), wish("m2", "a"), wish("m3", "b")), image(4, 8));
        assertEquals(12, targets.values().stream().mapToInt(Partitions::size).sum());
        targets.values().forEach(target -> assertEquals(4, target.size()));
    }

    @Test
    void everyPartitionHasOneOwnerThatSubscribes() {
        for (long seed = 1; seed <= 300; seed++) {
            Random random = new Random(seed);
            TopicsImage image = image(random.nextInt(20), random.nextInt(20));
            for (Assignor assignor : List.of(new UniformAssignor(), new RangeAssignor())) {
                Map<String, Partitions> before = new HashMap<>();
                for (int round = 0; round < 4; round++) {
                    before = assign(assignor, image, random, before, "seed " + seed + " " + assignor.name());
                }
            }
        }
    }

    private static Map<String, Partitions> assign(Assignor assignor, TopicsImage image, Random random, Map<String, Partitions> before, String which) {
        List<Assignor.Wish> wishes = new ArrayList<>();
        for (int i = 0; i < 1 + random.nextInt(10); i++) {
            Set<String> topics = new HashSet<>();
            for (String topic : List.of("a", "b", "missing")) {
                if (random.nextInt(3) > 0) {
                    topics.add(topic);
                }
            }
            wishes.add(new Assignor.Wish("m" + i, null, topics, before.getOrDefault("m" + i, Partitions.NONE)));
        }
        Map<String, Partitions> targets = assignor.assign(wishes, image);
        Partitions.Builder all = new Partitions.Builder();
        int count = 0;
        Partitions.Builder expected = new Partitions.Builder();
        for (Assignor.Wish wish : wishes) {
            Partitions target = targets.getOrDefault(wish.memberId(), Partitions.NONE);
            target.forEach((topic, partition) -> assertTrue(wish.topics().contains(image.byId().get(topic).name()), which));
            all.addAll(target);
            count += target.size();
            for (String topic : wish.topics()) {
                TopicsImage.Entry entry = image.byName().get(topic);
                for (int partition = 0; entry != null && partition < entry.partitions(); partition++) {
                    expected.add(entry.id(), partition);
                }
            }
        }
        assertEquals(expected.build(), all.build(), which);
        assertEquals(all.build().size(), count, () -> which + ": a partition has two owners");
        return targets;
    }
}
