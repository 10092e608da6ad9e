// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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
    private final Map<String, Assignor> assignors = new HashMap<>();

    private final Caller<Rebalance> log;

    /** @param log is told of each new target assignment */
    ConsumerDecisions(GroupSettings.Consumer settings, Caller<Rebalance> log) {
        this.settings = settings;
        this.log = log;
        List.of(new UniformAssignor(), new RangeAssignor()).forEach(each -> assignors.put(each.name(), each));
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
        Outcome.Builder<GroupCommand, GroupEvent> outcome = heard(group, beat, now);
        boolean changed = !updated.equals(member.subscription());
        if (changed) {
            outcome.event(new GroupEvent.ConsumerMemberKept(group.groupId(), member.memberId(), updated));
        }
        boolean wants = changed && wantsSomethingElse(member.subscription(), updated);
        boolean stale = wants || group.seenTopics() != beat.image().version() || group.epoch() > group.assignmentEpoch();
        return outcome.then(stale ? new GroupCommand.RefreshConsumers(group.groupId(), wants, beat, beat.image()) : new GroupCommand.AnswerBeat(beat));
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

    private Errors errorOf(ConsumerGroup group, GroupCommand.ConsumerBeat beat, ConsumerMember member, ConsumerMember holder) {
        boolean joins = beat.epoch() == ConsumerMember.JOINING;
        if (holder != null && !holder.memberId().equals(beat.memberId())) {
            boolean released = joins && holder.epoch() == ConsumerMember.GONE_FOR_A_MOMENT;
            return released ? Errors.NONE : joins ? Errors.UNRELEASED_INSTANCE_ID : Errors.FENCED_INSTANCE_ID;
        }
        if (member == null) {
            return !joins ? Errors.UNKNOWN_MEMBER_ID : group.size() >= settings.maxSize() ? Errors.GROUP_MAX_SIZE_REACHED : Errors.NONE;
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
        ConsumerMember.Subscription blank = new ConsumerMember.Subscription(beat.instanceId(), null, beat.clientId(), beat.clientHost(), Set.of(), null, -1, null);
        String groupId = group.groupId();
        if (before != null) {
            // A static member is back: it takes over the place and the target of its former self.
            remove(group, before, outcome);
        }
        ConsumerMember.Subscription wanted = updated(before == null ? blank : before.subscription(), beat);
        outcome.event(new GroupEvent.ConsumerMemberKept(groupId, beat.memberId(), wanted));
        if (before != null) {
            outcome.event(new GroupEvent.TargetKept(groupId, beat.memberId(), group.target(before.memberId())));
            outcome.event(new GroupEvent.CurrentKept(groupId, beat.memberId(), new ConsumerMember.Current(
                    ConsumerMember.JOINING, -1, ConsumerMember.State.STABLE, before.current().assigned(), Partitions.NONE)));
        }
        outcome.event(new GroupEvent.ConsumerHeard(groupId, beat.memberId(), now.elapsedMs() + beat.pace().sessionTimeoutMs(), beat.pace().sessionTimeoutMs()));
        outcome.timer(new GroupCommand.ConsumerSessionOver(groupId, beat.memberId()), now.elapsedMs() + beat.pace().sessionTimeoutMs());
        boolean changed = before == null || wantsSomethingElse(before.subscription(), wanted);
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
                beat.assignor() == null ? before.assignor() : beat.assignor());
    }

    private static Outcome.Builder<GroupCommand, GroupEvent> heard(ConsumerGroup group, GroupCommand.ConsumerBeat beat, Moment now) {
        int timeoutMs = beat.pace().sessionTimeoutMs();
        return Outcome.<GroupCommand, GroupEvent>builder()
                .event(new GroupEvent.ConsumerHeard(group.groupId(), beat.memberId(), now.elapsedMs() + timeoutMs, timeoutMs));
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
                    ConsumerMember.GONE_FOR_A_MOMENT, current.epoch(), ConsumerMember.State.STABLE, current.assigned(), Partitions.NONE))).build();
        }
        remove(group, member, outcome);
        return outcome.then(new GroupCommand.RefreshConsumers(group.groupId(), true, null, beat.image()));
    }

    private static void remove(ConsumerGroup group, ConsumerMember member, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        for (GroupEvent.Part part : List.of(GroupEvent.Part.CURRENT, GroupEvent.Part.TARGET, GroupEvent.Part.MEMBER)) {
            outcome.event(new GroupEvent.ConsumerPartRemoved(group.groupId(), part, member.memberId()));
        }
    }

    /** Resolves expressions, and starts a new epoch if members or topics have changed. */
    Outcome<GroupCommand, GroupEvent> refresh(ConsumerGroup group, GroupCommand.RefreshConsumers refresh, Moment now) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        TopicsImage image = refresh.image();
        Set<String> topics = new HashSet<>(group.namedTopics());
        for (String regex : group.regexes()) {
            topics.addAll(resolve(group, regex, image, now, outcome));
        }
        for (String regex : group.resolvedRegexes()) {
            if (!group.regexes().contains(regex)) {
                outcome.event(new GroupEvent.ConsumerPartRemoved(group.groupId(), GroupEvent.Part.REGEX, regex));
            }
        }
        long hash = image.hash(topics);
        if (refresh.changed() || hash != group.topicsHash()) {
            outcome.event(new GroupEvent.ConsumerGroupKept(group.groupId(), group.epoch() + 1, hash));
        }
        outcome.event(new GroupEvent.TopicsSeen(group.groupId(), image.version()));
        return outcome.then(refresh.beat() == null ? null : new GroupCommand.AssignConsumers(refresh.beat()));
    }

    private static Set<String> resolve(ConsumerGroup group, String regex, TopicsImage image, Moment now, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        ConsumerGroup.ResolvedRegex before = group.resolved(regex);
        if (before != null && group.seenTopics() == image.version()) {
            return before.topics();
        }
        Set<String> topics = TopicRegex.matching(regex, image);
        if (before == null || !before.topics().equals(topics)) {
            outcome.event(new GroupEvent.RegexKept(group.groupId(), regex, new ConsumerGroup.ResolvedRegex(topics, image.version(), now.wallMs())));
        }
        return topics;
    }

    /** Makes a target for the newest epoch, unless that was done a moment ago: then a later heartbeat does it. */
    Outcome<GroupCommand, GroupEvent> assign(ConsumerGroup group, GroupCommand.ConsumerBeat beat, Moment now) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        long sinceMs = now.wallMs() - group.assignedAtMs();
        boolean due = group.assignedAtMs() == 0 || sinceMs < 0 || sinceMs >= beat.pace().assignmentIntervalMs();
        if (group.epoch() > group.assignmentEpoch() && due) {
            String preferred = group.preferredAssignor(settings.assignors().getFirst());
            Assignor assignor = assignors.getOrDefault(preferred, assignors.get("uniform"));
            List<Assignor.Wish> wishes = new ArrayList<>(group.size());
            group.members().forEach(member -> wishes.add(new Assignor.Wish(member.memberId(), member.subscription().instanceId(),
                    group.topicsOf(member), group.target(member.memberId()))));
            Map<String, Partitions> targets = assignor.assign(wishes, beat.image());
            for (ConsumerMember member : group.members()) {
                Partitions target = targets.getOrDefault(member.memberId(), Partitions.NONE);
                if (!target.equals(group.target(member.memberId()))) {
                    outcome.event(new GroupEvent.TargetKept(group.groupId(), member.memberId(), target));
                }
            }
            Rebalance rebalance = ConsumerHistory.rebalance(group, targets, beat.image(), now);
            outcome.event(new GroupEvent.TargetEpochKept(group.groupId(), group.epoch(), now.wallMs()))
                    .event(new GroupEvent.ConsumerRebalanced(group.groupId(), rebalance))
                    .reply(log, rebalance);
        }
        return outcome.then(new GroupCommand.AnswerBeat(beat));
    }

    /** The member's next step, and its answer: with the assignment if that is new or the member has told all about itself. */
    Outcome<GroupCommand, GroupEvent> answer(ConsumerGroup group, GroupCommand.ConsumerBeat beat, Moment now) {
        ConsumerMember member = group.member(beat.memberId());
        ConsumerMember.Current next = new Reconciler(group, member, beat.owned()).next();
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        if (!next.equals(member.current())) {
            outcome.event(new GroupEvent.CurrentKept(group.groupId(), member.memberId(), next));
        }
        GroupCommand over = new GroupCommand.RevocationOver(group.groupId(), member.memberId(), next.epoch());
        if (next.state() == ConsumerMember.State.UNREVOKED_PARTITIONS && member.current().state() != next.state()) {
            outcome.timer(over, now.elapsedMs() + Math.max(0, member.subscription().rebalanceTimeoutMs()));
        } else if (next.state() != ConsumerMember.State.UNREVOKED_PARTITIONS && member.current().state() == ConsumerMember.State.UNREVOKED_PARTITIONS) {
            outcome.cancel(new GroupCommand.RevocationOver(group.groupId(), member.memberId(), member.epoch()));
        }
        ConsumerGroupHeartbeatResponseData response = new ConsumerGroupHeartbeatResponseData()
                .setMemberId(member.memberId())
                .setMemberEpoch(next.epoch())
                .setHeartbeatIntervalMs(beat.pace().heartbeatIntervalMs());
        boolean told = beat.epoch() == ConsumerMember.JOINING || fullRequest(beat);
        if (told || !next.assigned().equals(member.current().assigned())) {
            response.setAssignment(assignment(next.assigned()));
        }
        return outcome.reply(beat.caller(), response).build();
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

    /** A member was silent for too long. */
    static Outcome<GroupCommand, GroupEvent> sessionOver(ConsumerGroup group, String memberId, Moment now) {
        ConsumerMember member = group.member(memberId);
        if (member == null) {
            return Outcome.nothing();
        }
        long deadlineMs = group.sessionDeadlineMs(memberId);
        return deadlineMs > now.elapsedMs()
                ? Outcome.<GroupCommand, GroupEvent>builder().timer(new GroupCommand.ConsumerSessionOver(group.groupId(), memberId), deadlineMs).build()
                : fence(group, member);
    }

    /** A member did not give up its partitions in time. */
    static Outcome<GroupCommand, GroupEvent> revocationOver(ConsumerGroup group, GroupCommand.RevocationOver over) {
        ConsumerMember member = group.member(over.memberId());
        boolean late = member != null && member.epoch() == over.epoch() && member.current().state() == ConsumerMember.State.UNREVOKED_PARTITIONS;
        return late ? fence(group, member) : Outcome.nothing();
    }

    private static Outcome<GroupCommand, GroupEvent> fence(ConsumerGroup group, ConsumerMember member) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        remove(group, member, outcome);
        return outcome.event(new GroupEvent.ConsumerGroupKept(group.groupId(), group.epoch() + 1, group.topicsHash())).build();
    }

    /** Members that the journal knows have a whole session, and time to give up partitions, from now on. */
    void loaded(ConsumerGroup group, Moment now, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        for (ConsumerMember member : group.members()) {
            long deadlineMs = now.elapsedMs() + settings.sessionTimeoutMs();
            outcome.event(new GroupEvent.ConsumerHeard(group.groupId(), member.memberId(), deadlineMs, settings.sessionTimeoutMs()));
            outcome.timer(new GroupCommand.ConsumerSessionOver(group.groupId(), member.memberId()), deadlineMs);
            if (member.current().state() == ConsumerMember.State.UNREVOKED_PARTITIONS) {
                outcome.timer(new GroupCommand.RevocationOver(group.groupId(), member.memberId(), member.epoch()),
                        now.elapsedMs() + Math.max(0, member.subscription().rebalanceTimeoutMs()));
            }
        }
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
