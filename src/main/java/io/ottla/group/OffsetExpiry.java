// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;

/**
 * Which offsets nobody needs any more, by Kafka's rules: those of a group that has been empty for the retention time,
 * those of topics that a stable group of consumers does not subscribe to and has not committed for that time, those that
 * a client without membership has not committed for that time, and those of deleted topics. A group that has lost its
 * last offset and has no members goes too.
 */
final class OffsetExpiry {
    /** Tombstones of one decision; the rest follows at once, but lets other requests come in between. */
    private static final int MAX_A_STEP = 5_000;

    private final GroupSettings.Offsets settings;
    private final Map<String, Group> groups;
    private final Guests guests;
    private final OffsetTable offsets;

    OffsetExpiry(GroupSettings.Offsets settings, Map<String, Group> groups, Guests guests, OffsetTable offsets) {
        this.settings = settings;
        this.groups = groups;
        this.guests = guests;
        this.offsets = offsets;
    }

    /** Starts to look for old offsets regularly, and forgets those of topics that were deleted behind the shard's back. */
    void loaded(Predicate<String> topicExists, Moment now, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        outcome.timer(new GroupCommand.ExpireOffsets(), now.elapsedMs() + settings.checkIntervalMs());
        Set<String> gone = new HashSet<>();
        offsets.groups().forEach(group -> gone.addAll(offsets.of(group).keySet()));
        offsets.promisedGroups().forEach(group -> gone.addAll(offsets.promised(group).keySet()));
        gone.removeIf(topicExists);
        gone.forEach(topic -> forget(topic, Uuid.ZERO_UUID, outcome));
    }

    Outcome<GroupCommand, GroupEvent> forget(GroupCommand.ForgetTopic gone) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        forget(gone.topic(), gone.topicId(), outcome);
        return outcome.build();
    }

    private void forget(String topic, Uuid topicId, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        for (String groupId : offsets.groups()) {
            offsets.of(groupId).getOrDefault(topic, Map.of()).forEach((partition, offset) -> {
                if (offset.belongsTo(topicId)) {
                    outcome.event(new GroupEvent.OffsetRemoved(groupId, topic, partition));
                }
            });
        }
        for (String groupId : offsets.promisedGroups()) {
            for (int partition : offsets.promised(groupId).getOrDefault(topic, Set.of())) {
                CommittedOffset kept = offsets.get(groupId, topic, partition);
                boolean gone = kept != null && kept.belongsTo(topicId);
                if (!gone && offsets.isPromised(groupId, topic, partition, topicId)) {
                    outcome.event(new GroupEvent.OffsetRemoved(groupId, topic, partition));
                }
            }
        }
    }

    Outcome<GroupCommand, GroupEvent> expire(Moment now) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        int removed = 0;
        for (Group group : groups.values()) {
            if (removed >= MAX_A_STEP) {
                return outcome.timer(new GroupCommand.ExpireOffsets(), now.elapsedMs()).build();
            }
            removed += expire(group.groupId(), (topic, offset) -> isOld(group, topic, offset, now), () -> expireGroup(group), outcome);
        }
        for (String guest : guests.committing()) {
            if (removed >= MAX_A_STEP) {
                return outcome.timer(new GroupCommand.ExpireOffsets(), now.elapsedMs()).build();
            }
            OffsetRules rules = guests.offsetRules(guest);
            removed += expire(guest, (topic, offset) -> !rules.uses(topic) && isOld(offset, offset.commitTimestampMs(), now),
                    () -> Objects.requireNonNullElse(guests.makeWay(guest), List.of()), outcome);
        }
        return outcome.timer(new GroupCommand.ExpireOffsets(), now.elapsedMs() + settings.checkIntervalMs()).build();
    }

    private int expire(
            String groupId,
            BiPredicate<String, CommittedOffset> old,
            Supplier<List<GroupEvent>> removal,
            Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        List<GroupEvent> events = new ArrayList<>();
        boolean left = offsets.hasPromised(groupId);
        for (Map.Entry<String, Map<Integer, CommittedOffset>> topic : offsets.of(groupId).entrySet()) {
            for (Map.Entry<Integer, CommittedOffset> each : topic.getValue().entrySet()) {
                boolean unstable = offsets.isUnstable(groupId, topic.getKey(), each.getKey());
                if (unstable || !old.test(topic.getKey(), each.getValue())) {
                    left = true;
                } else {
                    events.add(new GroupEvent.OffsetRemoved(groupId, topic.getKey(), each.getKey()));
                }
            }
        }
        if (!left) {
            events.addAll(removal.get());
        }
        events.forEach(outcome::event);
        return events.size();
    }

    private boolean isOld(Group group, String topic, CommittedOffset offset, Moment now) {
        return switch (group) {
            case ClassicGroup classic -> isOld(classic, topic, offset, now);
            case ConsumerGroup consumer -> !consumer.subscribedTopics().contains(topic) && isOld(offset, offset.commitTimestampMs(), now);
        };
    }

    private boolean isOld(ClassicGroup group, String topic, CommittedOffset offset, Moment now) {
        if (group.protocolType() == null) {
            return isOld(offset, offset.commitTimestampMs(), now);
        }
        if (group.is(ClassicState.EMPTY)) {
            return isOld(offset, group.stateSinceMs() >= 0 ? group.stateSinceMs() : offset.commitTimestampMs(), now);
        }
        boolean unused = group.is(ClassicState.STABLE) && group.speaksConsumerProtocol()
                && group.subscribedTopics() != null && !group.subscribedTopics().contains(topic);
        return unused && isOld(offset, offset.commitTimestampMs(), now);
    }

    private boolean isOld(CommittedOffset offset, long sinceMs, Moment now) {
        return offset.expireTimestampMs() == CommittedOffset.NO_EXPIRY
                ? now.wallMs() - sinceMs >= settings.retentionMs()
                : now.wallMs() >= offset.expireTimestampMs();
    }

    private static List<GroupEvent> expireGroup(Group group) {
        return switch (group) {
            case ClassicGroup classic -> classic.abandoned() ? List.of(new GroupEvent.ClassicGroupRemoved(classic.groupId())) : List.of();
            case ConsumerGroup consumer -> consumer.isEmpty() ? ConsumerDepartures.removeAll(consumer) : List.of();
        };
    }
}
