// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.protocol.Errors;

/** One group in a {@link SimulatedWorld}: its members, and what must be true of it whatever happens. */
final class SimulatedGroup {
    private final SimulatedWorld world;
    private final String id;
    private final List<SimulatedMember> members = new ArrayList<>();

    /** By partition, the largest offset that somebody was told is committed. */
    private final Map<Integer, Long> told = new TreeMap<>();

    /** By partition, who was told to own it in the newest generation. */
    private final Map<Integer, Handed> handedOut = new HashMap<>();
    private final List<Past> pasts = new ArrayList<>();
    private int commits;
    private int era;

    private record Handed(int generation, String memberId) {
        /** Whether the partition was handed to somebody else later. */
        boolean laterThan(int otherGeneration, String otherMemberId) {
            return generation > otherGeneration && !memberId.equals(otherMemberId);
        }
    }

    /** What somebody once was told, and could still believe after a long sleep. */
    record Past(String memberId, String instanceId, int generation, int commitVersion, Set<Integer> partitions) {}

    SimulatedGroup(SimulatedWorld world, String id) {
        this.world = world;
        this.id = id;
    }

    String id() {
        return id;
    }

    List<SimulatedMember> members() {
        return members;
    }

    int commits() {
        return commits;
    }

    /** A partition has at most one owner in a generation; a process that was replaced by another one of the same static identity may not know it yet. */
    void checkOwners() {
        forgetOtherEras();
        Map<Integer, Map<Integer, SimulatedMember>> owners = new HashMap<>();
        for (SimulatedMember member : members) {
            if (member.era() == era) {
                member.owned().forEach(partition -> checkOwner(partition, member, owners.computeIfAbsent(member.generation(), generation -> new HashMap<>())));
            }
        }
    }

    private void checkOwner(int partition, SimulatedMember member, Map<Integer, SimulatedMember> owners) {
        handedOut.merge(partition, new Handed(member.generation(), member.memberId()), (one, other) -> one.generation > other.generation ? one : other);
        SimulatedMember other = owners.put(partition, member);
        boolean replaced = other != null && member.instanceId() != null && member.instanceId().equals(other.instanceId());
        assertTrue(other == null || replaced, () -> "two owners of partition " + partition + " in generation " + member.generation());
    }

    private void forgetOtherEras() {
        if (era != world.era()) {
            era = world.era();
            handedOut.clear();
        }
    }

    void fetch(SimulatedLine line, int partition, String memberId, int memberEpoch, LongConsumer reply) {
        long atLeast = told.getOrDefault(partition, 0L);
        OffsetFetchRequestData request = new OffsetFetchRequestData().setGroups(List.of(new OffsetFetchRequestGroup()
                .setGroupId(id).setMemberId(memberId).setMemberEpoch(memberEpoch)
                .setTopics(List.of(new OffsetFetchRequestTopics().setName(SimulatedWorld.TOPIC).setPartitionIndexes(List.of(partition))))));
        world.<OffsetFetchRequestData, OffsetFetchResponseData>call(line, 9, request, GroupCoordinator::offsetFetch, response -> {
            var found = response.groups().getFirst();
            if (found.errorCode() == 0) {
                long offset = Math.max(0, found.topics().getFirst().partitions().getFirst().committedOffset());
                assertTrue(offset >= atLeast, () -> "partition " + partition + " went back from " + atLeast + " to " + offset);
                told.merge(partition, offset, Math::max);
                reply.accept(offset);
            }
        });
    }

    void commit(SimulatedLine line, Map<Integer, Long> offsets, String memberId, String instanceId, int generation, int version, Consumer<Errors> reply) {
        List<OffsetCommitRequestPartition> partitions = new ArrayList<>();
        offsets.forEach((partition, offset) -> partitions.add(new OffsetCommitRequestPartition()
                .setPartitionIndex(partition).setCommittedOffset(offset).setCommittedMetadata("")));
        OffsetCommitRequestData request = new OffsetCommitRequestData().setGroupId(id).setMemberId(memberId).setGroupInstanceId(instanceId)
                .setGenerationIdOrMemberEpoch(generation)
                .setTopics(List.of(new OffsetCommitRequestTopic().setName(SimulatedWorld.TOPIC).setPartitions(partitions)));
        forgetOtherEras();
        int askedIn = era;
        Map<Integer, Handed> newestOwner = new HashMap<>(handedOut);
        world.<OffsetCommitRequestData, OffsetCommitResponseData>call(line, version, request, GroupCoordinator::offsetCommit, response -> {
            for (var each : response.topics().getFirst().partitions()) {
                if (each.errorCode() == 0) {
                    commits++;
                    Handed newest = newestOwner.get(each.partitionIndex());
                    // Epochs of a group that began anew meanwhile say nothing about those before.
                    assertTrue(newest == null || askedIn != world.answerEra() || !newest.laterThan(generation, memberId), () -> "a member of generation " + generation + " committed partition "
                            + each.partitionIndex() + " after somebody had got it: " + newest);
                    told.merge(each.partitionIndex(), offsets.get(each.partitionIndex()), Math::max);
                }
            }
            reply.accept(Errors.forCode(response.topics().getFirst().partitions().getFirst().errorCode()));
        });
    }

    void remember(Past past) {
        // What it gave up without a new epoch it may still commit: the broker looks at epochs only.
        pasts.removeIf(other -> other.memberId.equals(past.memberId) && other.generation == past.generation);
        pasts.add(past);
    }

    /** A member of long ago commits from the beginning what others have got meanwhile; {@link #commit} sees to it that it can't. */
    void haunt() {
        if (pasts.isEmpty()) {
            return;
        }
        forgetOtherEras();
        Past past = pasts.get(world.random.nextInt(pasts.size()));
        Map<Integer, Long> beginnings = new HashMap<>();
        past.partitions.stream().filter(each -> handedOut.containsKey(each) && handedOut.get(each).laterThan(past.generation, past.memberId)).forEach(each -> beginnings.put(each, 0L));
        if (!beginnings.isEmpty()) {
            commit(new SimulatedLine(), beginnings, past.memberId, past.instanceId, past.generation, past.commitVersion, error -> { });
        }
    }

    /** The broker's own idea of the committed offsets. */
    Map<Integer, Long> committed() {
        OffsetFetchRequestData request = new OffsetFetchRequestData().setGroups(List.of(new OffsetFetchRequestGroup().setGroupId(id).setTopics(null)));
        OffsetFetchResponseData response = world.ask((coordinator, reply) -> coordinator.offsetFetch(GroupHarness.context(9), request, reply));
        Map<Integer, Long> committed = new TreeMap<>();
        response.groups().getFirst().topics().forEach(topic -> topic.partitions().forEach(
                each -> committed.put(each.partitionIndex(), each.committedOffset())));
        return committed;
    }

    /** What was told to be committed is committed. */
    void checkNothingLost() {
        Map<Integer, Long> committed = committed();
        told.forEach((partition, offset) -> assertTrue(committed.getOrDefault(partition, 0L) >= offset,
                () -> "partition " + partition + " is at " + committed.get(partition) + " after " + offset + " was acknowledged"));
    }

    /** All live members agree, and every partition has exactly one owner. */
    void checkSettled() {
        List<SimulatedMember> live = members.stream().filter(SimulatedMember::alive).toList();
        if (live.isEmpty()) {
            return;
        }
        List<Integer> owned = new ArrayList<>();
        for (SimulatedMember member : live) {
            assertTrue(member.settled(), "a live member has no assignment");
            assertEquals(live.getFirst().generation(), member.generation(), "live members are of different generations");
            owned.addAll(member.owned());
        }
        Collections.sort(owned);
        List<Integer> all = new ArrayList<>();
        for (int partition = 0; partition < world.partitions; partition++) {
            all.add(partition);
        }
        assertEquals(all, owned, "every partition has one owner");
    }
}
