// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * Heartbeats of the consumer protocol (KIP-848): they join, subscribe, report and leave, and their answers assign. Answers
 * GROUP_ID_NOT_FOUND, UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, FENCED_INSTANCE_ID, UNRELEASED_INSTANCE_ID or
 * GROUP_MAX_SIZE_REACHED.
 */
final class ConsumerDecisions {
    private final GroupSettings.Consumer settings;
    private final ConsumerDepartures departures;

    ConsumerDecisions(GroupSettings.Consumer settings, ConsumerDepartures departures) {
        this.settings = settings;
        this.departures = departures;
    }

    /** @param group an empty one, unknown to the shard, if there is none yet */
    Outcome<GroupCommand, GroupEvent> beat(ConsumerGroup group, GroupCommand.ConsumerBeat beat, Moment now) {
        if (beat.epoch() < ConsumerMember.JOINING) {
            return leave(group, beat, now);
        }
        ConsumerMember holder = beat.instanceId() == null ? null : group.byInstance(beat.instanceId());
        ConsumerMember member = group.member(beat.memberId());
        String refusal = check(group, beat, member, holder);
        if (refusal != null) {
            return refuse(beat, errorOf(group, beat, member, holder), refusal);
        }
        if (member == null) {
            return join(group, beat, holder, now);
        }
        ConsumerMember.Subscription updated = updated(member.subscription(), beat);
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        heard(group, beat, now, outcome);
        boolean changed = !updated.equals(member.subscription());
        if (changed) {
            outcome.event(new GroupEvent.ConsumerMemberKept(group.groupId(), member.memberId(), updated));
        }
        boolean wants = changed && (wantsSomethingElse(member.subscription(), updated) || electsAnother(group, member, updated));
        boolean stale = wants || group.seenTopics() != beat.image().version() || group.epoch() > group.assignmentEpoch() || group.hasUnresolved();
        return outcome.then(stale ? new GroupCommand.RefreshConsumers(group.groupId(), wants, beat, beat.image()) : new GroupCommand.AnswerBeat(beat));
    }

    private boolean electsAnother(ConsumerGroup group, ConsumerMember member, ConsumerMember.Subscription updated) {
        String otherwise = settings.assignors().getFirst();
        return !Objects.equals(member.subscription().assignor(), updated.assignor())
                && !group.preferredAssignor(otherwise).equals(group.preferredAssignor(otherwise, member.memberId(), updated.assignor()));
    }

    private static boolean wantsSomethingElse(ConsumerMember.Subscription before, ConsumerMember.Subscription after) {
        return !before.topics().equals(after.topics()) || !Objects.equals(before.regex(), after.regex());
    }

    /** Null if the member may go on; else why not. {@link #errorOf} has the code. */
    private String check(ConsumerGroup group, GroupCommand.ConsumerBeat beat, ConsumerMember member, ConsumerMember holder) {
        return switch (errorOf(group, beat, member, holder)) {
            case NONE -> null;
            case GROUP_MAX_SIZE_REACHED -> "The consumer group has reached its maximum capacity of " + settings.maxSize() + " members.";
            case UNRELEASED_INSTANCE_ID -> "Static member " + beat.memberId() + " with instance id " + beat.instanceId()
                    + " cannot join the group because the instance id is owned by " + holder.memberId() + " member.";
            case FENCED_INSTANCE_ID -> "Static member " + beat.memberId() + " with instance id " + beat.instanceId()
                    + " was fenced by member " + holder.memberId() + ".";
            case UNKNOWN_MEMBER_ID -> beat.instanceId() != null ? "Instance id " + beat.instanceId() + " is unknown." : "Member " + beat.memberId() + " is not a member of group " + group.groupId() + ".";
            default -> beat.epoch() > member.epoch()
                    ? "The consumer group member has a greater member epoch (" + beat.epoch() + ") than the one known by the group coordinator ("
                            + member.epoch() + "). The member must abandon all its partitions and rejoin."
                    : "The consumer group member has a smaller member epoch (" + beat.epoch() + ") than the one known by the group coordinator ("
                            + member.epoch() + "). The member must abandon all its partitions and rejoin.";
        };
    }

    boolean isFull(ConsumerGroup group) {
        return group.size() >= settings.maxSize();
    }

    private Errors errorOf(ConsumerGroup group, GroupCommand.ConsumerBeat beat, ConsumerMember member, ConsumerMember holder) {
        boolean joins = beat.epoch() == ConsumerMember.JOINING;
        if (holder != null && !holder.memberId().equals(beat.memberId())) {
            // Whoever changes its protocol cannot say goodbye in the one it spoke before.
            boolean released = joins && (holder.epoch() == ConsumerMember.GONE_FOR_A_MOMENT || holder.isClassic() || beat.classic() != null);
            return released ? Errors.NONE : joins ? Errors.UNRELEASED_INSTANCE_ID : Errors.FENCED_INSTANCE_ID;
        }
        if (member == null && isFull(group)) {
            return Errors.GROUP_MAX_SIZE_REACHED;
        }
        if (beat.instanceId() != null && holder == null && !joins) {
            return Errors.UNKNOWN_MEMBER_ID;
        }
        if (member == null) {
            return joins ? Errors.NONE : Errors.UNKNOWN_MEMBER_ID;
        }
        return joins || beat.epoch() == member.epoch() || lostItsLastAnswer(member, beat) ? Errors.NONE : Errors.FENCED_MEMBER_EPOCH;
    }

    /** The member may not have got its new epoch; it goes on if it owns nothing that it should not. */
    private static boolean lostItsLastAnswer(ConsumerMember member, GroupCommand.ConsumerBeat beat) {
        return beat.epoch() == member.current().previousEpoch() && beat.owned() != null && member.current().assigned().containsAll(beat.owned());
    }

    private static Outcome<GroupCommand, GroupEvent> refuse(GroupCommand.ConsumerBeat beat, Errors error, String message) {
        return Outcome.reply(beat.caller(), new ConsumerGroupHeartbeatResponseData().setErrorCode(error.code()).setErrorMessage(message));
    }

    private Outcome<GroupCommand, GroupEvent> join(ConsumerGroup group, GroupCommand.ConsumerBeat beat, ConsumerMember before, Moment now) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        ConsumerMember.Subscription blank = new ConsumerMember.Subscription(beat.instanceId(), null, beat.clientId(), beat.clientHost(), Set.of(), null, -1, null, null);
        String groupId = group.groupId();
        if (before != null) {
            // A static member is back: it takes over the place and the target of its former self.
            ConsumerDepartures.remove(group, before, now, outcome);
        }
        ConsumerMember.Subscription wanted = updated(before == null ? blank : before.subscription(), beat);
        outcome.event(new GroupEvent.ConsumerMemberKept(groupId, beat.memberId(), wanted));
        if (before != null) {
            outcome.event(new GroupEvent.TargetKept(groupId, beat.memberId(), group.target(before.memberId())));
            ConsumerMember.Current had = before.current();
            outcome.event(new GroupEvent.CurrentKept(groupId, beat.memberId(),
                    new ConsumerMember.Current(ConsumerMember.JOINING, 0, had.state(), had.assigned(), had.revoking(), had.since())));
        }
        heard(group, beat, now, outcome);
        boolean changed = before == null || wantsSomethingElse(before.subscription(), wanted) || electsAnother(group, before, wanted);
        return outcome.then(new GroupCommand.RefreshConsumers(groupId, changed, beat, beat.image()));
    }

    private static ConsumerMember.Subscription updated(ConsumerMember.Subscription before, GroupCommand.ConsumerBeat beat) {
        return new ConsumerMember.Subscription(
                before.instanceId(),
                beat.rackId() == null ? before.rackId() : beat.rackId(),
                beat.clientId(),
                beat.clientHost(),
                beat.topics() == null ? before.topics() : beat.topics(),
                beat.regex() == null ? before.regex() : beat.regex().isEmpty() ? null : beat.regex(),
                beat.rebalanceTimeoutMs() < 0 ? before.rebalanceTimeoutMs() : beat.rebalanceTimeoutMs(),
                beat.assignor() == null ? before.assignor() : beat.assignor(),
                beat.classic());
    }

    /** Sessions are deadlines that a timer looks at; whoever joins may bring a shorter one. */
    private static void heard(ConsumerGroup group, GroupCommand.ConsumerBeat beat, Moment now, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        int timeoutMs = beat.pace().sessionTimeoutMs();
        outcome.event(new GroupEvent.ConsumerHeard(group.groupId(), beat.memberId(), now.elapsedMs() + timeoutMs, timeoutMs));
        if (beat.epoch() == ConsumerMember.JOINING) {
            outcome.timer(new GroupCommand.ConsumerSessionOver(group.groupId(), beat.memberId()), now.elapsedMs() + timeoutMs);
        }
    }

    private Outcome<GroupCommand, GroupEvent> leave(ConsumerGroup group, GroupCommand.ConsumerBeat beat, Moment now) {
        ConsumerMember member = beat.instanceId() == null ? group.member(beat.memberId()) : group.byInstance(beat.instanceId());
        if (member == null) {
            return refuse(beat, Errors.UNKNOWN_MEMBER_ID, "Member " + beat.memberId() + " is not a member of group " + group.groupId() + ".");
        }
        if (!member.memberId().equals(beat.memberId())) {
            return refuse(beat, Errors.FENCED_INSTANCE_ID, "Static member " + beat.memberId() + " with instance id " + beat.instanceId()
                    + " was fenced by member " + member.memberId() + ".");
        }
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        outcome.reply(beat.caller(), new ConsumerGroupHeartbeatResponseData().setMemberId(beat.memberId()).setMemberEpoch(beat.epoch()));
        if (beat.epoch() == ConsumerMember.GONE_FOR_A_MOMENT && member.isStatic()) {
            ConsumerMember.Current current = member.current();
            return outcome.event(new GroupEvent.CurrentKept(group.groupId(), member.memberId(), new ConsumerMember.Current(
                    ConsumerMember.GONE_FOR_A_MOMENT, current.previousEpoch(), current.state(), current.assigned(), Partitions.NONE,
                    AssignmentEpochs.of(current.assigned(), 0)))).build();
        }
        return departures.depart(group, List.of(member), "member " + member.memberId() + " left", beat.image(), now, outcome);
    }

    /** The member's next step, and its answer: with the assignment if that is new or the member has told all about itself. */
    Outcome<GroupCommand, GroupEvent> answer(ConsumerGroup group, GroupCommand.ConsumerBeat beat, Moment now) {
        ConsumerMember member = group.member(beat.memberId());
        ConsumerMember.Current next = new Reconciler(group, member, beat.owned()).next();
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        if (!next.equals(member.current())) {
            outcome.event(new GroupEvent.ConsumerTime(group.groupId(), now.wallMs()))
                    .event(new GroupEvent.CurrentKept(group.groupId(), member.memberId(), next));
        }
        limit(group, member, next, now, outcome);
        ConsumerGroupHeartbeatResponseData response = new ConsumerGroupHeartbeatResponseData()
                .setMemberId(member.memberId())
                .setMemberEpoch(next.epoch())
                .setHeartbeatIntervalMs(beat.pace().heartbeatIntervalMs());
        boolean told = beat.epoch() == ConsumerMember.JOINING || fullRequest(beat);
        if (told || !next.assigned().equals(member.current().assigned())) {
            response.setAssignment(assignment(next.assigned()));
        }
        boolean maybeLast = group.history().isUnderWay() && !next.equals(member.current());
        return outcome.reply(beat.caller(), response).then(maybeLast ? new GroupCommand.EndRebalanceIfSettled(group.groupId()) : null);
    }

    /** How long the member may take for what it was told: to give up partitions, or to fetch its assignment if it is a classic one. */
    private static void limit(ConsumerGroup group, ConsumerMember member, ConsumerMember.Current next, Moment now,
            Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        long untilMs = now.elapsedMs() + Math.max(0, member.subscription().rebalanceTimeoutMs());
        if (member.isClassic()) {
            outcome.event(new GroupEvent.ClassicMemberOwes(group.groupId(), member.memberId(), untilMs));
            outcome.timer(new GroupCommand.ClassicMemberLate(group.groupId(), member.memberId()), untilMs);
            return;
        }
        boolean revokes = next.state() == ConsumerMember.State.UNREVOKED_PARTITIONS;
        boolean revoked = member.current().state() == ConsumerMember.State.UNREVOKED_PARTITIONS;
        if (revokes && !revoked) {
            outcome.timer(new GroupCommand.RevocationOver(group.groupId(), member.memberId(), next.epoch()), untilMs);
        } else if (revoked && !revokes) {
            outcome.cancel(new GroupCommand.RevocationOver(group.groupId(), member.memberId(), member.epoch()));
        }
    }

    private static boolean fullRequest(GroupCommand.ConsumerBeat beat) {
        return beat.owned() != null && beat.rebalanceTimeoutMs() >= 0 && (beat.topics() != null || beat.regex() != null);
    }

    private static ConsumerGroupHeartbeatResponseData.Assignment assignment(Partitions partitions) {
        ConsumerGroupHeartbeatResponseData.Assignment assignment = new ConsumerGroupHeartbeatResponseData.Assignment();
        partitions.byTopic().forEach((topicId, indexes) -> assignment.topicPartitions().add(
                new ConsumerGroupHeartbeatResponseData.TopicPartitions().setTopicId(topicId).setPartitions(List.copyOf(indexes))));
        return assignment;
    }

    /** Members that the journal knows have a whole session, and time to give up partitions, from now on. */
    void loaded(ConsumerGroup group, TopicsImage topics, Moment now, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        outcome.event(new GroupEvent.TopicsSeen(group.groupId(), topics, false));
        for (ConsumerMember member : group.members()) {
            int timeoutMs = member.isClassic() ? member.subscription().classic().sessionTimeoutMs() : settings.sessionTimeoutMs();
            long deadlineMs = now.elapsedMs() + timeoutMs;
            outcome.event(new GroupEvent.ConsumerHeard(group.groupId(), member.memberId(), deadlineMs, timeoutMs));
            outcome.timer(new GroupCommand.ConsumerSessionOver(group.groupId(), member.memberId()), deadlineMs);
            if (member.current().state() == ConsumerMember.State.UNREVOKED_PARTITIONS && !member.isClassic()) {
                outcome.timer(new GroupCommand.RevocationOver(group.groupId(), member.memberId(), member.epoch()),
                        now.elapsedMs() + Math.max(0, member.subscription().rebalanceTimeoutMs()));
            }
        }
    }
}
