// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Caller;
import io.ottla.group.GuestGroups;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.ShareGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;

/** What the share groups of a shard can be asked. */
sealed interface MembershipCommand extends GuestGroups.GuestCommand {
    @Override
    default String kind() {
        return ShareGroup.TYPE;
    }

    /** A request that somebody waits for. */
    sealed interface Asked<R> extends MembershipCommand {
        Caller<R> caller();

        @Override
        default void refuse(Errors error) {
            caller().refuse(error);
        }
    }

    /** A timer. */
    sealed interface Internal extends MembershipCommand {
        @Override
        default void refuse(Errors error) {
            // Nobody asked.
        }
    }

    /** @param subscribed topic names in order; null if they have not changed, as {@code rackId} */
    record Heartbeat(
            String groupId,
            String memberId,
            int memberEpoch,
            String rackId,
            String clientId,
            String clientHost,
            List<String> subscribed,
            Caller<HeartbeatAnswer> caller) implements Asked<HeartbeatAnswer> {

        /** The same, to be answered with the whole assignment: an earlier answer to it, which told of a part, was not sent. */
        Heartbeat told(List<String> subscribedBefore) {
            return new Heartbeat(groupId, memberId, memberEpoch, rackId, clientId, clientHost, subscribed == null ? subscribedBefore : subscribed, caller);
        }

        /** Whether the member wants to hear its whole assignment. */
        boolean complete() {
            return memberEpoch == 0 || subscribed != null;
        }

        @Override
        public boolean brief() {
            return !complete();
        }
    }

    /**
     * @param missing    partitions that need state before they can be assigned; once they have it, {@link PartitionsAreReady}
     * @param stateEpoch the epoch of that state
     */
    record HeartbeatAnswer(ShareGroupHeartbeatResponseData response, Map<Uuid, ReadyPartitions.Partitions> missing, int stateEpoch) {}

    /** Partitions have got state; the heartbeat that asked for it is answered now. */
    record PartitionsAreReady(Map<Uuid, ReadyPartitions.Partitions> partitions, Heartbeat heartbeat) implements MembershipCommand {
        @Override
        public void refuse(Errors error) {
            heartbeat.refuse(error);
        }
    }

    record Describe(String groupId, Caller<DescribedGroup> caller) implements Asked<DescribedGroup> {}

    /** Null for a group that is not there. */
    record AskGroup(String groupId, Caller<Facts> caller) implements Asked<Facts> {}

    /** What the APIs about offsets need to know. */
    record Facts(boolean empty, int epoch, ReadyPartitions ready) {}

    /** The epoch for new state of partitions, and that they will have it. NONE, GROUP_ID_NOT_FOUND (another kind of group), NON_EMPTY_GROUP. */
    record ResetPartitions(String groupId, Map<Uuid, ReadyPartitions.Partitions> partitions, Caller<Reset> caller) implements Asked<Reset> {}

    record Reset(Errors error, int stateEpoch) {}

    /** The group has no state for these topics any more. */
    record ForgetTopics(String groupId, List<Uuid> topics, Caller<Errors> caller) implements Asked<Errors> {}

    /** A topic was deleted: answered with the groups that had state for it. */
    record TopicDeleted(Uuid topic, Caller<List<SharePartitionKey>> caller) implements Asked<List<SharePartitionKey>> {}

    /** Begins to delete an empty group: its state has to go first. */
    record Delete(String groupId, Caller<Errors> caller) implements Asked<Errors> {}

    /** The group's state is gone; so is the group, if it is still empty. */
    record Forget(String groupId, Caller<Errors> caller) implements Asked<Errors> {}

    record SessionOver(String groupId, String memberId) implements Internal {}
}
