// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.apache.kafka.common.protocol.Errors;

/**
 * Groups change their protocol while members are in them (KIP-848): the first member of the consumer protocol makes a
 * consumer group of a classic one, and the last such member that goes leaves a classic group behind.
 */
final class Migration {
    private final GroupSettings.MigrationPolicy policy;
    private final int maxClassicSize;
    private final int maxConsumerSize;

    Migration(GroupSettings settings) {
        policy = settings.consumer().migration();
        maxClassicSize = settings.classic().maxSize();
        maxConsumerSize = settings.consumer().maxSize();
    }

    boolean isDisabled() {
        return policy == GroupSettings.MigrationPolicy.DISABLED;
    }

    /** Makes a consumer group of a classic one for the member that joins with {@code beat}, which is decided next; GROUP_ID_NOT_FOUND if that cannot be. */
    Outcome<GroupCommand, GroupEvent> upgrade(ClassicGroup group, GroupCommand.ConsumerBeat beat, Moment now) {
        String obstacle = obstacle(group);
        if (obstacle != null) {
            return refuse(beat, Errors.GROUP_ID_NOT_FOUND, "Cannot upgrade classic group " + group.groupId() + " to consumer group because " + obstacle + ".");
        }
        boolean known = group.hasMember(beat.memberId()) || beat.instanceId() != null && group.memberIdOf(beat.instanceId()) != null;
        if (!known && group.size() >= maxConsumerSize) {
            return refuse(beat, Errors.GROUP_MAX_SIZE_REACHED, "The consumer group has reached its maximum capacity of " + maxConsumerSize + " members.");
        }
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        callBack(group, outcome);
        Map<String, Partitions> unrevoked = unrevoked(group, beat.image());
        List<ConsumerMember> members = group.members().stream()
                .map(each -> modern(group, each, unrevoked.getOrDefault(each.memberId, Partitions.NONE), beat.image())).toList();
        keep(group, members, known && isUnfinished(group, members, beat.image()) ? group.generation() + 1 : group.generation(), beat.image(), outcome);
        for (ConsumerMember member : members) {
            int timeoutMs = member.subscription().classic().sessionTimeoutMs();
            outcome.event(new GroupEvent.ConsumerHeard(group.groupId(), member.memberId(), now.elapsedMs() + timeoutMs, timeoutMs));
            outcome.timer(new GroupCommand.ConsumerSessionOver(group.groupId(), member.memberId()), now.elapsedMs() + timeoutMs);
        }
        group.history().ended().forEach(each -> outcome.event(new GroupEvent.ConsumerRebalanced(group.groupId(), each)));
        return outcome.then(beat);
    }

    /**
     * Whether a rebalance is under way, or another one has to follow as cooperative members give partitions up before others get them. A newcomer
     * moves the epoch on anyway; a static member that comes back with what it had does not, and what the rebalance was for would never be assigned.
     */
    private static boolean isUnfinished(ClassicGroup group, List<ConsumerMember> members, TopicsImage image) {
        if (group.state() != ClassicState.STABLE) {
            return true;
        }
        Set<String> topics = new HashSet<>();
        members.forEach(each -> topics.addAll(each.subscription().topics()));
        for (String topic : topics) {
            TopicsImage.Entry entry = image.byName().get(topic);
            Set<Integer> assigned = new HashSet<>();
            members.forEach(each -> assigned.addAll(entry == null ? Set.<Integer>of() : each.current().assigned().byTopic().getOrDefault(entry.id(), Set.of())));
            if (entry != null && assigned.size() < entry.partitions()) {
                return true;
            }
        }
        return false;
    }

    private static Outcome<GroupCommand, GroupEvent> refuse(GroupCommand.ConsumerBeat beat, Errors error, String message) {
        return Outcome.reply(beat.caller(), new ConsumerGroupHeartbeatResponseData().setErrorCode(error.code()).setErrorMessage(message));
    }

    /** Null if nothing stands against an upgrade. */
    private String obstacle(ClassicGroup group) {
        if (!policy.upgrades) {
            return "online upgrade is disabled";
        }
        if (!group.speaksConsumerProtocol()) {
            return "the group does not use the consumer embedded protocol";
        }
        if (group.size() > maxConsumerSize) {
            return "the group size exceeds the consumer group maximum size";
        }
        try {
            for (ClassicMember member : group.members()) {
                if (ConsumerProtocols.subscription(metadata(group, member)) == null) {
                    return "the embedded consumer protocol is malformed";
                }
                if (ConsumerProtocols.hasUserData(member.assignment)) {
                    return "an unsupported custom assignor is in use. Please refer to the documentation or switch to a default assignor"
                            + " before re-attempting the upgrade";
                }
            }
        } catch (RuntimeException notAnAssignment) {
            return "the embedded consumer protocol is malformed";
        }
        return null;
    }

    /** What the member says under the group's protocol; a group that is on its way to the first one has none yet. */
    private static byte[] metadata(ClassicGroup group, ClassicMember member) {
        String protocol = group.protocolName();
        return protocol != null && member.supports(protocol) ? member.metadata(protocol) : member.protocols.getFirst().metadata();
    }

    /** Everybody who waits is told to come again, and no timer of the classic group is left. */
    private static void callBack(ClassicGroup group, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        outcome.cancel(new GroupCommand.JoinTimeOver(group.groupId()));
        outcome.cancel(new GroupCommand.SyncTimeOver(group.groupId(), group.generation()));
        for (ClassicMember member : group.members()) {
            if (member.awaitingJoin != null) {
                outcome.reply(member.awaitingJoin, Answers.joinError(member.memberId, Errors.REBALANCE_IN_PROGRESS));
            }
            if (member.awaitingSync != null) {
                outcome.reply(member.awaitingSync, Answers.syncError(Errors.REBALANCE_IN_PROGRESS));
            }
        }
    }

    private record Claim(String memberId, int generation) {}

    /**
     * By member id, what cooperative members owned when they joined the generation and nobody was assigned in it: they give it up, and others would have got
     * it in the next one. Apache Kafka takes it for free. Of two who believe to own a partition, the one with the later generation does.
     */
    private static Map<String, Partitions> unrevoked(ClassicGroup group, TopicsImage image) {
        Map<TopicPartition, Claim> claims = new HashMap<>();
        for (ClassicMember member : group.members()) {
            byte[] metadata = metadata(group, member);
            Claim claim = new Claim(member.memberId, ConsumerProtocols.subscription(metadata).generationId());
            ConsumerProtocols.owned(metadata).forEach(
                    each -> claims.merge(each, claim, (one, other) -> one.generation >= other.generation ? one : other));
        }
        group.members().forEach(member -> ConsumerProtocols.assigned(member.assignment).forEach(claims::remove));
        Map<String, List<TopicPartition>> unrevoked = new HashMap<>();
        claims.forEach((partition, claim) -> unrevoked.computeIfAbsent(claim.memberId, id -> new ArrayList<>()).add(partition));
        Map<String, Partitions> found = new HashMap<>();
        unrevoked.forEach((memberId, partitions) -> found.put(memberId, ConsumerProtocols.partitions(partitions, image)));
        return found;
    }

    private static ConsumerMember modern(ClassicGroup group, ClassicMember member, Partitions unrevoked, TopicsImage image) {
        ConsumerProtocolSubscription subscription = ConsumerProtocols.subscription(metadata(group, member));
        String rackId = subscription.rackId() == null || subscription.rackId().isEmpty() ? null : subscription.rackId();
        Partitions assigned = ConsumerProtocols.partitions(ConsumerProtocols.assigned(member.assignment), image);
        return new ConsumerMember(member.memberId,
                new ConsumerMember.Subscription(member.instanceId, rackId, member.clientId, member.clientHost,
                        new LinkedHashSet<>(subscription.topics()), null, member.rebalanceTimeoutMs, null,
                        new ConsumerMember.Classic(member.sessionTimeoutMs, member.protocols)),
                new ConsumerMember.Current(group.generation(), group.generation(),
                        unrevoked.isEmpty() ? ConsumerMember.State.STABLE : ConsumerMember.State.UNREVOKED_PARTITIONS, assigned, unrevoked,
                        AssignmentEpochs.of(assigned.plus(unrevoked), group.generation())));
    }

    /** The group's records, in Kafka's order: the generation becomes the epoch of the target, and what members have is the target. */
    private static void keep(ClassicGroup group, List<ConsumerMember> members, int epoch, TopicsImage image, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        String groupId = group.groupId();
        Set<String> topics = new LinkedHashSet<>();
        members.forEach(each -> topics.addAll(each.subscription().topics()));
        outcome.event(new GroupEvent.ClassicGroupRemoved(groupId));
        members.forEach(each -> outcome.event(new GroupEvent.ConsumerMemberKept(groupId, each.memberId(), each.subscription())));
        outcome.event(new GroupEvent.ConsumerGroupKept(groupId, epoch, image.hash(topics)));
        members.forEach(each -> outcome.event(new GroupEvent.TargetKept(groupId, each.memberId(), each.current().assigned())));
        outcome.event(new GroupEvent.TargetEpochKept(groupId, group.generation(), 0));
        members.forEach(each -> outcome.event(new GroupEvent.CurrentKept(groupId, each.memberId(), each.current())));
        outcome.event(new GroupEvent.TopicsSeen(groupId, image, true));
    }

    /** Whether a group without these members is one of classic members, and may become a classic group. */
    boolean downgrades(ConsumerGroup group, Collection<ConsumerMember> gone) {
        int left = group.size() - gone.size();
        return left > 0 && left <= maxClassicSize && policy.downgrades && group.isClassicWithout(gone);
    }

    /** Makes a classic group of those who stay, and calls them back. */
    Outcome<GroupCommand, GroupEvent> downgrade(ConsumerGroup group, Collection<ConsumerMember> gone, String reason, Moment now,
            Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        convert(group, group.members().stream().filter(each -> !gone.contains(each)).toList(), true, now, outcome);
        return outcome.then(new GroupCommand.Settle(group.groupId(), "downgrade from the consumer protocol: " + reason));
    }

    /** As {@link #downgrade}, with a static member that has come back with the classic protocol; if everybody has its target, nobody is called back. */
    Outcome<GroupCommand, GroupEvent> downgrade(ConsumerGroup group, GroupCommand.DowngradeWithJoin join, Moment now) {
        ConsumerMember member = group.member(join.beat().memberId());
        boolean stale = group.assignmentEpoch() < group.epoch();
        ConsumerMember.Current current = stale ? member.current() : new Reconciler(group, member, join.beat().owned()).next();
        // Apache Kafka asks for no more than a new target; but who still waits for partitions would wait for ever.
        boolean rebalance = stale || !group.isSettled(current) || !group.members().stream().allMatch(
                each -> each == member || group.isSettled(each.current()));
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        outcome.event(new GroupEvent.CurrentKept(group.groupId(), member.memberId(), current));
        convert(group, group.members().stream().map(each -> each == member ? member.with(current) : each).toList(), rebalance, now, outcome);
        outcome.reply(join.beat().caller(), new ConsumerGroupHeartbeatResponseData().setMemberId(member.memberId()).setMemberEpoch(current.epoch()));
        return outcome.then(!rebalance ? null : new GroupCommand.Settle(group.groupId(),
                "downgrade from the consumer protocol: member " + member.memberId() + " came back with the classic one"));
    }

    /** @param rebalance whether what members have is not all that there is: then nobody is kept as the leader, so that a restart does not end the rebalance that follows */
    private static void convert(
            ConsumerGroup group, List<ConsumerMember> members, boolean rebalance, Moment now, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        String groupId = group.groupId();
        for (GroupEvent.Part part : List.of(GroupEvent.Part.CURRENT, GroupEvent.Part.TARGET, GroupEvent.Part.MEMBER)) {
            group.members().forEach(each -> outcome.event(new GroupEvent.ConsumerPartRemoved(groupId, part, each.memberId())));
        }
        ConsumerDepartures.removeAll(group).forEach(outcome::event);
        outcome.event(new GroupEvent.ClassicGroupKept(groupId, rebalance ? value(group, members, now).withoutLeader() : value(group, members, now)));
        for (ConsumerMember each : members) {
            ConsumerMember.Classic classic = each.subscription().classic();
            long deadlineMs = now.elapsedMs() + classic.sessionTimeoutMs();
            outcome.event(new GroupEvent.MemberUpdated(groupId, each.memberId(), classic.protocols(), classic.sessionTimeoutMs(),
                    each.subscription().rebalanceTimeoutMs(), null));
            outcome.event(new GroupEvent.SessionProlonged(groupId, each.memberId(), deadlineMs));
            outcome.timer(new GroupCommand.SessionOver(groupId, each.memberId()), deadlineMs);
        }
    }

    /**
     * The classic group as it would be had these members joined it and got what they hold, which Apache Kafka makes their targets. But who has not given
     * up yet what its target lacks has it still; after the next upgrade others would be given it at once.
     */
    private static ClassicGroupValue value(ConsumerGroup group, List<ConsumerMember> members, Moment now) {
        ClassicGroup classic = new ClassicGroup(group.groupId());
        Map<String, byte[]> assignments = new HashMap<>();
        for (ConsumerMember each : members) {
            ConsumerMember.Subscription subscription = each.subscription();
            ClassicMember member = new ClassicMember(each.memberId(), subscription.instanceId(), subscription.clientId(), subscription.clientHost());
            member.protocols = new ArrayList<>(subscription.classic().protocols());
            member.sessionTimeoutMs = subscription.classic().sessionTimeoutMs();
            member.rebalanceTimeoutMs = subscription.rebalanceTimeoutMs();
            classic.apply(new GroupEvent.MemberJoined(group.groupId(), member, ClassicGroup.CONSUMER_PROTOCOL_TYPE, null));
            assignments.put(each.memberId(), ConsumerProtocols.assignment(each.current().held(), group.topics(), subscription.classic().version()));
        }
        classic.apply(new GroupEvent.GenerationStarted(
                group.groupId(), group.epoch(), classic.leaderId(), classic.electProtocol(), Set.of(), now.elapsedMs()));
        return ClassicGroupValue.of(classic, assignments, now.wallMs());
    }
}
