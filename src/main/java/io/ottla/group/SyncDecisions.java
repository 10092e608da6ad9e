// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.Objects;
import org.apache.kafka.common.protocol.Errors;

/**
 * SyncGroup in a classic group: members of the current generation fetch what the leader assigns. Answers
 * UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION, INCONSISTENT_GROUP_PROTOCOL or REBALANCE_IN_PROGRESS at once;
 * followers wait for the leader.
 */
final class SyncDecisions {
    private final RebalanceDecisions rebalances;

    SyncDecisions(RebalanceDecisions rebalances) {
        this.rebalances = rebalances;
    }

    Outcome<GroupCommand, GroupEvent> decide(ClassicGroup group, GroupCommand.Sync sync, Moment now) {
        Errors error = check(group, sync);
        if (error != Errors.NONE) {
            return Outcome.reply(sync.caller(), Answers.syncError(error));
        }
        return switch (group.state()) {
            case EMPTY -> Outcome.reply(sync.caller(), Answers.syncError(Errors.UNKNOWN_MEMBER_ID));
            case PREPARING_REBALANCE -> Outcome.reply(sync.caller(), Answers.syncError(Errors.REBALANCE_IN_PROGRESS));
            case COMPLETING_REBALANCE -> group.isLeader(sync.memberId()) ? assign(group, sync, now) : park(group, sync);
            case STABLE -> fetch(group, sync, now);
        };
    }

    private static Errors check(ClassicGroup group, GroupCommand.Sync sync) {
        Errors error = Membership.check(group, sync.memberId(), sync.instanceId(), sync.generation());
        if (error != Errors.NONE) {
            return error;
        }
        boolean agrees = (sync.protocolType() == null || Objects.equals(sync.protocolType(), group.protocolType()))
                && (sync.protocolName() == null || Objects.equals(sync.protocolName(), group.protocolName()));
        return agrees ? Errors.NONE : Errors.INCONSISTENT_GROUP_PROTOCOL;
    }

    private static Outcome<GroupCommand, GroupEvent> park(ClassicGroup group, GroupCommand.Sync sync) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        ClassicMember member = group.member(sync.memberId());
        if (member.awaitingSync != null) {
            outcome.reply(member.awaitingSync, Answers.syncError(Errors.REBALANCE_IN_PROGRESS));
        }
        return outcome.event(new GroupEvent.SyncParked(group.groupId(), sync.memberId(), sync.caller())).build();
    }

    /** The leader has decided: keep it, and tell all who wait. */
    private Outcome<GroupCommand, GroupEvent> assign(ClassicGroup group, GroupCommand.Sync sync, Moment now) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        rebalances.settled(group, group.generation(), sync.assignments(), now, outcome);
        outcome.event(new GroupEvent.ClassicGroupKept(group.groupId(), ClassicGroupValue.of(group, sync.assignments(), now.wallMs())))
                .event(new GroupEvent.SyncAnswered(group.groupId(), sync.memberId()))
                .event(new GroupEvent.AssignmentSpread(group.groupId(), now.elapsedMs()))
                .reply(sync.caller(), Answers.assignment(group, Answers.assignmentOf(sync.assignments(), sync.memberId())));
        for (ClassicMember member : group.members()) {
            if (member.awaitingSync != null) {
                outcome.reply(member.awaitingSync, Answers.assignment(group, Answers.assignmentOf(sync.assignments(), member.memberId)));
            }
        }
        return cancelIfLast(group, sync, outcome).build();
    }

    private static Outcome<GroupCommand, GroupEvent> fetch(ClassicGroup group, GroupCommand.Sync sync, Moment now) {
        ClassicMember member = group.member(sync.memberId());
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.<GroupCommand, GroupEvent>builder()
                .event(new GroupEvent.SyncAnswered(group.groupId(), sync.memberId()))
                .event(new GroupEvent.SessionProlonged(group.groupId(), sync.memberId(), now.elapsedMs() + member.sessionTimeoutMs))
                .reply(sync.caller(), Answers.assignment(group, member.assignment));
        return cancelIfLast(group, sync, outcome).build();
    }

    private static Outcome.Builder<GroupCommand, GroupEvent> cancelIfLast(
            ClassicGroup group, GroupCommand.Sync sync, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        boolean last = group.pendingSyncs().isEmpty() || group.pendingSyncs().size() == 1 && group.pendingSyncs().contains(sync.memberId());
        return last ? outcome.cancel(new GroupCommand.SyncTimeOver(group.groupId(), group.generation())) : outcome;
    }
}
