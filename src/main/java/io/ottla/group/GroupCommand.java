// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Command;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/** What a shard of groups can be asked. */
sealed interface GroupCommand extends Command {
    /** A request that somebody waits for. */
    sealed interface Asked<R> extends GroupCommand {
        Caller<R> caller();

        @Override
        default void refuse(Errors error) {
            caller().refuse(error);
        }
    }

    /** A timer, or the next step of a decision: nobody waits for it by name. */
    sealed interface Internal extends GroupCommand {
        @Override
        default void refuse(Errors error) {
            // Nobody asked.
        }
    }

    /**
     * @param memberId        empty for a newcomer
     * @param newMemberId     the id that a newcomer gets
     * @param idFirst         a dynamic newcomer is sent away with its id, to come back with it (version 4 and later)
     * @param canSkipAssign   the leader understands that it must not assign (version 9 and later)
     * @param reason          the client's own, or null
     * @param pace            of a consumer group that a classic member joins
     */
    record Join(
            String groupId,
            String memberId,
            String newMemberId,
            String instanceId,
            String clientId,
            String clientHost,
            int sessionTimeoutMs,
            int rebalanceTimeoutMs,
            String protocolType,
            List<MemberProtocol> protocols,
            boolean idFirst,
            boolean canSkipAssign,
            String reason,
            Pace pace,
            TopicsImage image,
            Caller<JoinGroupResponseData> caller) implements Asked<JoinGroupResponseData> {
        /** A newcomer that only gets its id; any other join may be the last one of a rebalance. */
        @Override
        public boolean brief() {
            return memberId.isEmpty() && instanceId == null && idFirst;
        }
    }

    /** @param protocolType null if the client does not say (before version 5), as {@code protocolName} */
    record Sync(
            String groupId,
            String memberId,
            String instanceId,
            int generation,
            String protocolType,
            String protocolName,
            Map<String, byte[]> assignments,
            Caller<SyncGroupResponseData> caller) implements Asked<SyncGroupResponseData> {
        /** All but the leader, who assigns, only fetch or wait. */
        @Override
        public boolean brief() {
            return assignments.isEmpty();
        }
    }

    record Heartbeat(String groupId, String memberId, String instanceId, int generation, Caller<Errors> caller) implements Asked<Errors> {
        @Override
        public boolean brief() {
            return true;
        }
    }

    record Leave(String groupId, List<MemberIdentity> members, Caller<LeaveGroupResponseData> caller) implements Asked<LeaveGroupResponseData> {}

    /** One partition of a commit, checked by the door. */
    record Commit(String topic, Uuid topicId, int partition, long offset, int leaderEpoch, String metadata) {}

    /** The producer in whose open transaction a commit belongs. */
    record Producer(long id, short epoch) {}

    /**
     * Answered with the error that all partitions get, or NONE.
     *
     * @param generation   or member epoch
     * @param tellsMissing the client understands GROUP_ID_NOT_FOUND (OffsetCommit 9, TxnOffsetCommit 6)
     * @param retentionMs  how long the client wants the offsets kept, or -1
     * @param producer     null outside of transactions
     */
    record CommitOffsets(
            String groupId,
            String memberId,
            String instanceId,
            int generation,
            boolean tellsMissing,
            long retentionMs,
            Producer producer,
            List<Commit> commits,
            Caller<Errors> caller) implements Asked<Errors> {
        @Override
        public boolean brief() {
            return true;
        }
    }

    /** The transaction coordinator has decided: what the producer has committed in this shard counts, or not. */
    record EndTransaction(Producer producer, int coordinatorEpoch, boolean committed, Caller<Errors> caller) implements Asked<Errors> {}

    /** The partitions of one topic. */
    record TopicPartitions(String topic, Uuid topicId, List<Integer> partitions) {}

    /** @param topics null for all that the group has committed */
    record FetchOffsets(
            String groupId,
            String memberId,
            int memberEpoch,
            List<TopicPartitions> topics,
            boolean requireStable,
            Caller<OffsetFetchResponseGroup> caller) implements Asked<OffsetFetchResponseGroup> {
        @Override
        public boolean brief() {
            return topics != null;
        }
    }

    /** Answered with the errors by topic; NONE where the offsets are gone. */
    record DeleteOffsets(String groupId, List<TopicPartitions> topics, Caller<OffsetsDeleted> caller) implements Asked<OffsetsDeleted> {}

    /** @param subscribed topics whose offsets were not deleted, because the group uses them */
    record OffsetsDeleted(Errors error, Set<String> subscribed) {}

    record DeleteGroup(String groupId, Caller<Errors> caller) implements Asked<Errors> {}

    record DescribeGroup(String groupId, Caller<DescribeGroupsResponseData.DescribedGroup> caller)
            implements Asked<DescribeGroupsResponseData.DescribedGroup> {}

    record ListGroups(Caller<ListGroupsResponseData> caller) implements Asked<ListGroupsResponseData> {}

    record AskHistory(String groupId, Caller<List<Rebalance>> caller) implements Asked<List<Rebalance>> {}

    /** It is time to look for offsets that nobody needs any more. */
    record ExpireOffsets() implements Internal {}

    /** A topic is gone, and with it all that was committed for it. */
    record ForgetTopic(String topic, Uuid topicId) implements Internal {}

    /** The group's members have changed, or should say again what they want. */
    record Settle(String groupId, String reason) implements Internal {}

    /** Completes the first phase of a rebalance if nobody is missing. */
    record CompleteJoinIfAll(String groupId) implements Internal {}

    /** The time for joining is over. */
    record JoinTimeOver(String groupId) implements Internal {}

    record StartGeneration(String groupId) implements Internal {}

    /** The time for fetching the assignment is over. */
    record SyncTimeOver(String groupId, int generation) implements Internal {}

    record SessionOver(String groupId, String memberId) implements Internal {}

    /** A static member's new id changes the stored group and nothing else. */
    record KeepReplaced(Join join, String leaderBefore) implements Internal {
        @Override
        public void refuse(Errors error) {
            join.refuse(error);
        }
    }

    /** What the configs of a group say about its members' heartbeats. */
    record Pace(int sessionTimeoutMs, int heartbeatIntervalMs, int assignmentIntervalMs) {}

    /**
     * A heartbeat of the consumer protocol. What is null has not changed.
     *
     * @param rebalanceTimeoutMs -1 if it has not changed
     * @param owned              what the member says that it owns
     * @param classic            null, unless this is the join of a member that speaks the classic protocol
     */
    record ConsumerBeat(
            String groupId,
            String memberId,
            int epoch,
            String instanceId,
            String rackId,
            String clientId,
            String clientHost,
            int rebalanceTimeoutMs,
            Set<String> topics,
            String regex,
            String assignor,
            Partitions owned,
            ConsumerMember.Classic classic,
            Pace pace,
            TopicsImage image,
            Caller<ConsumerGroupHeartbeatResponseData> caller) implements Asked<ConsumerGroupHeartbeatResponseData> {
        @Override
        public boolean brief() {
            return epoch > 0 && topics == null && regex == null && owned == null;
        }
    }

    /** Brings a consumer group's epoch up to its members and topics. @param beat the heartbeat to go on with, or null */
    record RefreshConsumers(String groupId, boolean changed, ConsumerBeat beat, TopicsImage image) implements Internal {
        @Override
        public void refuse(Errors error) {
            if (beat != null) {
                beat.refuse(error);
            }
        }
    }

    /** Makes a target assignment if the group needs one. */
    record AssignConsumers(ConsumerBeat beat) implements Internal {
        @Override
        public void refuse(Errors error) {
            beat.refuse(error);
        }
    }

    /** The last step of a heartbeat: the member's own way to its target, and its answer. */
    record AnswerBeat(ConsumerBeat beat) implements Internal {
        @Override
        public void refuse(Errors error) {
            beat.refuse(error);
        }
    }

    /** The last step of a classic member's join that leaves no member of the consumer protocol in its group. */
    record DowngradeWithJoin(ConsumerBeat beat) implements Internal {
        @Override
        public void refuse(Errors error) {
            beat.refuse(error);
        }
    }

    /** A classic member of a consumer group had until now to join again, or to fetch its assignment. */
    record ClassicMemberLate(String groupId, String memberId) implements Internal {}

    /** A member of a group that rebalances has moved: perhaps it was the last one. */
    record EndRebalanceIfSettled(String groupId) implements Internal {}

    record ConsumerSessionOver(String groupId, String memberId) implements Internal {}

    /** A member had until now to give up partitions. */
    record RevocationOver(String groupId, String memberId, int epoch) implements Internal {}

    record DescribeConsumers(String groupId, TopicsImage image, Caller<ConsumerGroupDescribeResponseData.DescribedGroup> caller)
            implements Asked<ConsumerGroupDescribeResponseData.DescribedGroup> {}

    /** A command that guests decide. */
    record ForGuests(GuestGroups.GuestCommand command) implements GroupCommand {
        @Override
        public boolean brief() {
            return command.brief();
        }

        @Override
        public void refuse(Errors error) {
            command.refuse(error);
        }
    }
}
