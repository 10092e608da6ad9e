// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.streams.StreamsCommand.Heartbeat;
import io.ottla.streams.StreamsCommand.HeartbeatAnswer;
import io.ottla.topic.TopicView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData.TaskIds;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatResponse.Status;

/** The answer to a heartbeat, as it comes together. */
final class HeartbeatResponse {
    /** Since when clients understand MISSING_CLIENT_TAGS (KAFKA-20744). */
    private static final short KNOWS_MISSING_TAGS = 1;

    private final StreamsGroup group;
    private final StreamsGroupConfig config;
    private final Heartbeat heartbeat;
    private final List<StreamsGroupHeartbeatResponseData.Status> statuses = new ArrayList<>();

    /** Whether the first assignment waits for more members. */
    boolean delayed;
    /** Of the target that the member goes to. */
    int assignmentEpoch;

    HeartbeatResponse(StreamsGroup group, StreamsGroupConfig config, Heartbeat heartbeat) {
        this.group = group;
        this.config = config;
        this.heartbeat = heartbeat;
    }

    void status(byte code, String detail) {
        statuses.add(new StreamsGroupHeartbeatResponseData.Status().setStatusCode(code).setStatusDetail(detail));
    }

    /** @param moved whether the member's tasks are others than before */
    HeartbeatAnswer of(
            StreamsMember member, Collection<StreamsMember> members, boolean moved, Topology topology, Plan plan, int endpointEpoch, TopicView topics) {
        StreamsGroupHeartbeatResponseData response = new StreamsGroupHeartbeatResponseData()
                .setMemberId(member.memberId())
                .setMemberEpoch(member.epoch())
                .setHeartbeatIntervalMs(config.heartbeatIntervalMs())
                .setTaskOffsetIntervalMs(config.taskOffsetIntervalMs())
                .setAcceptableRecoveryLag(config.recoveryLag())
                .setEndpointInformationEpoch(endpointEpoch);
        if (heartbeat.joins() || moved) {
            Roles roles = member.current().assigned().roles();
            response.setActiveTasks(ids(roles.active())).setStandbyTasks(ids(roles.standby())).setWarmupTasks(ids(roles.warmup()));
        }
        if (heartbeat.endpointEpoch() != endpointEpoch) {
            response.setPartitionsByUserEndpoint(Endpoints.of(member, members, topology, topics));
        }
        if (plan.problem() != null) {
            status(plan.problem().status(), plan.problem().detail());
        }
        String stopper = group.shutdownBy() != null ? group.shutdownBy() : heartbeat.shutdown() ? member.memberId() : null;
        if (stopper != null) {
            status(Status.SHUTDOWN_APPLICATION.code(), "Streams group member " + stopper
                    + " encountered a fatal error and requested a shutdown for the entire application.");
        }
        List<String> missingTags = config.tags().stream().filter(tag -> !member.profile().clientTags().containsKey(tag)).toList();
        if (heartbeat.version() >= KNOWS_MISSING_TAGS && !missingTags.isEmpty()) {
            status(Status.MISSING_CLIENT_TAGS.code(), "Missing required client tags for rack-aware standby assignment: " + missingTags
                    + ". Configure them via 'client.tag.<tagKey>' in your Streams config.");
        }
        return new HeartbeatAnswer(response.setStatus(statuses), plan.missing());
    }

    private static List<TaskIds> ids(Tasks tasks) {
        List<TaskIds> ids = new ArrayList<>();
        tasks.bySubtopology().forEach((subtopology, partitions) ->
                ids.add(new TaskIds().setSubtopologyId(subtopology).setPartitions(List.copyOf(partitions))));
        return ids;
    }
}
