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

    /** A rebalance that ends, and who owns what from now on. */
    record Settled(Rebalance rebalance, Map<TopicPartition, String> owners, long wallMs) {}

    private final Deque<Rebalance> ended = new ArrayDeque<>();
    private final Set<String> joined = new LinkedHashSet<>();
    private final Set<String> left = new LinkedHashSet<>();
    private long startedMs;
    private String reason = "";
    private Map<TopicPartition, String> owners = Map.of();
    private Map<TopicPartition, Long> unownedSinceMs = new HashMap<>();

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
                String before = owners.get(each);
                long gapMs = gapMs(each, nowMs);
                if (gapMs > longestGapMs) {
                    // What members have kept they say, but that is read only where it matters.
                    kept = kept != null ? kept : new HashSet<>(ConsumerProtocols.owned(member.metadata(group.protocolName())));
                    longestGapMs = kept.contains(each) ? longestGapMs : gapMs;
                }
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
        return new Settled(rebalance, now, nowMs);
    }

    private static List<TopicPartition> assigned(ClassicGroup group, ClassicMember member, Map<String, byte[]> assignments) {
        return group.speaksConsumerProtocol()
                ? ConsumerProtocols.assigned(Answers.assignmentOf(assignments, member.memberId)) : List.of();
    }

    private long gapMs(TopicPartition partition, long nowMs) {
        if (!owners.containsKey(partition) && !unownedSinceMs.containsKey(partition)) {
            return 0;
        }
        return Math.max(0, nowMs - unownedSinceMs.getOrDefault(partition, startedMs));
    }

    private static List<String> listed(Set<String> members) {
        return members.stream().limit(Rebalance.MAX_LISTED).toList();
    }

    void settled(Settled settled) {
        Map<TopicPartition, Long> unowned = new HashMap<>(unownedSinceMs);
        owners.keySet().forEach(each -> unowned.putIfAbsent(each, settled.rebalance.startedMs()));
        unowned.keySet().removeAll(settled.owners.keySet());
        unownedSinceMs = unowned;
        owners = settled.owners;
        joined.clear();
        left.clear();
        if (ended.size() == MAX_KEPT) {
            ended.removeFirst();
        }
        ended.addLast(settled.rebalance);
    }
}
