// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.junit.jupiter.api.Test;

/**
 * Thousands of random histories: members join, leave, die, freeze and come back under the same static identity, messages
 * are late or lost, and the broker crashes. {@code -Dsimulation.seed=N} plays one history again,
 * {@code -Dsimulation.histories=N} plays more of them.
 */
class GroupSimulationTest {
    private static final int HISTORIES = Integer.getInteger("simulation.histories", 90);
    private static final Long ONLY = Long.getLong("simulation.seed");

    @Test
    void whateverHappensToClassicMembersNobodyIsHarmedAndTheGroupSettles() {
        play(false);
    }

    @Test
    void whateverHappensToConsumerMembersNobodyIsHarmedAndTheGroupSettles() {
        play(true);
    }

    private static void play(boolean consumers) {
        long first = ONLY != null ? ONLY : 1;
        long last = ONLY != null ? ONLY : HISTORIES;
        int commits = 0;
        for (long seed = first; seed <= last; seed++) {
            try {
                commits += play(seed, seed % 50 == 0 ? 150 : 8, consumers);
            } catch (Throwable e) {
                throw new AssertionError("simulation.seed=" + seed, e);
            }
        }
        assertTrue(commits > 0, "nobody committed anything");
    }

    private static int play(long seed, int mostMembers, boolean consumers) {
        Random random = new Random(seed);
        SimulatedWorld world = new SimulatedWorld(random, 1 + random.nextInt(2 * mostMembers), Map.of(
                "offsets.topic.num.partitions", 1,
                "group.consumer.session.timeout.ms", 6_000,
                "group.consumer.assignment.interval.ms", random.nextBoolean() ? 0 : 1_000,
                "group.initial.rebalance.delay.ms", random.nextBoolean() ? 0 : 3_000));
        SimulatedGroup group = new SimulatedGroup(world, "group-" + seed);
        world.network(random.nextDouble() * 0.1, 1 + random.nextInt(500));
        int steps = 5 + random.nextInt(30);
        for (int step = 0; step < steps; step++) {
            disturb(world, group, mostMembers, consumers);
            world.run(random.nextInt(5_000));
            group.checkOwners();
        }
        world.network(0, 20);
        world.run(120_000);
        group.checkSettled();
        group.checkNothingLost();
        checkReplay(world, group);
        world.run(10_000);
        group.checkSettled();
        return group.commits();
    }

    private static void disturb(SimulatedWorld world, SimulatedGroup group, int mostMembers, boolean consumers) {
        List<SimulatedMember> live = group.members().stream().filter(SimulatedMember::alive).toList();
        int what = world.random.nextInt(10);
        if (live.isEmpty() || what < 4) {
            int newcomers = 1 + world.random.nextInt(Math.max(1, mostMembers / 4));
            for (int i = 0; i < newcomers && live.size() + i < mostMembers; i++) {
                String instanceId = world.random.nextInt(3) == 0 ? "static-" + world.random.nextInt(mostMembers) : null;
                group.members().add(consumers ? new SimulatedConsumerMember(world, group, instanceId, group.members().size())
                        : new SimulatedClassicMember(world, group, instanceId));
            }
            return;
        }
        SimulatedMember victim = live.get(world.random.nextInt(live.size()));
        switch (what) {
            case 4, 5 -> victim.kill();
            case 6 -> victim.close();
            case 7 -> victim.freeze(world.random.nextInt(20_000));
            case 8 -> world.crash();
            default -> { }
        }
    }

    /** A restart changes nothing of what is kept. */
    private static void checkReplay(SimulatedWorld world, SimulatedGroup group) {
        DescribedGroup before = describe(world, group);
        ConsumerGroupDescribeResponseData consumersBefore = describeConsumers(world, group);
        Map<Integer, Long> offsets = group.committed();
        world.crash();
        assertEquals(offsets, group.committed(), "offsets after replay");
        assertEquals(consumersBefore, describeConsumers(world, group), "the consumer group after replay");
        if (before.groupState().equals("Stable") || before.groupState().equals("Empty")) {
            assertEquals(before, describe(world, group), "the group after replay");
        }
    }

    private static DescribedGroup describe(SimulatedWorld world, SimulatedGroup group) {
        DescribeGroupsRequestData request = new DescribeGroupsRequestData().setGroups(List.of(group.id()));
        DescribeGroupsResponseData response = world.ask((coordinator, reply) -> coordinator.describeGroups(GroupHarness.context(5), request, reply));
        return response.groups().getFirst();
    }

    private static ConsumerGroupDescribeResponseData describeConsumers(SimulatedWorld world, SimulatedGroup group) {
        ConsumerGroupDescribeRequestData request = new ConsumerGroupDescribeRequestData().setGroupIds(List.of(group.id()));
        return world.ask((coordinator, reply) -> coordinator.consumerGroupDescribe(GroupHarness.context(1), request, reply));
    }
}
