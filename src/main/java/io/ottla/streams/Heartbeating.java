// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import io.ottla.group.GuestGroups.GuestCommand;
import io.ottla.group.GuestGroups.GuestEvent;
import io.ottla.streams.StreamsCommand.Heartbeat;
import io.ottla.streams.StreamsCommand.HeartbeatAnswer;
import io.ottla.topic.TopicView;
import java.util.List;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * Who may send a heartbeat to a streams group, and what becomes of members that leave or are silent. Answers
 * GROUP_ID_NOT_FOUND, UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, FENCED_INSTANCE_ID, UNRELEASED_INSTANCE_ID,
 * GROUP_MAX_SIZE_REACHED, INVALID_REQUEST or STREAMS_INVALID_TOPOLOGY.
 */
final class Heartbeating {
    private final TopicView topics;

    Heartbeating(TopicView topics) {
        this.topics = topics;
    }

    /** @param group an empty one, unknown to the shard, if there is none yet */
    Outcome<GuestCommand, GuestEvent> decide(StreamsGroup group, StreamsGroupConfig config, Heartbeat heartbeat, Moment now) {
        if (heartbeat.epoch() < StreamsMember.JOINING) {
            return leave(group, heartbeat);
        }
        StreamsMember holder = heartbeat.instanceId() == null ? null : group.byInstance(heartbeat.instanceId());
        StreamsMember known = holder == null ? group.member(heartbeat.memberId()) : holder;
        boolean full = known == null && group.members().size() >= config.maxSize();
        Refusal refusal = heartbeat.joins() && full
                ? new Refusal(Errors.GROUP_MAX_SIZE_REACHED, "The streams group has reached its maximum capacity of " + config.maxSize() + " members.")
                : check(group, heartbeat, known, holder);
        return refusal != null ? refuse(heartbeat, refusal.error, refusal.message)
                : new HeartbeatStep(group, config, topics, heartbeat, now, known).take();
    }

    private record Refusal(Errors error, String message) {}

    /** Null if the member may go on. */
    private static Refusal check(StreamsGroup group, Heartbeat heartbeat, StreamsMember known, StreamsMember holder) {
        if (heartbeat.instanceId() != null) {
            Refusal refusal = checkStatic(heartbeat, holder);
            if (refusal != null || heartbeat.joins()) {
                return refusal;
            }
        }
        if (known == null) {
            return heartbeat.joins() ? null : unknown(group, heartbeat);
        }
        return heartbeat.joins() || heartbeat.epoch() == known.epoch() || lostItsLastAnswer(known, heartbeat) ? null : fenced(heartbeat, known);
    }

    private static Refusal checkStatic(Heartbeat heartbeat, StreamsMember holder) {
        if (holder == null) {
            return heartbeat.joins() ? null : new Refusal(Errors.UNKNOWN_MEMBER_ID, "Instance id " + heartbeat.instanceId() + " is unknown.");
        }
        if (heartbeat.joins()) {
            return holder.epoch() == StreamsMember.GONE_FOR_A_MOMENT ? null : new Refusal(Errors.UNRELEASED_INSTANCE_ID,
                    "Static member " + heartbeat.memberId() + " with instance id " + heartbeat.instanceId()
                            + " cannot join the group because the instance id is owned by " + holder.memberId() + " member.");
        }
        return holder.memberId().equals(heartbeat.memberId()) ? null : fencedInstance(heartbeat, holder);
    }

    private static Refusal fencedInstance(Heartbeat heartbeat, StreamsMember holder) {
        return new Refusal(Errors.FENCED_INSTANCE_ID, "Static member " + heartbeat.memberId() + " with instance id " + heartbeat.instanceId()
                + " was fenced by member " + holder.memberId() + ".");
    }

    private static Refusal unknown(StreamsGroup group, Heartbeat heartbeat) {
        return new Refusal(Errors.UNKNOWN_MEMBER_ID, "Member " + heartbeat.memberId() + " is not a member of group " + group.groupId + ".");
    }

    private static Refusal fenced(Heartbeat heartbeat, StreamsMember known) {
        String than = heartbeat.epoch() > known.epoch() ? "greater" : "smaller";
        return new Refusal(Errors.FENCED_MEMBER_EPOCH, "The streams group member has a " + than + " member epoch (" + heartbeat.epoch()
                + ") than the one known by the group coordinator (" + known.epoch() + "). The member must abandon all its partitions and rejoin.");
    }

    /** The member may not have got its new epoch; it goes on if it has nothing that it should not. */
    private static boolean lostItsLastAnswer(StreamsMember member, Heartbeat heartbeat) {
        return heartbeat.epoch() < member.epoch() && heartbeat.epoch() == member.current().previousEpoch()
                && heartbeat.owned() != null && member.current().assigned().roles().containsAll(heartbeat.owned());
    }

    static Outcome<GuestCommand, GuestEvent> refuse(Heartbeat heartbeat, Errors error, String message) {
        return Outcome.reply(heartbeat.caller(), new HeartbeatAnswer(
                new StreamsGroupHeartbeatResponseData().setErrorCode(error.code()).setErrorMessage(message), List.of()));
    }

    private static Outcome<GuestCommand, GuestEvent> leave(StreamsGroup group, Heartbeat heartbeat) {
        StreamsMember member = heartbeat.instanceId() == null ? group.member(heartbeat.memberId()) : group.byInstance(heartbeat.instanceId());
        if (member == null) {
            Refusal refusal = heartbeat.instanceId() == null ? unknown(group, heartbeat)
                    : new Refusal(Errors.UNKNOWN_MEMBER_ID, "Instance id " + heartbeat.instanceId() + " is unknown.");
            return refuse(heartbeat, refusal.error, refusal.message);
        }
        if (!member.memberId().equals(heartbeat.memberId())) {
            Refusal refusal = fencedInstance(heartbeat, member);
            return refuse(heartbeat, refusal.error, refusal.message);
        }
        Outcome.Builder<GuestCommand, GuestEvent> outcome = Outcome.builder();
        if (heartbeat.shutdown()) {
            outcome.event(new StreamsEvent.ShutdownAsked(group.groupId, member.memberId()));
        }
        boolean comesBack = heartbeat.epoch() == StreamsMember.GONE_FOR_A_MOMENT && member.isStatic();
        if (comesBack) {
            outcome.event(new StreamsEvent.CurrentKept(group.groupId, member.memberId(), new StreamsMember.Current(
                    StreamsMember.GONE_FOR_A_MOMENT, member.current().previousEpoch(), member.current().state(),
                    member.current().assigned().sinceEver(), Holding.NONE)));
        } else {
            fence(group, member, outcome);
        }
        StreamsGroupHeartbeatResponseData response = new StreamsGroupHeartbeatResponseData()
                .setMemberId(heartbeat.memberId()).setMemberEpoch(comesBack ? StreamsMember.GONE_FOR_A_MOMENT : heartbeat.epoch()).setStatus(List.of());
        return outcome.reply(heartbeat.caller(), new HeartbeatAnswer(response, List.of())).build();
    }

    /** A member that was silent for too long, or did not give up its tasks in time. */
    static Outcome<GuestCommand, GuestEvent> fence(StreamsGroup group, StreamsMember member) {
        Outcome.Builder<GuestCommand, GuestEvent> outcome = Outcome.builder();
        fence(group, member, outcome);
        return outcome.build();
    }

    /** Takes a member out. An empty group is at its target: its next member need not wait for anything. */
    private static void fence(StreamsGroup group, StreamsMember member, Outcome.Builder<GuestCommand, GuestEvent> outcome) {
        remove(group, member.memberId(), outcome);
        outcome.event(new StreamsEvent.GroupKept(group.groupId, group.epoch() + 1, group.topicsHash(), group.validatedEpoch(), group.configs()));
        if (group.members().size() == 1) {
            outcome.event(new StreamsEvent.TargetComputed(group.groupId, group.epoch() + 1, 0));
        }
    }

    static void remove(StreamsGroup group, String memberId, Outcome.Builder<GuestCommand, GuestEvent> outcome) {
        outcome.event(new StreamsEvent.CurrentRemoved(group.groupId, memberId));
        outcome.event(new StreamsEvent.TargetRemoved(group.groupId, memberId));
        outcome.event(new StreamsEvent.MemberRemoved(group.groupId, memberId));
        outcome.cancel(new StreamsCommand.SessionOver(group.groupId, memberId));
    }
}
