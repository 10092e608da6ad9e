// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.apache.kafka.common.message.JoinGroupResponseData.JoinGroupResponseMember;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.protocol.MessageUtil;

/** A cooperative leader (KIP-429): members keep what they have up to a fair share, and nobody is given what somebody else still has. */
final class CooperativeShares {
    private static final short VERSION = 3;

    private record Claim(String memberId, int generation) {}

    private CooperativeShares() {}

    /** What a member says when it joins. @param generation in which it was given what it owns, or -1 */
    static byte[] subscription(Collection<Integer> owned, int generation) {
        ConsumerProtocolSubscription subscription = new ConsumerProtocolSubscription().setTopics(List.of(SimulatedWorld.TOPIC)).setGenerationId(generation);
        if (!owned.isEmpty()) {
            subscription.ownedPartitions().add(new ConsumerProtocolSubscription.TopicPartition()
                    .setTopic(SimulatedWorld.TOPIC).setPartitions(List.copyOf(owned)));
        }
        return MessageUtil.toVersionPrefixedByteBuffer(VERSION, subscription).array();
    }

    static List<SyncGroupRequestAssignment> assign(List<JoinGroupResponseMember> members, int partitions) {
        Map<Integer, Claim> claims = claims(members);
        Map<String, Set<Integer>> shares = new TreeMap<>();
        members.forEach(member -> shares.put(member.memberId(), new TreeSet<>()));
        int most = (partitions + members.size() - 1) / members.size();
        int withMost = partitions - (most - 1) * members.size();
        List<Integer> free = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            Claim claim = claims.get(partition);
            Set<Integer> share = claim == null ? null : shares.get(claim.memberId);
            boolean roomForOneMore = shares.values().stream().filter(each -> each.size() == most).count() < withMost;
            if (share != null && (share.size() < most - 1 || share.size() == most - 1 && roomForOneMore)) {
                share.add(partition);
            } else {
                free.add(partition);
            }
        }
        for (int partition : free) {
            Set<Integer> smallest = shares.values().stream().min(Comparator.comparingInt(Set::size)).orElseThrow();
            smallest.add(partition);
        }
        List<SyncGroupRequestAssignment> assignments = new ArrayList<>();
        shares.forEach((memberId, share) -> {
            share.removeIf(partition -> claims.containsKey(partition) && !claims.get(partition).memberId.equals(memberId));
            assignments.add(new SyncGroupRequestAssignment().setMemberId(memberId)
                    .setAssignment(GroupHarness.assignment(SimulatedWorld.TOPIC, share.toArray(Integer[]::new))));
        });
        return assignments;
    }

    /** Of two who believe to own the same partition, the one with the later generation does. */
    private static Map<Integer, Claim> claims(List<JoinGroupResponseMember> members) {
        Map<Integer, Claim> claims = new TreeMap<>();
        for (JoinGroupResponseMember member : members) {
            ConsumerProtocolSubscription subscription = ConsumerProtocols.subscription(member.metadata());
            Claim claim = new Claim(member.memberId(), subscription.generationId());
            ConsumerProtocols.owned(member.metadata()).forEach(each ->
                    claims.merge(each.partition(), claim, (one, other) -> one.generation >= other.generation ? one : other));
        }
        return claims;
    }
}
