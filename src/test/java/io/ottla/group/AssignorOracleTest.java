// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.ConsumerGroupPartitionAssignor;
import org.apache.kafka.coordinator.group.api.assignor.SubscribedTopicDescriber;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;
import org.apache.kafka.coordinator.group.modern.Assignment;
import org.apache.kafka.coordinator.group.modern.GroupSpecImpl;
import org.apache.kafka.coordinator.group.modern.MemberSubscriptionAndAssignmentImpl;
import org.junit.jupiter.api.Test;

/** Our assignors beside Apache Kafka's own, on random groups that change step by step: members come, go and change their minds, topics grow. */
class AssignorOracleTest {
    private static final int HISTORIES = 400;
    private static final int STEPS = 6;

    /** A member as both sides see it. Racks are in it because Kafka's assignors get them; none of them looks at them. */
    private record Member(String id, String instanceId, String rackId, Set<String> topics) {}

    @FunctionalInterface
    private interface Comparison {
        void compare(List<Member> members, TopicsImage image, Map<String, Partitions> before, Map<String, Partitions> ours, Map<String, Partitions> theirs);
    }

    @Test
    void rangeAssignsExactlyAsKafkas() {
        play(new RangeAssignor(), new org.apache.kafka.coordinator.group.assignor.RangeAssignor(), false,
                (members, image, before, ours, theirs) -> assertEquals(theirs, ours));
    }

    @Test
    void uniformGivesEqualMembersAsManyAsKafkasAndMovesNoMore() {
        play(new UniformAssignor(), new org.apache.kafka.coordinator.group.assignor.UniformAssignor(), true, (members, image, before, ours, theirs) -> {
            assertEquals(sizes(members, theirs), sizes(members, ours));
            assertTrue(kept(before, ours) >= kept(before, theirs), () -> "kept " + kept(before, ours) + " of " + before + ", Kafka " + kept(before, theirs));
        });
    }

    @Test
    void uniformIsAtLeastAsEvenAsKafkasForMembersThatWantDifferentTopics() {
        play(new UniformAssignor(), new org.apache.kafka.coordinator.group.assignor.UniformAssignor(), false, (members, image, before, ours, theirs) -> {
            assertEquals(total(theirs), total(ours));
            assertTrue(unevenness(members, ours) <= unevenness(members, theirs), () -> ours + " is less even than " + theirs);
        });
    }

    private static void play(Assignor ours, ConsumerGroupPartitionAssignor theirs, boolean alike, Comparison comparison) {
        for (long seed = 1; seed <= HISTORIES; seed++) {
            Random random = new Random(seed);
            Map<String, Member> members = new TreeMap<>();
            int[] sizes = {random.nextInt(12), random.nextInt(12), random.nextInt(12)};
            Map<String, Partitions> before = Map.of();
            try {
                for (int step = 0; step < STEPS; step++) {
                    change(random, members, sizes, alike);
                    TopicsImage image = image(sizes);
                    List<Member> all = List.copyOf(members.values());
                    Map<String, Partitions> targets = withoutEmpty(ours.assign(wishes(all, before), image));
                    comparison.compare(all, image, before, targets, withoutEmpty(ask(theirs, all, before, image)));
                    before = targets;
                }
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    private static void change(Random random, Map<String, Member> members, int[] sizes, boolean alike) {
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes || members.isEmpty(); i++) {
            String id = "m" + random.nextInt(9);
            if (members.remove(id) == null || random.nextInt(3) > 0) {
                Set<String> topics = alike ? Set.of("t0", "t1", "t2") : some(random);
                members.put(id, new Member(id, random.nextInt(3) == 0 ? "i" + id : null, "rack-" + random.nextInt(3), topics));
            }
        }
        if (random.nextInt(3) == 0) {
            sizes[random.nextInt(sizes.length)] += random.nextInt(4);
        }
    }

    private static Set<String> some(Random random) {
        Set<String> topics = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            if (random.nextBoolean()) {
                topics.add("t" + i);
            }
        }
        return topics;
    }

    private static TopicsImage image(int[] sizes) {
        Map<String, TopicsImage.Entry> byName = new HashMap<>();
        Map<Uuid, TopicsImage.Entry> byId = new HashMap<>();
        for (int i = 0; i < sizes.length; i++) {
            TopicsImage.Entry entry = new TopicsImage.Entry("t" + i, new Uuid(7, i + 1), sizes[i]);
            byName.put(entry.name(), entry);
            byId.put(entry.id(), entry);
        }
        return new TopicsImage(1, byName, byId);
    }

    private static List<Assignor.Wish> wishes(List<Member> members, Map<String, Partitions> before) {
        return members.stream().map(each -> new Assignor.Wish(
                each.id, each.instanceId, each.topics, before.getOrDefault(each.id, Partitions.NONE))).toList();
    }

    private static Map<String, Partitions> ask(
            ConsumerGroupPartitionAssignor assignor, List<Member> members, Map<String, Partitions> before, TopicsImage image) {
        Map<String, MemberSubscriptionAndAssignmentImpl> specs = new LinkedHashMap<>();
        Map<Uuid, Map<Integer, String>> owners = new HashMap<>();
        for (Member each : members) {
            Partitions had = before.getOrDefault(each.id, Partitions.NONE);
            had.forEach((topicId, partition) -> owners.computeIfAbsent(topicId, id -> new HashMap<>()).put(partition, each.id));
            Set<Uuid> topicIds = each.topics.stream().map(name -> image.byName().get(name).id()).collect(Collectors.toSet());
            specs.put(each.id, new MemberSubscriptionAndAssignmentImpl(Optional.of(each.rackId), Optional.ofNullable(each.instanceId), topicIds,
                    new Assignment(Map.copyOf(had.byTopic()))));
        }
        boolean alike = members.stream().map(Member::topics).distinct().count() == 1;
        Map<String, Partitions> targets = new HashMap<>();
        assignor.assign(new GroupSpecImpl(specs, alike ? SubscriptionType.HOMOGENEOUS : SubscriptionType.HETEROGENEOUS, owners), describer(image))
                .members().forEach((id, assigned) -> {
                    Partitions.Builder target = new Partitions.Builder();
                    assigned.partitions().forEach(target::addAll);
                    targets.put(id, target.build());
                });
        return targets;
    }

    private static SubscribedTopicDescriber describer(TopicsImage image) {
        return new SubscribedTopicDescriber() {
            @Override
            public int numPartitions(Uuid topicId) {
                return image.byId().get(topicId).partitions();
            }

            @Override
            public Set<String> racksForPartition(Uuid topicId, int partition) {
                return Set.of("rack-0");
            }
        };
    }

    private static Map<String, Partitions> withoutEmpty(Map<String, Partitions> targets) {
        Map<String, Partitions> filled = new TreeMap<>();
        targets.forEach((id, target) -> {
            if (!target.isEmpty()) {
                filled.put(id, target);
            }
        });
        return filled;
    }

    private static int size(Member member, Map<String, Partitions> targets) {
        return targets.getOrDefault(member.id, Partitions.NONE).size();
    }

    private static List<Integer> sizes(List<Member> members, Map<String, Partitions> targets) {
        List<Integer> sizes = new ArrayList<>();
        members.forEach(each -> sizes.add(size(each, targets)));
        Collections.sort(sizes);
        return sizes;
    }

    /** The sum of squares: the smaller, the more even. */
    private static long unevenness(List<Member> members, Map<String, Partitions> targets) {
        return members.stream().mapToLong(each -> (long) size(each, targets) * size(each, targets)).sum();
    }

    private static int total(Map<String, Partitions> targets) {
        return targets.values().stream().mapToInt(Partitions::size).sum();
    }

    private static int kept(Map<String, Partitions> before, Map<String, Partitions> after) {
        int[] kept = {0};
        before.forEach((id, had) -> had.forEach((topicId, partition) ->
                kept[0] += after.getOrDefault(id, Partitions.NONE).contains(topicId, partition) ? 1 : 0));
        return kept[0];
    }
}
