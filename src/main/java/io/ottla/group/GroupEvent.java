// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupResponseData;

/** A change of a shard's groups. Those that are {@link Kept} go into the journal; the others end with the process. */
sealed interface GroupEvent {
    /** An event that outlives the process: one record in __consumer_offsets each. */
    sealed interface Kept extends GroupEvent {}

    record OffsetCommitted(String groupId, String topic, int partition, CommittedOffset offset) implements Kept {}

    record OffsetRemoved(String groupId, String topic, int partition) implements Kept {}

    /** A commit that counts once the producer's transaction commits. */
    record OffsetPromised(long producerId, short producerEpoch, OffsetCommitted commit) implements Kept {}

    record TransactionEnded(long producerId, short producerEpoch, int coordinatorEpoch, boolean committed) implements Kept {}

    /** A classic group has an assignment, or has become empty. */
    record ClassicGroupKept(String groupId, ClassicGroupValue value) implements Kept {}

    record ClassicGroupRemoved(String groupId) implements Kept {}

    /** Changes of a classic group between two generations. */
    sealed interface Classic extends GroupEvent {
        String groupId();
    }

    /** A new member was given its id and must come back with it (KIP-394). */
    record MemberIdGiven(String groupId, String memberId) implements Classic {}

    /** A member is new in the group; its join is parked. */
    record MemberJoined(
            String groupId,
            ClassicMember member,
            String protocolType,
            Caller<JoinGroupResponseData> join) implements Classic {}

    /** A known member joins again; its join is parked, unless null. */
    record MemberUpdated(
            String groupId,
            String memberId,
            List<MemberProtocol> protocols,
            int sessionTimeoutMs,
            int rebalanceTimeoutMs,
            Caller<JoinGroupResponseData> join) implements Classic {}

    /** A static member came back under a new member id. */
    record StaticMemberReplaced(String groupId, String oldMemberId, String newMemberId, String clientId, String clientHost) implements Classic {}

    /** A member, or an id that was given to one, is gone. */
    record MemberRemoved(String groupId, String memberId) implements Classic {}

    record RebalanceStarted(String groupId, String reason, long wallMs, boolean gather, long gatherRemainingMs) implements Classic {}

    record GatheringProlonged(String groupId, long remainingMs) implements Classic {}

    /** All members have joined and been told so; the leader's assignment is awaited. */
    record GenerationStarted(
            String groupId, int generation, String leaderId, String protocolName, Set<String> subscribedTopics, long elapsedMs) implements Classic {}

    /** A member waits for its assignment. */
    record SyncParked(String groupId, String memberId, Caller<SyncGroupResponseData> sync) implements Classic {}

    /** A member has fetched its assignment, which was there already. */
    record SyncAnswered(String groupId, String memberId) implements Classic {}

    /** All parked members have got their assignments. */
    record AssignmentSpread(String groupId, long elapsedMs) implements Classic {}

    /** A rebalance is over. */
    record RebalanceSettled(String groupId, RebalanceHistory.Settled settled) implements Classic {}

    /** A member was heard of. */
    record SessionProlonged(String groupId, String memberId, long deadlineMs) implements Classic {}

    /** Changes of a group of the consumer protocol. */
    sealed interface Consumer extends GroupEvent {
        String groupId();
    }

    /** The parts of a consumer group that have records of their own; a removed one is named by member or expression. */
    enum Part { GROUP, TOPICS, MEMBER, TARGET_EPOCH, TARGET, CURRENT, REGEX }

    /** The group has a new epoch. */
    record ConsumerGroupKept(String groupId, int epoch, long topicsHash) implements Consumer {}

    record ConsumerMemberKept(String groupId, String memberId, ConsumerMember.Subscription subscription) implements Consumer {}

    /** The targets are those of this group epoch. */
    record TargetEpochKept(String groupId, int epoch, long timestampMs) implements Consumer {}

    record TargetKept(String groupId, String memberId, Partitions target) implements Consumer {}

    record CurrentKept(String groupId, String memberId, ConsumerMember.Current current) implements Consumer {}

    record RegexKept(String groupId, String regex, ConsumerGroup.ResolvedRegex resolved) implements Consumer {}

    /** @param name member id or expression; empty for parts of which there is one only */
    record ConsumerPartRemoved(String groupId, Part part, String name) implements Consumer {}

    /** A member was heard of; ends with the process, as the next one. */
    record ConsumerHeard(String groupId, String memberId, long deadlineMs, int sessionTimeoutMs) implements Consumer {}

    /** The group has a new target assignment, and its members are on their way. */
    record ConsumerRebalanceBegun(String groupId, Rebalance rebalance) implements Consumer {}

    /** All members are where they should be, or there is a newer target. */
    record ConsumerRebalanced(String groupId, Rebalance rebalance) implements Consumer {}

    /** What follows in the group happens at this time. */
    record ConsumerTime(String groupId, long wallMs) implements Consumer {}

    /** A classic member must join again, or fetch its assignment, until this {@code elapsedMs}; {@link Long#MAX_VALUE} if it owes nothing. */
    record ClassicMemberOwes(String groupId, String memberId, long deadlineMs) implements Consumer {}

    /** @param compared whether the group's epoch is up to these topics */
    record TopicsSeen(String groupId, TopicsImage image, boolean compared) implements Consumer {}

    /** A change of guests. */
    record OfGuests(GuestGroups.GuestEvent event) implements GroupEvent {}
}
