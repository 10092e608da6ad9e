// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import io.ottla.group.GuestGroups.GuestCommand;
import io.ottla.group.GuestGroups.GuestEvent;
import io.ottla.topic.TopicView;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ShareGroupHeartbeatResponseData;
import org.apache.kafka.common.message.ShareGroupHeartbeatResponseData.TopicPartitions;
import org.apache.kafka.common.protocol.Errors;

/**
 * Decides heartbeats of share group members (KIP-932). A change of the members, of what they subscribe to, or of those
 * topics begins a group epoch; each epoch gets an assignment, and each member hears its part of it with its next heartbeat.
 */
final class Heartbeating {
    private final TopicView topics;

    Heartbeating(TopicView topics) {
        this.topics = topics;
    }

    static Outcome<GuestCommand, GuestEvent> refuse(MembershipCommand.Heartbeat heartbeat, Errors error, String message) {
        ShareGroupHeartbeatResponseData response = new ShareGroupHeartbeatResponseData().setErrorCode(error.code()).setErrorMessage(message);
        return Outcome.reply(heartbeat.caller(), new MembershipCommand.HeartbeatAnswer(response, Map.of(), 0));
    }

    Outcome<GuestCommand, GuestEvent> decide(ShareGroup group, ShareGroupConfig config, MembershipCommand.Heartbeat heartbeat, Moment now) {
        ShareMember known = group.members().get(heartbeat.memberId());
        if (heartbeat.memberEpoch() < 0) {
            return known == null ? unknown(heartbeat) : leave(group, heartbeat);
        }
        if (known == null && group.members().size() >= config.maxSize()) {
            return refuse(heartbeat, Errors.GROUP_MAX_SIZE_REACHED, "The share group has reached its maximum capacity of "
                    + config.maxSize() + " members.");
        }
        if (known == null && heartbeat.memberEpoch() > 0) {
            return unknown(heartbeat);
        }
        if (known != null && fenced(known, heartbeat.memberEpoch())) {
            return refuse(heartbeat, Errors.FENCED_MEMBER_EPOCH, "The member comes with epoch " + heartbeat.memberEpoch()
                    + " where " + known.epoch() + " is expected. It must give up its partitions and join again.");
        }
        ShareMember member = described(known == null ? ShareMember.unknown(heartbeat.memberId()) : known, heartbeat);
        return new Step(group, config, heartbeat, now, known, member).take();
    }

    private static Outcome<GuestCommand, GuestEvent> unknown(MembershipCommand.Heartbeat heartbeat) {
        return refuse(heartbeat, Errors.UNKNOWN_MEMBER_ID,
                "Member " + heartbeat.memberId() + " is not a member of group " + heartbeat.groupId() + ".");
    }

    /** A member may begin anew, and may not have heard of its last epoch. */
    private static boolean fenced(ShareMember known, int epoch) {
        return epoch != 0 && epoch != known.epoch() && epoch != known.previousEpoch();
    }

    private static ShareMember described(ShareMember member, MembershipCommand.Heartbeat heartbeat) {
        return member.described(
                heartbeat.rackId() == null ? member.rackId() : heartbeat.rackId(),
                heartbeat.clientId(),
                heartbeat.clientHost(),
                heartbeat.subscribed() == null ? member.subscribed() : List.copyOf(new TreeSet<>(heartbeat.subscribed())));
    }

    private static Outcome<GuestCommand, GuestEvent> leave(ShareGroup group, MembershipCommand.Heartbeat heartbeat) {
        ShareGroupHeartbeatResponseData response = new ShareGroupHeartbeatResponseData()
                .setMemberId(heartbeat.memberId()).setMemberEpoch(heartbeat.memberEpoch());
        Outcome.Builder<GuestCommand, GuestEvent> outcome = Outcome.builder();
        remove(group, heartbeat.memberId(), outcome);
        return outcome.reply(heartbeat.caller(), new MembershipCommand.HeartbeatAnswer(response, Map.of(), 0)).build();
    }

    /** Takes a member out of the group. */
    static void remove(ShareGroup group, String memberId, Outcome.Builder<GuestCommand, GuestEvent> outcome) {
        outcome.event(new MembershipEvent.ToldRemoved(group.groupId, memberId));
        outcome.event(new MembershipEvent.TargetRemoved(group.groupId, memberId));
        outcome.event(new MembershipEvent.MemberRemoved(group.groupId, memberId));
        outcome.event(new MembershipEvent.GroupKept(group.groupId, group.epoch() + 1, group.topicsHash()));
        if (group.members().size() == 1) {
            // Nobody is left to assign anything to, and whoever comes next need not wait for it.
            outcome.event(new MembershipEvent.TargetComputed(group.groupId, group.epoch() + 1, 0));
        }
        outcome.cancel(new MembershipCommand.SessionOver(group.groupId, memberId));
    }

    /** Once partitions are ready, the heartbeat that found them missing goes on. */
    Outcome<GuestCommand, GuestEvent> ready(ShareGroup group, MembershipCommand.PartitionsAreReady ready) {
        Outcome.Builder<GuestCommand, GuestEvent> outcome = Outcome.builder();
        outcome.event(new MembershipEvent.PartitionsReady(group.groupId, group.ready().with(ready.partitions())));
        if (group.assignmentEpoch() == group.epoch()) {
            outcome.event(new MembershipEvent.GroupKept(group.groupId, group.epoch() + 1, group.topicsHash()));
        }
        ShareMember member = group.members().get(ready.heartbeat().memberId());
        return outcome.then(member == null ? ready.heartbeat() : ready.heartbeat().told(member.subscribed()));
    }

    /** One heartbeat of a member that belongs to the group, or is about to. */
    private final class Step {
        private final ShareGroup group;
        private final ShareGroupConfig config;
        private final MembershipCommand.Heartbeat heartbeat;
        private final Moment now;
        private final ShareMember known;
        private final ShareMember member;
        private final Map<String, ShareMember> members;
        private final Outcome.Builder<GuestCommand, GuestEvent> outcome = Outcome.builder();
        private Map<String, Assignment> target;
        private int groupEpoch;
        private int assignmentEpoch;

        private Step(
                ShareGroup group, ShareGroupConfig config, MembershipCommand.Heartbeat heartbeat, Moment now, ShareMember known, ShareMember member) {
            this.group = group;
            this.config = config;
            this.heartbeat = heartbeat;
            this.now = now;
            this.known = known;
            this.member = member;
            this.members = new TreeMap<>(group.members());
            members.put(member.memberId(), member);
            target = group.target();
            groupEpoch = group.epoch();
            assignmentEpoch = group.assignmentEpoch();
        }

        private Outcome<GuestCommand, GuestEvent> take() {
            outcome.timer(new MembershipCommand.SessionOver(group.groupId, member.memberId()), now.elapsedMs() + config.sessionTimeoutMs());
            keepMember();
            Map<Uuid, ReadyPartitions.Partitions> missing = missing();
            boolean due = assignmentEpoch == 0 || now.wallMs() - group.assignedMs() >= config.assignmentIntervalMs();
            if (missing.isEmpty() && assignmentEpoch < groupEpoch && due) {
                assign();
            }
            Assignment assigned = target.getOrDefault(member.memberId(), Assignment.NONE);
            boolean changed = !assigned.equals(member.assigned());
            if (changed || member.epoch() != assignmentEpoch) {
                outcome.event(new MembershipEvent.MemberTold(
                        group.groupId, member.memberId(), assignmentEpoch, member.epoch(), assigned));
            }
            ShareGroupHeartbeatResponseData response = new ShareGroupHeartbeatResponseData()
                    .setMemberId(member.memberId()).setMemberEpoch(assignmentEpoch).setHeartbeatIntervalMs(config.heartbeatIntervalMs());
            if (changed || heartbeat.complete()) {
                response.setAssignment(toResponse(assigned));
            }
            return outcome.reply(heartbeat.caller(), new MembershipCommand.HeartbeatAnswer(response, missing, groupEpoch)).build();
        }

        private void keepMember() {
            if (known == null || !known.describedLike(member)) {
                outcome.event(new MembershipEvent.MemberKept(
                        group.groupId, member.memberId(), member.rackId(), member.clientId(), member.clientHost(), member.subscribed()));
            }
            long hash = topicsHash(members.values());
            if (known == null || !known.subscribed().equals(member.subscribed()) || hash != group.topicsHash()) {
                groupEpoch++;
                outcome.event(new MembershipEvent.GroupKept(group.groupId, groupEpoch, hash));
            }
        }

        private Map<Uuid, ReadyPartitions.Partitions> missing() {
            Map<Uuid, ReadyPartitions.Partitions> missing = new HashMap<>();
            for (TopicView.Known topic : subscribedTopics(members.values())) {
                SortedSet<Integer> indexes = new TreeSet<>();
                for (int i = 0; i < topic.partitions(); i++) {
                    if (!group.ready().has(topic.id(), i)) {
                        indexes.add(i);
                    }
                }
                if (!indexes.isEmpty()) {
                    missing.put(topic.id(), new ReadyPartitions.Partitions(topic.name(), indexes));
                }
            }
            return missing;
        }

        private void assign() {
            Map<Uuid, SortedSet<Integer>> partitions = new HashMap<>();
            Map<String, Uuid> ids = new HashMap<>();
            for (TopicView.Known topic : subscribedTopics(members.values())) {
                ids.put(topic.name(), topic.id());
                partitions.put(topic.id(), group.ready().initialized().get(topic.id()).indexes());
            }
            Map<String, Set<Uuid>> subscriptions = new HashMap<>();
            members.forEach((id, each) -> {
                Set<Uuid> subscribed = new HashSet<>();
                each.subscribed().stream().filter(ids::containsKey).forEach(name -> subscribed.add(ids.get(name)));
                subscriptions.put(id, subscribed);
            });
            target = SimpleAssignor.assign(subscriptions, partitions, group.target());
            assignmentEpoch = groupEpoch;
            new TreeMap<>(target).forEach((id, assignment) -> {
                if (!assignment.equals(group.target().get(id))) {
                    outcome.event(new MembershipEvent.TargetKept(group.groupId, id, assignment));
                }
            });
            outcome.event(new MembershipEvent.TargetComputed(group.groupId, assignmentEpoch, now.wallMs()));
        }
    }

    private static ShareGroupHeartbeatResponseData.Assignment toResponse(Assignment assigned) {
        ShareGroupHeartbeatResponseData.Assignment response = new ShareGroupHeartbeatResponseData.Assignment();
        assigned.partitions().forEach((topic, indexes) -> response.topicPartitions()
                .add(new TopicPartitions().setTopicId(topic).setPartitions(List.copyOf(indexes))));
        return response;
    }

    private List<TopicView.Known> subscribedTopics(Collection<ShareMember> members) {
        Set<String> names = new TreeSet<>();
        members.forEach(member -> names.addAll(member.subscribed()));
        return names.stream().map(topics::find).filter(java.util.Objects::nonNull).toList();
    }

    /** Changes when one of the topics is created, deleted, made anew or grows. */
    private long topicsHash(Collection<ShareMember> members) {
        long hash = 0;
        for (TopicView.Known topic : subscribedTopics(members)) {
            hash = hash * 31 + topic.id().getMostSignificantBits();
            hash = hash * 31 + topic.id().getLeastSignificantBits();
            hash = hash * 31 + topic.partitions();
        }
        return hash;
    }
}
