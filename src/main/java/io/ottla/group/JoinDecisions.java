// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * JoinGroup in a classic group. Answers at once UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, INCONSISTENT_GROUP_PROTOCOL,
 * GROUP_MAX_SIZE_REACHED or MEMBER_ID_REQUIRED; everybody else waits until the rebalance lets all members know.
 */
final class JoinDecisions {
    /** How long a parked newcomer is believed to be there: it has no id yet to send heartbeats with. */
    static final long FRESH_MEMBER_TIMEOUT_MS = TimeUnit.MINUTES.toMillis(5);

    private final GroupSettings.Classic settings;

    JoinDecisions(GroupSettings.Classic settings) {
        this.settings = settings;
    }

    Outcome<GroupCommand, GroupEvent> decide(ClassicGroup group, GroupCommand.Join join, Moment now) {
        if (!hasRoomFor(group, join.memberId())) {
            return Outcome.of(List.of(new GroupEvent.MemberRemoved(join.groupId(), join.memberId())), join.caller(),
                    Answers.joinError("", Errors.GROUP_MAX_SIZE_REACHED));
        }
        if (!group.accepts(join.protocolType(), join.protocols())) {
            return refuse(join, Errors.INCONSISTENT_GROUP_PROTOCOL);
        }
        return join.memberId().isEmpty() ? newcomer(group, join, now) : known(group, join, now);
    }

    private boolean hasRoomFor(ClassicGroup group, String memberId) {
        return switch (group.state()) {
            case EMPTY -> true;
            case PREPARING_REBALANCE -> group.awaitingJoin() < settings.maxSize()
                    || group.hasMember(memberId) && group.member(memberId).awaitingJoin != null;
            case COMPLETING_REBALANCE, STABLE -> group.size() < settings.maxSize() || group.hasMember(memberId);
        };
    }

    private Outcome<GroupCommand, GroupEvent> newcomer(ClassicGroup group, GroupCommand.Join join, Moment now) {
        if (join.instanceId() != null) {
            String holder = group.memberIdOf(join.instanceId());
            return holder == null ? add(join, join.newMemberId(), now) : replace(group, group.member(holder), join, now);
        }
        if (!join.idFirst()) {
            return add(join, join.newMemberId(), now);
        }
        return Outcome.<GroupCommand, GroupEvent>builder()
                .event(new GroupEvent.MemberIdGiven(join.groupId(), join.newMemberId()))
                .timer(new GroupCommand.SessionOver(join.groupId(), join.newMemberId()), now.elapsedMs() + join.sessionTimeoutMs())
                .reply(join.caller(), Answers.joinError(join.newMemberId(), Errors.MEMBER_ID_REQUIRED))
                .build();
    }

    private Outcome<GroupCommand, GroupEvent> add(GroupCommand.Join join, String memberId, Moment now) {
        ClassicMember member = new ClassicMember(memberId, join.instanceId(), join.clientId(), join.clientHost());
        member.protocols = join.protocols();
        member.sessionTimeoutMs = join.sessionTimeoutMs();
        member.rebalanceTimeoutMs = join.rebalanceTimeoutMs();
        member.fresh = true;
        member.sessionDeadlineMs = now.elapsedMs() + FRESH_MEMBER_TIMEOUT_MS;
        return Outcome.<GroupCommand, GroupEvent>builder()
                .event(new GroupEvent.MemberJoined(join.groupId(), member, join.protocolType(), join.caller()))
                .timer(new GroupCommand.SessionOver(join.groupId(), memberId), member.sessionDeadlineMs)
                .then(new GroupCommand.Settle(join.groupId(), "member " + memberId + " joined" + because(join)));
    }

    private Outcome<GroupCommand, GroupEvent> known(ClassicGroup group, GroupCommand.Join join, Moment now) {
        if (group.isPending(join.memberId())) {
            return join.instanceId() == null ? add(join, join.memberId(), now) : refuse(join, Errors.UNKNOWN_SERVER_ERROR);
        }
        Errors error = Membership.check(group, join.memberId(), join.instanceId());
        if (error != Errors.NONE) {
            return refuse(join, error);
        }
        ClassicMember member = group.member(join.memberId());
        boolean same = member.protocols.equals(join.protocols());
        return switch (group.state()) {
            case EMPTY -> refuse(join, Errors.UNKNOWN_MEMBER_ID);
            case PREPARING_REBALANCE -> rejoin(member, join, "rejoins");
            // The answer to its first join may have been lost: it gets it again.
            case COMPLETING_REBALANCE -> same ? current(group, join) : rejoin(member, join, "changed its protocols");
            // A leader that joins again wants a new assignment.
            case STABLE -> group.isLeader(member.memberId) ? rejoin(member, join, "is the leader and rejoins")
                    : same ? current(group, join) : rejoin(member, join, "changed its protocols");
        };
    }

    private Outcome<GroupCommand, GroupEvent> rejoin(ClassicMember member, GroupCommand.Join join, String what) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        if (member.awaitingJoin != null) {
            outcome.reply(member.awaitingJoin, Answers.joinError(member.memberId, Errors.REBALANCE_IN_PROGRESS));
        }
        return outcome.event(update(join, member.memberId, true))
                .then(new GroupCommand.Settle(join.groupId(), "member " + member.memberId + " " + what + because(join)));
    }

    private static GroupEvent update(GroupCommand.Join join, String memberId, boolean park) {
        return new GroupEvent.MemberUpdated(join.groupId(), memberId, join.protocols(), join.sessionTimeoutMs(),
                join.rebalanceTimeoutMs(), park ? join.caller() : null);
    }

    private static Outcome<GroupCommand, GroupEvent> current(ClassicGroup group, GroupCommand.Join join) {
        return Outcome.reply(join.caller(), Answers.joined(group, join.memberId()));
    }

    /** A static member is back under a new id. In a stable group that need not disturb anybody. */
    private Outcome<GroupCommand, GroupEvent> replace(ClassicGroup group, ClassicMember old, GroupCommand.Join join, Moment now) {
        String memberId = join.newMemberId();
        boolean stable = group.is(ClassicState.STABLE);
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.<GroupCommand, GroupEvent>builder()
                .event(new GroupEvent.StaticMemberReplaced(join.groupId(), old.memberId, memberId, join.clientId(), join.clientHost()))
                .event(update(join, memberId, !stable))
                .event(new GroupEvent.SessionProlonged(join.groupId(), memberId, now.elapsedMs() + join.sessionTimeoutMs()))
                .timer(new GroupCommand.SessionOver(join.groupId(), memberId), now.elapsedMs() + join.sessionTimeoutMs());
        if (old.awaitingJoin != null) {
            outcome.reply(old.awaitingJoin, Answers.joinError(old.memberId, Errors.FENCED_INSTANCE_ID));
        }
        if (old.awaitingSync != null) {
            outcome.reply(old.awaitingSync, Answers.syncError(Errors.FENCED_INSTANCE_ID));
        }
        return outcome.then(stable ? new GroupCommand.KeepReplaced(join, group.leaderId())
                : new GroupCommand.Settle(join.groupId(), "static member " + join.instanceId() + " came back as " + memberId + because(join)));
    }

    /** The second step of a static member's return to a stable group: only another choice of protocol needs a rebalance. */
    Outcome<GroupCommand, GroupEvent> decide(ClassicGroup group, GroupCommand.KeepReplaced replaced) {
        GroupCommand.Join join = replaced.join();
        String memberId = join.newMemberId();
        if (!group.electProtocol().equals(group.protocolName())) {
            return Outcome.<GroupCommand, GroupEvent>builder().event(update(join, memberId, true))
                    .then(new GroupCommand.Settle(join.groupId(), "static member " + memberId + " changed the group's protocol"));
        }
        boolean leads = group.isLeader(memberId);
        // A leader that cannot be told to leave the assignment alone must not learn that it leads.
        JoinGroupResponseData answer = join.canSkipAssign()
                ? Answers.joined(group, memberId).setSkipAssignment(leads)
                : Answers.joined(group, memberId, group.generation(), replaced.leaderBefore(), group.protocolName(), List.of());
        return Outcome.of(List.of(new GroupEvent.ClassicGroupKept(group.groupId(),
                ClassicGroupValue.of(group, group.assignments(), group.stateSinceMs()))), join.caller(), answer);
    }

    private static String because(GroupCommand.Join join) {
        return join.reason() == null || join.reason().isEmpty() ? "" : " (" + join.reason() + ")";
    }

    static Outcome<GroupCommand, GroupEvent> refuse(GroupCommand.Join join, Errors error) {
        return Outcome.reply(join.caller(), Answers.joinError(join.memberId(), error));
    }
}
