// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.JoinGroupResponseData.JoinGroupResponseMember;
import org.apache.kafka.common.protocol.Errors;

/** How a classic group goes from one generation to the next: the steps between a change and the leader's assignment. */
final class RebalanceDecisions {
    private final GroupSettings.Classic settings;
    private final Caller<Rebalance> log;

    /** @param log is told of each rebalance that has ended */
    RebalanceDecisions(GroupSettings.Classic settings, Caller<Rebalance> log) {
        this.settings = settings;
        this.log = log;
    }

    /** Something changed: starts a rebalance, or goes on with the one under way. */
    Outcome<GroupCommand, GroupEvent> settle(ClassicGroup group, String reason, Moment now) {
        return switch (group.state()) {
            case PREPARING_REBALANCE -> completeJoinIfAll(group);
            case EMPTY -> gather(group, reason, now);
            case COMPLETING_REBALANCE, STABLE -> start(group, reason, now);
        };
    }

    /** The first members of a group: others will follow soon, so wait for them a little. */
    private Outcome<GroupCommand, GroupEvent> gather(ClassicGroup group, String reason, Moment now) {
        long delayMs = settings.initialRebalanceDelayMs();
        long remainingMs = Math.max(0, group.rebalanceTimeoutMs() - delayMs);
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.<GroupCommand, GroupEvent>builder()
                .event(new GroupEvent.RebalanceStarted(group.groupId(), reason, now.wallMs(), true, remainingMs));
        GroupCommand over = new GroupCommand.JoinTimeOver(group.groupId());
        return delayMs == 0 ? outcome.then(over) : outcome.timer(over, now.elapsedMs() + delayMs).build();
    }

    private Outcome<GroupCommand, GroupEvent> start(ClassicGroup group, String reason, Moment now) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.<GroupCommand, GroupEvent>builder()
                .event(new GroupEvent.RebalanceStarted(group.groupId(), reason, now.wallMs(), false, 0))
                .cancel(new GroupCommand.SyncTimeOver(group.groupId(), group.generation()))
                .timer(new GroupCommand.JoinTimeOver(group.groupId()), now.elapsedMs() + group.rebalanceTimeoutMs());
        for (ClassicMember member : group.members()) {
            if (member.awaitingSync != null) {
                outcome.reply(member.awaitingSync, Answers.syncError(Errors.REBALANCE_IN_PROGRESS));
            }
        }
        return outcome.then(new GroupCommand.CompleteJoinIfAll(group.groupId()));
    }

    Outcome<GroupCommand, GroupEvent> completeJoinIfAll(ClassicGroup group) {
        boolean complete = group.is(ClassicState.PREPARING_REBALANCE) && !group.gathering() && group.allJoined();
        return complete ? Outcome.<GroupCommand, GroupEvent>builder().then(new GroupCommand.StartGeneration(group.groupId())) : Outcome.nothing();
    }

    /** Goes on without those dynamic members that have not come back; static members keep their place until their session ends. */
    Outcome<GroupCommand, GroupEvent> joinTimeOver(ClassicGroup group, Moment now) {
        if (!group.is(ClassicState.PREPARING_REBALANCE)) {
            return Outcome.nothing();
        }
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        if (group.gathering() && group.gatheredMore() && group.gatherRemainingMs() > 0) {
            long delayMs = Math.min(settings.initialRebalanceDelayMs(), group.gatherRemainingMs());
            return outcome.event(new GroupEvent.GatheringProlonged(group.groupId(), group.gatherRemainingMs() - delayMs))
                    .timer(new GroupCommand.JoinTimeOver(group.groupId()), now.elapsedMs() + delayMs)
                    .build();
        }
        for (ClassicMember member : group.members()) {
            if (member.awaitingJoin == null && !member.isStatic()) {
                outcome.event(new GroupEvent.MemberRemoved(group.groupId(), member.memberId));
            }
        }
        return outcome.then(new GroupCommand.StartGeneration(group.groupId()));
    }

    /** Tells everybody the new generation, or keeps that nobody is left. */
    Outcome<GroupCommand, GroupEvent> startGeneration(ClassicGroup group, Moment now) {
        if (group.isEmpty()) {
            return becomeEmpty(group, now);
        }
        String leader = leaderAmongJoined(group);
        GroupCommand joinTimeOver = new GroupCommand.JoinTimeOver(group.groupId());
        if (leader == null) {
            // Only static members, and none of them is back: wait until their sessions end.
            return Outcome.<GroupCommand, GroupEvent>builder().timer(joinTimeOver, now.elapsedMs() + group.rebalanceTimeoutMs()).build();
        }
        int generation = group.generation() + 1;
        String protocol = group.electProtocol();
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.<GroupCommand, GroupEvent>builder()
                .event(new GroupEvent.GenerationStarted(group.groupId(), generation, leader, protocol,
                        ConsumerProtocols.subscribedTopics(group, protocol), now.elapsedMs()))
                .cancel(joinTimeOver)
                .timer(new GroupCommand.SyncTimeOver(group.groupId(), generation), now.elapsedMs() + group.rebalanceTimeoutMs());
        answerJoins(group, leader, generation, protocol, now, outcome);
        return outcome.build();
    }

    private static void answerJoins(ClassicGroup group, String leader, int generation, String protocol, Moment now,
            Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        for (ClassicMember member : group.members()) {
            if (member.fresh) {
                outcome.timer(new GroupCommand.SessionOver(group.groupId(), member.memberId), now.elapsedMs() + member.sessionTimeoutMs);
            }
            if (member.awaitingJoin != null) {
                List<JoinGroupResponseMember> members = member.memberId.equals(leader) ? Answers.members(group, protocol) : List.of();
                outcome.reply(member.awaitingJoin, Answers.joined(group, member.memberId, generation, leader, protocol, members));
            }
        }
    }

    private static String leaderAmongJoined(ClassicGroup group) {
        if (group.leaderId() != null && group.member(group.leaderId()).awaitingJoin != null) {
            return group.leaderId();
        }
        for (ClassicMember member : group.members()) {
            if (member.awaitingJoin != null) {
                return member.memberId;
            }
        }
        return null;
    }

    private Outcome<GroupCommand, GroupEvent> becomeEmpty(ClassicGroup group, Moment now) {
        String protocolType = group.protocolType() == null ? "" : group.protocolType();
        ClassicGroupValue value = new ClassicGroupValue(protocolType, group.generation() + 1, null, null, now.wallMs(), List.of());
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.<GroupCommand, GroupEvent>builder()
                .cancel(new GroupCommand.JoinTimeOver(group.groupId()));
        settled(group, value.generation(), Map.of(), now, outcome);
        return outcome.event(new GroupEvent.ClassicGroupKept(group.groupId(), value)).build();
    }

    /** Adds the end of the rebalance to the group's history and to the log. */
    void settled(ClassicGroup group, int generation, Map<String, byte[]> assignments, Moment now, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        RebalanceHistory.Settled settled = group.history().settle(group, generation, assignments, now.wallMs());
        outcome.event(new GroupEvent.RebalanceSettled(group.groupId(), settled)).reply(log, settled.rebalance());
    }

    /** Those who never fetched their assignment are gone. */
    Outcome<GroupCommand, GroupEvent> syncTimeOver(ClassicGroup group, int generation) {
        boolean waiting = group.is(ClassicState.COMPLETING_REBALANCE) || group.is(ClassicState.STABLE);
        if (!waiting || generation != group.generation() || group.pendingSyncs().isEmpty()) {
            return Outcome.nothing();
        }
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        for (String memberId : group.pendingSyncs()) {
            outcome.event(new GroupEvent.MemberRemoved(group.groupId(), memberId));
        }
        return outcome.then(new GroupCommand.Settle(group.groupId(),
                group.pendingSyncs().size() + " members did not fetch their assignment in time"));
    }

    /** A member was silent for longer than it promised. */
    Outcome<GroupCommand, GroupEvent> sessionOver(ClassicGroup group, String memberId, Moment now) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        GroupEvent removed = new GroupEvent.MemberRemoved(group.groupId(), memberId);
        if (group.isPending(memberId)) {
            return outcome.event(removed).then(new GroupCommand.CompleteJoinIfAll(group.groupId()));
        }
        ClassicMember member = group.member(memberId);
        if (member == null) {
            return Outcome.nothing();
        }
        long deadlineMs = member.aliveByWaiting() ? now.elapsedMs() + member.sessionTimeoutMs : member.sessionDeadlineMs;
        if (deadlineMs > now.elapsedMs()) {
            return outcome.timer(new GroupCommand.SessionOver(group.groupId(), memberId), deadlineMs).build();
        }
        if (member.awaitingJoin != null) {
            outcome.reply(member.awaitingJoin, Answers.joinError("", Errors.UNKNOWN_MEMBER_ID));
        }
        return outcome.event(removed).then(new GroupCommand.Settle(group.groupId(), "session of member " + memberId + " ran out"));
    }
}
