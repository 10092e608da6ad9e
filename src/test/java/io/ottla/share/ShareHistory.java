// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.topic.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsRequestData;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsRequestData.DescribeShareGroupOffsetsRequestGroup;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsResponseData;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData.Member;

/**
 * One random history of a share group, all of it from one seed: members join, leave, die, freeze, are cut off and come back, the
 * topic grows, records come, are handed out, acknowledged in time, too late or never, and the broker crashes at any moment.
 */
final class ShareHistory {
    private static final String TOPIC = "jobs";
    private final int mostMembers;
    private final ShareWorld world;
    private final SharedRecords records;
    private final List<SimulatedShareMember> members = new ArrayList<>();
    private int partitions;

    private ShareHistory(long seed) {
        mostMembers = seed % 200 == 0 ? 190 : seed % 50 == 0 ? 60 : 8;
        Random random = new Random(seed);
        world = new ShareWorld(random, Map.of("group.share.assignment.interval.ms", random.nextBoolean() ? 0 : 1_000));
        partitions = 1 + world.random.nextInt(6);
        Topic topic = world.catalog.create(TOPIC, partitions, Map.of());
        records = new SharedRecords(world, topic.id());
    }

    /** Plays it, and checks everything; returns how many records were done with. */
    static int play(long seed) {
        ShareHistory history = new ShareHistory(seed);
        history.disturb();
        history.settle();
        history.drain();
        return history.records.done();
    }

    private void disturb() {
        world.network(world.random.nextDouble() * 0.1, 1 + world.random.nextInt(500));
        int steps = 5 + world.random.nextInt(40);
        for (int step = 0; step < steps; step++) {
            step();
            records.produce(world.random.nextInt(partitions), world.random.nextInt(30));
            world.run(world.random.nextInt(4_000));
        }
    }

    private void step() {
        List<SimulatedShareMember> live = live();
        int what = world.random.nextInt(13);
        if (live.isEmpty() || what < 4) {
            arrive();
            return;
        }
        SimulatedShareMember victim = live.get(world.random.nextInt(live.size()));
        switch (what) {
            case 4, 5 -> victim.kill();
            case 6 -> victim.close();
            case 7 -> victim.freeze(world.random.nextInt(15_000));
            case 8 -> victim.cut(world.random.nextInt(15_000));
            case 9 -> world.after(world.random.nextInt(3_000), world::crash);
            case 10 -> checkReplay();
            case 11 -> comeBack(victim);
            default -> grow();
        }
    }

    private List<SimulatedShareMember> live() {
        return members.stream().filter(SimulatedShareMember::alive).toList();
    }

    private void arrive() {
        int newcomers = 1 + world.random.nextInt(Math.max(1, mostMembers / 8));
        for (int i = 0; i < newcomers && live().size() < mostMembers; i++) {
            members.add(new SimulatedShareMember(world, records, TOPIC, "member-" + members.size()));
        }
    }

    /** A process starts again under the id that it had, when nothing of what it said before can still arrive. */
    private void comeBack(SimulatedShareMember former) {
        former.kill();
        world.after(1_000 + world.random.nextInt(8_000), () -> {
            if (members.stream().noneMatch(each -> each.alive() && each.memberId().equals(former.memberId()))) {
                members.add(new SimulatedShareMember(world, records, TOPIC, former.memberId()));
            }
        });
    }

    private void grow() {
        if (partitions < 10) {
            partitions++;
            world.catalog.grow(TOPIC, partitions);
        }
    }

    private void settle() {
        world.network(0, 20);
        world.run(60_000);
        if (live().isEmpty()) {
            arrive();
            world.run(20_000);
        }
        checkSettled();
        checkReplay();
        world.run(10_000);
        checkSettled();
    }

    /** Only live members are left, each knows its epoch and its share, and every partition is somebody's. */
    private void checkSettled() {
        DescribedGroup group = world.describe();
        assertTrue(group != null, "the group is gone");
        assertEquals(group.groupEpoch(), group.assignmentEpoch(), "an assignment is missing");
        Set<String> ids = new TreeSet<>();
        Set<Integer> shared = new TreeSet<>();
        for (SimulatedShareMember member : live()) {
            ids.add(member.memberId());
            shared.addAll(member.assigned());
            Member known = group.members().stream().filter(each -> each.memberId().equals(member.memberId())).findFirst().orElse(null);
            assertTrue(known != null, () -> member.memberId() + " is not known");
            assertEquals(group.groupEpoch(), member.epoch(), () -> member.memberId() + " has another epoch than its group");
            assertEquals(known.memberEpoch(), member.epoch(), () -> member.memberId() + " has another epoch than the broker knows");
            Set<Integer> told = new TreeSet<>();
            known.assignment().topicPartitions().forEach(each -> told.addAll(each.partitions()));
            assertEquals(told, member.assigned(), () -> member.memberId() + " works on something else than the broker knows");
            assertTrue(!told.isEmpty(), () -> member.memberId() + " has nothing to do");
        }
        assertEquals(ids.size(), group.members().size(), () -> "only " + ids + " are alive: " + group);
        Set<Integer> all = new TreeSet<>();
        for (int partition = 0; partition < partitions; partition++) {
            all.add(partition);
        }
        assertEquals(all, shared, "every partition is assigned");
    }

    /** A restart changes nothing of what is kept. */
    private void checkReplay() {
        DescribedGroup before = world.describe();
        DescribeShareGroupOffsetsResponseData offsets = offsets();
        // To be asked lets the broker go on with what was waiting for a flush.
        for (DescribedGroup now = world.describe(); !Objects.equals(now, before); now = world.describe()) {
            before = now;
            offsets = offsets();
        }
        world.crash();
        assertEquals(before, world.describe(), "the group after replay");
        assertEquals(offsets, offsets(), "where the group is after replay");
    }

    private DescribeShareGroupOffsetsResponseData offsets() {
        DescribeShareGroupOffsetsRequestData request = new DescribeShareGroupOffsetsRequestData()
                .setGroups(List.of(new DescribeShareGroupOffsetsRequestGroup().setGroupId(ShareWorld.GROUP).setTopics(null)));
        return world.ask(reply -> world.share().describeOffsets(ShareWorld.context(), request, reply));
    }

    /** Whoever is left works through the rest. */
    private void drain() {
        live().forEach(SimulatedShareMember::work);
        world.run(120_000);
        records.checkAllDone();
    }
}
