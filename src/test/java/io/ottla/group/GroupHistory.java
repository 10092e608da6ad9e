// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;

/**
 * One random history of a group, all of it from one seed: members join, leave, die, freeze, are cut off, come late and come back under
 * the same static identity, those of long ago commit, messages are late or lost, and the broker crashes at any moment.
 */
final class GroupHistory {
    /** What the members are. */
    enum Kind {
        EAGER, COOPERATIVE, CONSUMER,
        /** Some of the consumer protocol, the others classic, so that the group goes to and fro between the protocols. */
        MIXED, MIXED_EAGER
    }

    private final Kind kind;
    private final SimulatedWorld world;
    private final SimulatedGroup group;
    private final int mostMembers;

    private GroupHistory(long seed, Kind kind, Flaw flaw) {
        Random random = new Random(seed);
        this.kind = kind;
        mostMembers = seed % 200 == 0 ? 400 : seed % 50 == 0 ? 150 : 8;
        world = new SimulatedWorld(random, 1 + random.nextInt(2 * mostMembers), Map.of(
                "offsets.topic.num.partitions", 1,
                "group.consumer.session.timeout.ms", 6_000,
                "group.consumer.assignment.interval.ms", random.nextBoolean() ? 0 : 1_000,
                "group.initial.rebalance.delay.ms", random.nextBoolean() ? 0 : 3_000), flaw);
        group = new SimulatedGroup(world, "group-" + seed);
    }

    /** Plays it, and checks everything; returns how many offsets were committed. */
    static int play(long seed, Kind kind, Flaw flaw) {
        GroupHistory history = new GroupHistory(seed, kind, flaw);
        history.disturb();
        history.settle();
        return history.group.commits();
    }

    private void disturb() {
        world.network(world.random.nextDouble() * 0.1, 1 + world.random.nextInt(500));
        int steps = 5 + world.random.nextInt(40);
        for (int step = 0; step < steps; step++) {
            step();
            world.run(world.random.nextInt(5_000));
            group.checkOwners();
        }
    }

    private void settle() {
        world.network(0, 20);
        world.run(120_000);
        group.checkSettled();
        checkReplay();
        world.run(10_000);
        group.checkSettled();
    }

    private void step() {
        List<SimulatedMember> live = group.members().stream().filter(SimulatedMember::alive).toList();
        int what = world.random.nextInt(16);
        if (live.isEmpty() || what < 5) {
            arrive(live.size());
            return;
        }
        SimulatedMember victim = live.get(world.random.nextInt(live.size()));
        switch (what) {
            case 5, 6 -> victim.kill();
            case 7 -> victim.close();
            case 8 -> victim.freeze(world.random.nextInt(20_000));
            case 9 -> world.after(world.random.nextInt(5_000), world::crash);
            case 10 -> checkReplay();
            case 11 -> victim.line().cutUntil(world.nowMs() + world.random.nextInt(20_000));
            // In a group that may begin anew, an answer of days long gone could not be told from a wrong one.
            case 12 -> victim.line().lateUntil(world.nowMs() + world.random.nextInt(20_000), 10_000);
            case 13 -> comeBack(victim);
            default -> group.haunt();
        }
    }

    private void arrive(int present) {
        int newcomers = 1 + world.random.nextInt(Math.max(1, mostMembers / 4));
        for (int i = 0; i < newcomers && present + i < mostMembers; i++) {
            arrive(world.random.nextInt(3) == 0 ? "static-" + world.random.nextInt(mostMembers) : null);
        }
    }

    private void arrive(String instanceId) {
        group.members().add(switch (kind) {
            case EAGER -> classic(instanceId, false);
            case COOPERATIVE -> classic(instanceId, true);
            case CONSUMER -> consumer(instanceId);
            case MIXED -> world.random.nextBoolean() ? consumer(instanceId) : classic(instanceId, true);
            case MIXED_EAGER -> world.random.nextBoolean() ? consumer(instanceId) : classic(instanceId, false);
        });
    }

    private SimulatedMember classic(String instanceId, boolean cooperative) {
        return new SimulatedClassicMember(world, group, instanceId, cooperative);
    }

    private SimulatedMember consumer(String instanceId) {
        return new SimulatedConsumerMember(world, group, instanceId, group.members().size());
    }

    /** A process is killed or closed, and another one takes its place: before or after its session is over. */
    private void comeBack(SimulatedMember former) {
        if (world.random.nextBoolean()) {
            former.kill();
        } else {
            former.close();
        }
        world.after(world.random.nextInt(8_000), () -> arrive(former.instanceId()));
    }

    /** A restart changes nothing of what is kept, and what was acknowledged is kept. */
    private void checkReplay() {
        DescribedGroup before = describe();
        ConsumerGroupDescribeResponseData consumersBefore = describeConsumers();
        Map<Integer, Long> offsets = group.committed();
        group.checkNothingLost();
        world.crash();
        assertEquals(offsets, group.committed(), "offsets after replay");
        if (consumersBefore.groups().getFirst().errorCode() == 0) {
            assertEquals(consumersBefore, describeConsumers(), "the consumer group after replay");
        }
        boolean hadMembers = before.groupState().equals("Empty") && !before.protocolType().isEmpty();
        if (before.groupState().equals("Stable") || hadMembers) {
            assertEquals(before, describe(), "the group after replay");
        }
    }

    private DescribedGroup describe() {
        DescribeGroupsRequestData request = new DescribeGroupsRequestData().setGroups(List.of(group.id()));
        DescribeGroupsResponseData response = world.ask((coordinator, reply) -> coordinator.describeGroups(GroupHarness.context(5), request, reply));
        return response.groups().getFirst();
    }

    private ConsumerGroupDescribeResponseData describeConsumers() {
        ConsumerGroupDescribeRequestData request = new ConsumerGroupDescribeRequestData().setGroupIds(List.of(group.id()));
        return world.ask((coordinator, reply) -> coordinator.consumerGroupDescribe(GroupHarness.context(1), request, reply));
    }
}
