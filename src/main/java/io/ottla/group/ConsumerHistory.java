// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Moment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;

/**
 * The last rebalances of one consumer group, and the one under way: from a new target assignment until every member has got there, or
 * until the next target. Lives as long as the process; what is replayed has no time and leaves no trace.
 */
final class ConsumerHistory {
    private static final int MAX_KEPT = 20;

    private record Place(Uuid topicId, int partition) {}

    /** A partition that {@code owner} has given up, and nobody has got since. */
    private record Free(long sinceMs, String owner) {}

    private final Deque<Rebalance> ended = new ArrayDeque<>();
    private final Set<String> joined = new LinkedHashSet<>();
    private final Set<String> left = new LinkedHashSet<>();
    private final Map<Place, Free> free = new HashMap<>();

    /** When the first of {@link #left} went, or 0: partitions have waited for a new target since then. */
    private long leftSinceMs;
    private Rebalance underWay;
    private long longestGapMs;

    /** Wall-clock time of what happens now; 0 before anything but replay has happened. */
    private long nowMs;

    /** Newest last. */
    List<Rebalance> ended() {
        return List.copyOf(ended);
    }

    boolean isUnderWay() {
        return underWay != null;
    }

    void time(long wallMs) {
        nowMs = wallMs;
    }

    void memberJoined(String memberId) {
        if (!left.remove(memberId)) {
            joined.add(memberId);
        }
    }

    void memberLeft(String memberId) {
        if (!joined.remove(memberId)) {
            left.add(memberId);
            leftSinceMs = leftSinceMs == 0 ? nowMs : leftSinceMs;
        }
    }

    /** A member now holds something else. */
    void held(String memberId, Partitions before, Partitions after) {
        if (nowMs == 0) {
            return;
        }
        before.minus(after).forEach((topicId, partition) -> free.putIfAbsent(new Place(topicId, partition), new Free(nowMs, memberId)));
        after.minus(before).forEach((topicId, partition) -> {
            Free freed = free.remove(new Place(topicId, partition));
            longestGapMs = Math.max(longestGapMs, freed == null ? 0 : nowMs - freed.sinceMs);
        });
    }

    /** The targets are new: who joined or left until now is in them. */
    void targeted() {
        joined.clear();
        left.clear();
        leftSinceMs = 0;
    }

    void begun(Rebalance rebalance) {
        underWay = rebalance;
        longestGapMs = 0;
    }

    void ended(Rebalance rebalance) {
        underWay = null;
        if (ended.size() == MAX_KEPT) {
            ended.removeFirst();
        }
        ended.addLast(rebalance);
    }

    /** The rebalance under way, as it is if it ends now. */
    Rebalance asEnded(Moment now) {
        return underWay.lasting(Math.max(0, now.wallMs() - underWay.startedMs()), longestGapMs);
    }

    /** The rebalance that these targets begin, with what it is going to move. */
    Rebalance beginning(ConsumerGroup group, Map<String, Partitions> targets, TopicsImage image, Moment now) {
        List<Rebalance.Move> moves = new ArrayList<>();
        int[] counts = {0, 0};
        targets.forEach((memberId, target) -> target.forEach((topicId, partition) -> {
            Free freed = free.get(new Place(topicId, partition));
            String before = freed == null ? group.holder(topicId, partition) : freed.owner;
            counts[0]++;
            if (before != null && !before.equals(memberId)) {
                counts[1]++;
                if (moves.size() < Rebalance.MAX_LISTED) {
                    TopicsImage.Entry topic = image.byId().get(topicId);
                    moves.add(new Rebalance.Move(topic == null ? "" : topic.name(), partition, before, memberId));
                }
            }
        }));
        long startedMs = leftSinceMs == 0 ? now.wallMs() : leftSinceMs;
        return new Rebalance(group.groupId(), group.epoch(), startedMs, 0, reason(), listed(joined), listed(left),
                group.size(), counts[0], counts[1], moves, 0);
    }

    private String reason() {
        if (joined.isEmpty() && left.isEmpty()) {
            return "subscriptions or topics changed";
        }
        String whoJoined = joined.isEmpty() ? "" : told(joined) + " joined";
        String whoLeft = left.isEmpty() ? "" : told(left) + " left";
        return whoJoined + (joined.isEmpty() || left.isEmpty() ? "" : ", ") + whoLeft;
    }

    private static String told(Collection<String> members) {
        return members.size() == 1 ? "member " + members.iterator().next() : members.size() + " members";
    }

    private static List<String> listed(Set<String> members) {
        return members.stream().limit(Rebalance.MAX_LISTED).toList();
    }
}
