// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupResponseData.MemberResponse;
import org.apache.kafka.common.protocol.Errors;

/** Heartbeat and LeaveGroup in a classic group. */
final class MemberDecisions {
    private MemberDecisions() {}

    /** Answers NONE, or REBALANCE_IN_PROGRESS to call the member back, or why it is no member. */
    static Outcome<GroupCommand, GroupEvent> heartbeat(ClassicGroup group, GroupCommand.Heartbeat heartbeat, Moment now) {
        Errors error = Membership.check(group, heartbeat.memberId(), heartbeat.instanceId(), heartbeat.generation());
        if (error != Errors.NONE) {
            return Outcome.reply(heartbeat.caller(), error);
        }
        ClassicMember member = group.member(heartbeat.memberId());
        GroupEvent heard = new GroupEvent.SessionProlonged(group.groupId(), member.memberId, now.elapsedMs() + member.sessionTimeoutMs);
        return Outcome.of(List.of(heard), heartbeat.caller(),
                group.is(ClassicState.PREPARING_REBALANCE) ? Errors.REBALANCE_IN_PROGRESS : Errors.NONE);
    }

    /** Answers for each member; those who could leave have left, and the others rebalance. */
    static Outcome<GroupCommand, GroupEvent> leave(ClassicGroup group, GroupCommand.Leave leave) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        List<MemberResponse> responses = new ArrayList<>();
        Set<String> left = new LinkedHashSet<>();
        boolean pendingLeft = false;
        for (MemberIdentity each : leave.members()) {
            pendingLeft |= group.isPending(each.memberId());
            responses.add(new MemberResponse()
                    .setMemberId(each.memberId())
                    .setGroupInstanceId(each.groupInstanceId())
                    .setErrorCode(leave(group, each, left, outcome).code()));
        }
        outcome.reply(leave.caller(), new LeaveGroupResponseData().setMembers(responses));
        if (!left.isEmpty()) {
            return outcome.then(new GroupCommand.Settle(group.groupId(), "members " + left + " left"));
        }
        return pendingLeft ? outcome.then(new GroupCommand.CompleteJoinIfAll(group.groupId())) : outcome.build();
    }

    private static Errors leave(ClassicGroup group, MemberIdentity who, Set<String> left, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        String memberId = who.memberId();
        if (memberId.isEmpty() && who.groupInstanceId() != null) {
            // An operator removes a static member without knowing its id (KIP-345).
            memberId = group.memberIdOf(who.groupInstanceId());
        }
        if (memberId == null || left.contains(memberId)) {
            return Errors.UNKNOWN_MEMBER_ID;
        }
        if (group.isPending(memberId)) {
            outcome.event(new GroupEvent.MemberRemoved(group.groupId(), memberId));
            return Errors.NONE;
        }
        Errors error = Membership.check(group, memberId, who.groupInstanceId());
        if (error == Errors.NONE) {
            remove(group, group.member(memberId), outcome);
            left.add(memberId);
        }
        return error;
    }

    private static void remove(ClassicGroup group, ClassicMember member, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        outcome.event(new GroupEvent.MemberRemoved(group.groupId(), member.memberId));
        if (member.awaitingJoin != null) {
            outcome.reply(member.awaitingJoin, Answers.joinError("", Errors.UNKNOWN_MEMBER_ID));
        }
        if (member.awaitingSync != null) {
            outcome.reply(member.awaitingSync, Answers.syncError(Errors.UNKNOWN_MEMBER_ID));
        }
    }
}
