// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.coordinator.Caller;
import io.ottla.group.GuestGroups;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;

/** What the streams groups of a shard can be asked. */
sealed interface StreamsCommand extends GuestGroups.GuestCommand {
    @Override
    default String kind() {
        return StreamsGroup.TYPE;
    }

    /** A request that somebody waits for. */
    sealed interface Asked<R> extends StreamsCommand {
        Caller<R> caller();

        @Override
        default void refuse(Errors error) {
            caller().refuse(error);
        }
    }

    /** A timer. */
    sealed interface Internal extends StreamsCommand {
        @Override
        default void refuse(Errors error) {
            // Nobody asked.
        }
    }

    /**
     * What is null has not changed.
     *
     * @param profile       what the member says of itself, laid over what is known
     * @param topology      only of a member that joins
     * @param owned         what the member has
     * @param endpointEpoch of the endpoints that the member knows
     * @param version       of the API
     */
    record Heartbeat(
            String groupId,
            String memberId,
            int epoch,
            String instanceId,
            Told profile,
            Topology topology,
            Roles owned,
            Map<TaskId, Long> offsets,
            Map<TaskId, Long> endOffsets,
            boolean shutdown,
            int endpointEpoch,
            short version,
            Caller<HeartbeatAnswer> caller) implements Asked<HeartbeatAnswer> {
        @Override
        public String founds() {
            return joins() ? groupId : null;
        }

        boolean joins() {
            return epoch == StreamsMember.JOINING;
        }
    }

    /** What a heartbeat says of its sender; null and -1 have not changed. */
    record Told(
            String rackId,
            String clientId,
            String clientHost,
            int rebalanceTimeoutMs,
            String processId,
            StreamsMember.Endpoint endpoint,
            Map<String, String> clientTags) {
        StreamsMember.Profile over(StreamsMember.Profile known, Heartbeat heartbeat) {
            return new StreamsMember.Profile(
                    heartbeat.instanceId() == null ? known.instanceId() : heartbeat.instanceId(),
                    rackId == null ? known.rackId() : rackId,
                    clientId,
                    clientHost,
                    rebalanceTimeoutMs < 0 ? known.rebalanceTimeoutMs() : rebalanceTimeoutMs,
                    heartbeat.topology() == null ? known.topologyEpoch() : heartbeat.topology().epoch(),
                    processId == null ? known.processId() : processId,
                    endpoint == null && !heartbeat.joins() ? known.endpoint() : endpoint,
                    clientTags == null ? known.clientTags() : clientTags);
        }
    }

    /** @param missing topics that must be created before the group can work */
    record HeartbeatAnswer(StreamsGroupHeartbeatResponseData response, List<Topology.InternalTopic> missing) {}

    record Describe(String groupId, Caller<DescribedGroup> caller) implements Asked<DescribedGroup> {}

    record Delete(String groupId, Caller<Errors> caller) implements Asked<Errors> {}

    record SessionOver(String groupId, String memberId) implements Internal {}

    /** A member had until now to give up tasks. */
    record RevocationOver(String groupId, String memberId, int epoch) implements Internal {}

    /** The first assignment has waited long enough. */
    record DelayOver(String groupId) implements Internal {}
}
