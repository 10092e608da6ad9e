// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** The last rebalances of one classic group. Lives as long as the process. */
final class RebalanceHistory {
    private static final int MAX_KEPT = 20;

    /** A partition that nobody owns, and who was the last to own it. */
    record Free(long sinceMs, String owner) {}

    /** A rebalance that ends, who owns what from now on, and what nobody owns any more. */
    record Settled(Rebalance rebalance, Map<TopicPartition, String> owners, Map<TopicPartition, Free> free) {}

    private final Deque<Rebalance> ended = new ArrayDeque<>();
    private final Set<String> joined = new LinkedHashSet<>();
    private final Set<String> left = new LinkedHashSet<>();
    private long startedMs;
    private String reason = "";
    private Map<TopicPartition, String> owners = Map.of();
    private Map<TopicPartition, Free> free = Map.of();

    /** Newest last. */
    List<Rebalance> ended() {
        return List.copyOf(ended);
    }

    void memberJoined(String memberId) {
        joined.add(memberId);
    }

    void memberLeft(String memberId) {
        if (!joined.remove(memberId)) {
            left.add(memberId);
        }
    }

    void started(long wallMs, String why) {
        startedMs = wallMs;
        reason = why;
    }

    /** What the rebalance under way comes to with these assignments. */
    Settled settle(ClassicGroup group, int generation, Map<String, byte[]> assignments, long nowMs) {
        Map<TopicPartition, String> now = new HashMap<>();
        List<Rebalance.Move> moves = new ArrayList<>();
        int moved = 0;
        long longestGapMs = 0;
        for (ClassicMember member : group.members()) {
            Set<TopicPartition> kept = null;
            for (TopicPartition each : assigned(group, member, assignments)) {
                now.put(each, member.memberId);
                long gapMs = gapMs(each, nowMs);
                if (gapMs > longestGapMs) {
                    // What members have kept they say, but that is read only where it matters.
                    kept = kept != null ? kept : kept(group, member);
                    longestGapMs = kept.contains(each) ? longestGapMs : gapMs;
                }
                String before = ownerBefore(each);
                if (before != null && !before.equals(member.memberId)) {
                    moved++;
                    if (moves.size() < Rebalance.MAX_LISTED) {
                        moves.add(new Rebalance.Move(each.topic(), each.partition(), before, member.memberId));
                    }
                }
            }
        }
        Rebalance rebalance = new Rebalance(group.groupId(), generation, startedMs, Math.max(0, nowMs - startedMs), reason,
                listed(joined), listed(left), group.size(), now.size(), moved, List.copyOf(moves), longestGapMs);
        return new Settled(rebalance, now, free(group, now, nowMs));
    }

    private static List<TopicPartition> assigned(ClassicGroup group, ClassicMember member, Map<String, byte[]> assignments) {
        return group.speaksConsumerProtocol()
                ? ConsumerProtocols.assigned(Answers.assignmentOf(assignments, member.memberId)) : List.of();
    }

    private static Set<TopicPartition> kept(ClassicGroup group, ClassicMember member) {
        return new HashSet<>(ConsumerProtocols.owned(member.metadata(group.protocolName())));
    }

    /** Whoever owned it last: between two rebalances of cooperative members nobody may own what moves. */
    private String ownerBefore(TopicPartition partition) {
        String owner = owners.get(partition);
        return owner != null || !free.containsKey(partition) ? owner : free.get(partition).owner;
    }

    private long gapMs(TopicPartition partition, long nowMs) {
        if (!owners.containsKey(partition) && !free.containsKey(partition)) {
            return 0;
        }
        return Math.max(0, nowMs - (free.containsKey(partition) ? free.get(partition).sinceMs : startedMs));
    }

    /** Who gives a partition up without having kept it until now, has not owned it since the members were called back. */
    private Map<TopicPartition, Free> free(ClassicGroup group, Map<TopicPartition, String> now, long nowMs) {
        Map<TopicPartition, Free> unowned = new HashMap<>(free);
        Map<String, Set<TopicPartition>> kept = new HashMap<>();
        owners.forEach((partition, owner) -> {
            if (!now.containsKey(partition)) {
                boolean untilNow = group.hasMember(owner) && kept.computeIfAbsent(owner, id -> kept(group, group.member(id))).contains(partition);
                unowned.put(partition, new Free(untilNow ? nowMs : startedMs, owner));
            }
        });
        unowned.keySet().removeAll(now.keySet());
        return unowned;
    }

    private static List<String> listed(Set<String> members) {
        return members.stream().limit(Rebalance.MAX_LISTED).toList();
    }

    void settled(Settled settled) {
        free = settled.free;
        owners = settled.owners;
        joined.clear();
        left.clear();
        if (ended.size() == MAX_KEPT) {
            ended.removeFirst();
        }
        ended.addLast(settled.rebalance);
    }
}
