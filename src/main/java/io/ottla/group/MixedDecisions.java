// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupResponseData.MemberResponse;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * Classic members of a consumer group (KIP-848): the broker assigns, so nobody leads. A join reports and is given the
 * member's epoch as generation, a sync fetches what the epoch gives, and a heartbeat calls back who has to move.
 */
final class MixedDecisions {
    private final ConsumerDecisions consumers;
    private final ConsumerDepartures departures;
    private final Migration migration;

    MixedDecisions(ConsumerDecisions consumers, ConsumerDepartures departures, Migration migration) {
        this.consumers = consumers;
        this.departures = departures;
        this.migration = migration;
    }

    /**
     * Answers INCONSISTENT_GROUP_PROTOCOL, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, GROUP_MAX_SIZE_REACHED or
     * MEMBER_ID_REQUIRED at once. Nothing is kept of an id that was given out: whatever id a dynamic member names is good. Only
     * who is not known and believes to own partitions must hear that it has lost them; Apache Kafka lets it go on from where it was.
     */
    Outcome<GroupCommand, GroupEvent> join(ConsumerGroup group, GroupCommand.Join join, Moment now) {
        if (migration.isDisabled() || !group.accepts(join.protocolType(), join.protocols())) {
            return refuse(join, Errors.INCONSISTENT_GROUP_PROTOCOL);
        }
        boolean newcomer = join.memberId().isEmpty();
        if (newcomer && join.instanceId() == null && consumers.isFull(group)) {
            return refuse(join, Errors.GROUP_MAX_SIZE_REACHED);
        }
        if (newcomer && join.idFirst() && join.instanceId() == null) {
            return Outcome.reply(join.caller(), Answers.joinError(join.newMemberId(), Errors.MEMBER_ID_REQUIRED));
        }
        Errors error = newcomer || join.instanceId() == null ? Errors.NONE : holds(group, join.memberId(), join.instanceId());
        if (error != Errors.NONE) {
            return refuse(join, error);
        }
        ConsumerProtocolSubscription subscription = ConsumerProtocols.subscription(join.protocols().getFirst().metadata());
        if (subscription == null) {
            return refuse(join, Errors.INCONSISTENT_GROUP_PROTOCOL);
        }
        boolean fenced = join.instanceId() == null && group.member(join.newMemberId()) == null && !subscription.ownedPartitions().isEmpty();
        return fenced ? refuse(join, Errors.UNKNOWN_MEMBER_ID) : consumers.beat(group, beat(join, subscription), now);
    }

    /** Kafka does not repeat the member's id here. */
    private static Outcome<GroupCommand, GroupEvent> refuse(GroupCommand.Join join, Errors error) {
        return Outcome.reply(join.caller(), Answers.joinError("", error));
    }

    private static GroupCommand.ConsumerBeat beat(GroupCommand.Join join, ConsumerProtocolSubscription subscription) {
        boolean nowhere = subscription.rackId() == null || subscription.rackId().isEmpty();
        return new GroupCommand.ConsumerBeat(
                join.groupId(),
                join.newMemberId(),
                ConsumerMember.JOINING,
                join.instanceId(),
                nowhere ? null : subscription.rackId(),
                join.clientId(),
                join.clientHost(),
                join.rebalanceTimeoutMs(),
                new LinkedHashSet<>(subscription.topics()),
                "",
                null,
                ConsumerProtocols.partitions(ConsumerProtocols.owned(join.protocols().getFirst().metadata()), join.image()),
                new ConsumerMember.Classic(join.sessionTimeoutMs(), join.protocols()),
                new GroupCommand.Pace(join.sessionTimeoutMs(), join.pace().heartbeatIntervalMs(), join.pace().assignmentIntervalMs()),
                join.image(),
                new Joining(join));
    }

    /** What a heartbeat would be answered, as the answer to a join. */
    private record Joining(GroupCommand.Join join) implements Caller<ConsumerGroupHeartbeatResponseData> {
        @Override
        public void answer(ConsumerGroupHeartbeatResponseData answer) {
            Errors error = Errors.forCode(answer.errorCode());
            join.caller().answer(error != Errors.NONE ? Answers.joinError("", error) : new JoinGroupResponseData()
                    .setMemberId(answer.memberId())
                    .setGenerationId(answer.memberEpoch())
                    .setProtocolType(ClassicGroup.CONSUMER_PROTOCOL_TYPE)
                    .setProtocolName(join.protocols().getFirst().name()));
        }

        @Override
        public void refuse(Errors error) {
            join.caller().refuse(error);
        }
    }

    /** Answers at once: UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION, INCONSISTENT_GROUP_PROTOCOL, REBALANCE_IN_PROGRESS, or the assignment. */
    Outcome<GroupCommand, GroupEvent> sync(ConsumerGroup group, GroupCommand.Sync sync, Moment now) {
        Errors error = check(group, sync.memberId(), sync.instanceId(), sync.generation());
        if (error != Errors.NONE) {
            return Outcome.reply(sync.caller(), Answers.syncError(error));
        }
        ConsumerMember member = group.member(sync.memberId());
        ConsumerMember.Classic classic = member.subscription().classic();
        boolean agrees = (sync.protocolType() == null || sync.protocolType().equals(ClassicGroup.CONSUMER_PROTOCOL_TYPE))
                && (sync.protocolName() == null || sync.protocolName().equals(classic.protocolName()));
        if (!agrees) {
            return Outcome.reply(sync.caller(), Answers.syncError(Errors.INCONSISTENT_GROUP_PROTOCOL));
        }
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        if (member.epoch() < group.assignmentEpoch() && member.current().state() != ConsumerMember.State.UNREVOKED_PARTITIONS) {
            callBack(group, member, now, outcome);
            return outcome.reply(sync.caller(), Answers.syncError(Errors.REBALANCE_IN_PROGRESS)).build();
        }
        outcome.event(new GroupEvent.ClassicMemberOwes(group.groupId(), member.memberId(), Long.MAX_VALUE));
        return heard(group, member, now, outcome).reply(sync.caller(), new SyncGroupResponseData()
                .setProtocolType(sync.protocolType())
                .setProtocolName(sync.protocolName())
                .setAssignment(ConsumerProtocols.assignment(member.current().assigned(), group.topics(), classic.version()))).build();
    }

    /** Answers REBALANCE_IN_PROGRESS to a member that can get nearer to its target by joining again. */
    Outcome<GroupCommand, GroupEvent> heartbeat(ConsumerGroup group, GroupCommand.Heartbeat heartbeat, Moment now) {
        Errors error = check(group, heartbeat.memberId(), heartbeat.instanceId(), heartbeat.generation());
        if (error != Errors.NONE) {
            return Outcome.reply(heartbeat.caller(), error);
        }
        ConsumerMember member = group.member(heartbeat.memberId());
        Outcome.Builder<GroupCommand, GroupEvent> outcome = heard(group, member, now, Outcome.builder());
        boolean canMove = member.epoch() < group.assignmentEpoch() || switch (member.current().state()) {
            case STABLE -> false;
            case UNREVOKED_PARTITIONS -> true;
            case UNRELEASED_PARTITIONS -> !group.isWaiting(member);
        };
        if (canMove) {
            callBack(group, member, now, outcome);
        }
        return outcome.reply(heartbeat.caller(), canMove ? Errors.REBALANCE_IN_PROGRESS : Errors.NONE).build();
    }

    private static Outcome.Builder<GroupCommand, GroupEvent> heard(
            ConsumerGroup group, ConsumerMember member, Moment now, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        int timeoutMs = member.subscription().classic().sessionTimeoutMs();
        return outcome.event(new GroupEvent.ConsumerHeard(group.groupId(), member.memberId(), now.elapsedMs() + timeoutMs, timeoutMs));
    }

    /** The member has its rebalance timeout to join again; being told twice does not prolong it. */
    private static void callBack(ConsumerGroup group, ConsumerMember member, Moment now, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        if (group.owesUntilMs(member.memberId()) == Long.MAX_VALUE) {
            long untilMs = now.elapsedMs() + member.subscription().rebalanceTimeoutMs();
            outcome.event(new GroupEvent.ClassicMemberOwes(group.groupId(), member.memberId(), untilMs));
            outcome.timer(new GroupCommand.ClassicMemberLate(group.groupId(), member.memberId()), untilMs);
        }
    }

    private static Errors holds(ConsumerGroup group, String memberId, String instanceId) {
        ConsumerMember member = instanceId == null ? group.member(memberId) : group.byInstance(instanceId);
        return member == null ? Errors.UNKNOWN_MEMBER_ID : member.memberId().equals(memberId) ? Errors.NONE : Errors.FENCED_INSTANCE_ID;
    }

    private static Errors check(ConsumerGroup group, String memberId, String instanceId, int generation) {
        Errors error = holds(group, memberId, instanceId);
        if (error != Errors.NONE) {
            return error;
        }
        ConsumerMember member = group.member(memberId);
        return !member.isClassic() ? Errors.UNKNOWN_MEMBER_ID : member.epoch() != generation ? Errors.ILLEGAL_GENERATION : Errors.NONE;
    }

    /** Answers for each member, whatever protocol it speaks; an operator may name a static one by its identity alone. */
    Outcome<GroupCommand, GroupEvent> leave(ConsumerGroup group, GroupCommand.Leave leave, Moment now) {
        Set<ConsumerMember> gone = new LinkedHashSet<>();
        List<MemberResponse> responses = new ArrayList<>();
        for (MemberIdentity each : leave.members()) {
            boolean byIdentity = each.groupInstanceId() != null && each.memberId().isEmpty();
            ConsumerMember member = byIdentity ? group.byInstance(each.groupInstanceId()) : group.member(each.memberId());
            Errors error = byIdentity ? (member == null ? Errors.UNKNOWN_MEMBER_ID : Errors.NONE)
                    : holds(group, each.memberId(), each.groupInstanceId());
            if (error == Errors.NONE) {
                gone.add(member);
            }
            responses.add(new MemberResponse().setMemberId(each.memberId()).setGroupInstanceId(each.groupInstanceId()).setErrorCode(error.code()));
        }
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        outcome.reply(leave.caller(), new LeaveGroupResponseData().setMembers(responses));
        return gone.isEmpty() ? outcome.build() : departures.depart(group, gone, gone.size() + " members left", group.topics(), now, outcome);
    }
}
