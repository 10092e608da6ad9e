// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Members leave a consumer group or are fenced. The last one of the consumer protocol takes that protocol with it. */
final class ConsumerDepartures {
    private final Migration migration;

    ConsumerDepartures(Migration migration) {
        this.migration = migration;
    }

    /** Ends {@code outcome} with the departure of these members. */
    Outcome<GroupCommand, GroupEvent> depart(ConsumerGroup group, Collection<ConsumerMember> gone, String reason, TopicsImage image, Moment now,
            Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        if (migration.downgrades(group, gone)) {
            return migration.downgrade(group, gone, reason, now, outcome);
        }
        gone.forEach(member -> remove(group, member, now, outcome));
        return outcome.then(new GroupCommand.RefreshConsumers(group.groupId(), true, null, image));
    }

    static void remove(ConsumerGroup group, ConsumerMember member, Moment now, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        outcome.event(new GroupEvent.ConsumerTime(group.groupId(), now.wallMs()));
        for (GroupEvent.Part part : List.of(GroupEvent.Part.CURRENT, GroupEvent.Part.TARGET, GroupEvent.Part.MEMBER)) {
            outcome.event(new GroupEvent.ConsumerPartRemoved(group.groupId(), part, member.memberId()));
        }
    }

    /** A member was silent for too long. */
    Outcome<GroupCommand, GroupEvent> sessionOver(ConsumerGroup group, GroupCommand.ConsumerSessionOver over, Moment now) {
        return late(group, over.memberId(), group.sessionDeadlineMs(over.memberId()), over, now);
    }

    /** A classic member did not join again, or did not fetch its assignment, in time. */
    Outcome<GroupCommand, GroupEvent> classicMemberLate(ConsumerGroup group, GroupCommand.ClassicMemberLate late, Moment now) {
        long deadlineMs = group.owesUntilMs(late.memberId());
        return deadlineMs == Long.MAX_VALUE ? Outcome.nothing() : late(group, late.memberId(), deadlineMs, late, now);
    }

    private Outcome<GroupCommand, GroupEvent> late(ConsumerGroup group, String memberId, long deadlineMs, GroupCommand again, Moment now) {
        ConsumerMember member = group.member(memberId);
        if (member == null) {
            return Outcome.nothing();
        }
        return deadlineMs > now.elapsedMs() ? Outcome.<GroupCommand, GroupEvent>builder().timer(again, deadlineMs).build()
                : fence(group, member, now);
    }

    /** A member did not give up its partitions in time. */
    Outcome<GroupCommand, GroupEvent> revocationOver(ConsumerGroup group, GroupCommand.RevocationOver over, Moment now) {
        ConsumerMember member = group.member(over.memberId());
        boolean late = member != null && member.epoch() == over.epoch() && member.current().state() == ConsumerMember.State.UNREVOKED_PARTITIONS;
        return late ? fence(group, member, now) : Outcome.nothing();
    }

    private Outcome<GroupCommand, GroupEvent> fence(ConsumerGroup group, ConsumerMember member, Moment now) {
        return depart(group, List.of(member), "member " + member.memberId() + " was late", group.topics(), now, Outcome.builder());
    }

    /** Tombstones for what is left of an empty group. */
    static List<GroupEvent> removeAll(ConsumerGroup group) {
        List<GroupEvent> events = new ArrayList<>();
        group.resolvedRegexes().forEach(regex -> events.add(new GroupEvent.ConsumerPartRemoved(group.groupId(), GroupEvent.Part.REGEX, regex)));
        events.add(new GroupEvent.ConsumerPartRemoved(group.groupId(), GroupEvent.Part.TARGET_EPOCH, ""));
        events.add(new GroupEvent.ConsumerPartRemoved(group.groupId(), GroupEvent.Part.GROUP, ""));
        return events;
    }
}
