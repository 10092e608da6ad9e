// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.coordinator.Caller;
import io.ottla.streams.StreamsCommand.HeartbeatAnswer;
import io.ottla.streams.Topology.CopartitionGroup;
import io.ottla.streams.Topology.InternalTopic;
import io.ottla.streams.Topology.Subtopology;
import io.ottla.wire.RequestContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData.KeyValue;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData.TaskIds;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData.TaskOffset;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData.TopicInfo;
import org.apache.kafka.common.protocol.Errors;

/** A heartbeat as it comes from the wire: what is wrong with it before a shard need see it, and the command that it is. */
record HeartbeatRequest(RequestContext context, StreamsGroupHeartbeatRequestData request) {
    record Wrong(Errors error, String message) {}

    /** Null if nothing is. */
    Wrong wrong() {
        String message = wrongFields();
        if (message != null) {
            return new Wrong(Errors.INVALID_REQUEST, message);
        }
        return request.topology() == null ? null : wrongTopology();
    }

    private String wrongFields() {
        if (hasRegexes()) {
            return "Regular expressions for source topics are not supported yet.";
        }
        if (request.memberId().isBlank()) {
            return "MemberId can't be empty.";
        }
        if (request.groupId().isBlank()) {
            return "GroupId can't be empty.";
        }
        if (request.instanceId() != null && request.instanceId().isBlank()) {
            return "InstanceId can't be empty.";
        }
        if (request.rackId() != null && request.rackId().isBlank()) {
            return "RackId can't be empty.";
        }
        String message = wrongForEpoch();
        return message == null ? wrongTasks() : message;
    }

    private boolean hasRegexes() {
        return request.topology() != null && request.topology().subtopologies().stream().anyMatch(each -> !each.sourceTopicRegex().isEmpty());
    }

    private String wrongForEpoch() {
        if (request.memberEpoch() == StreamsMember.JOINING) {
            return wrongJoin();
        }
        if (request.memberEpoch() == StreamsMember.GONE_FOR_A_MOMENT && request.instanceId() == null) {
            return "InstanceId can't be null.";
        }
        return request.memberEpoch() < StreamsMember.GONE_FOR_A_MOMENT
                ? "MemberEpoch is " + request.memberEpoch() + ", but must be greater than or equal to -2." : null;
    }

    private String wrongJoin() {
        if (request.rebalanceTimeoutMs() == -1) {
            return "RebalanceTimeoutMs must be provided in first request.";
        }
        if (request.activeTasks() == null || !request.activeTasks().isEmpty()) {
            return "ActiveTasks must be empty when (re-)joining.";
        }
        if (request.standbyTasks() == null || !request.standbyTasks().isEmpty()) {
            return "StandbyTasks must be empty when (re-)joining.";
        }
        if (request.warmupTasks() == null || !request.warmupTasks().isEmpty()) {
            return "WarmupTasks must be empty when (re-)joining.";
        }
        return request.topology() == null ? "Topology must be non-null when (re-)joining." : null;
    }

    private String wrongTasks() {
        boolean some = request.activeTasks() != null || request.standbyTasks() != null || request.warmupTasks() != null;
        boolean all = request.activeTasks() != null && request.standbyTasks() != null && request.warmupTasks() != null;
        if (some && !all) {
            return "If one task-type is non-null, all must be non-null.";
        }
        return request.memberEpoch() != StreamsMember.JOINING && request.topology() != null
                ? "Topology can only be provided when (re-)joining." : null;
    }

    private Wrong wrongTopology() {
        for (StreamsGroupHeartbeatRequestData.Subtopology subtopology : request.topology().subtopologies()) {
            for (TopicInfo topic : subtopology.stateChangelogTopics()) {
                if (topic.partitions() != 0) {
                    return new Wrong(Errors.STREAMS_INVALID_TOPOLOGY, "Changelog topic " + topic.name()
                            + " must have an undefined partition count, but it is set to " + topic.partitions() + ".");
                }
            }
            if (hasWrongIndexes(subtopology)) {
                return new Wrong(Errors.STREAMS_INVALID_TOPOLOGY, "Subtopology " + subtopology.subtopologyId()
                        + " has a copartition group of topics that it does not read.");
            }
            if (subtopology.sourceTopics().isEmpty() && subtopology.repartitionSourceTopics().isEmpty()) {
                return new Wrong(Errors.STREAMS_INVALID_TOPOLOGY, "Subtopology " + subtopology.subtopologyId() + " has no source topics.");
            }
        }
        return null;
    }

    private static boolean hasWrongIndexes(StreamsGroupHeartbeatRequestData.Subtopology subtopology) {
        int sources = subtopology.sourceTopics().size();
        int repartitions = subtopology.repartitionSourceTopics().size();
        return subtopology.copartitionGroups().stream().anyMatch(group ->
                group.sourceTopics().stream().anyMatch(index -> index < 0 || index >= sources)
                        || group.repartitionSourceTopics().stream().anyMatch(index -> index < 0 || index >= repartitions));
    }

    StreamsCommand.Heartbeat command(Caller<HeartbeatAnswer> caller) {
        Roles owned = request.activeTasks() == null ? null
                : new Roles(tasks(request.activeTasks()), tasks(request.standbyTasks()), tasks(request.warmupTasks()));
        return new StreamsCommand.Heartbeat(
                request.groupId(),
                request.memberId(),
                request.memberEpoch(),
                request.instanceId(),
                told(),
                request.topology() == null ? null : topology(request.topology()),
                owned,
                offsets(request.taskOffsets()),
                offsets(request.taskEndOffsets()),
                request.shutdownApplication(),
                request.endpointInformationEpoch(),
                context.apiVersion(),
                caller);
    }

    private StreamsCommand.Told told() {
        return new StreamsCommand.Told(
                request.rackId(),
                context.clientId() == null ? "" : context.clientId(),
                context.clientHost(),
                request.rebalanceTimeoutMs(),
                request.processId(),
                request.userEndpoint() == null ? null : new StreamsMember.Endpoint(request.userEndpoint().host(), request.userEndpoint().port()),
                request.clientTags() == null ? null : new TreeMap<>(pairs(request.clientTags())));
    }

    private static Tasks tasks(List<TaskIds> told) {
        List<TaskId> tasks = new ArrayList<>();
        told.forEach(each -> each.partitions().forEach(partition -> tasks.add(new TaskId(each.subtopologyId(), partition))));
        return Tasks.of(tasks);
    }

    private static Map<TaskId, Long> offsets(List<TaskOffset> told) {
        if (told == null) {
            return null;
        }
        Map<TaskId, Long> offsets = new HashMap<>();
        told.forEach(each -> offsets.put(new TaskId(each.subtopologyId(), each.partition()), each.offset()));
        return offsets;
    }

    private static Map<String, String> pairs(List<KeyValue> told) {
        Map<String, String> pairs = new LinkedHashMap<>();
        told.forEach(pair -> pairs.put(pair.key(), pair.value()));
        return pairs;
    }

    private static Topology topology(StreamsGroupHeartbeatRequestData.Topology told) {
        return new Topology(told.epoch(), told.subtopologies().stream().map(each -> new Subtopology(
                each.subtopologyId(),
                each.sourceTopics(),
                each.sourceTopicRegex(),
                each.stateChangelogTopics().stream().map(HeartbeatRequest::topic).toList(),
                each.repartitionSinkTopics(),
                each.repartitionSourceTopics().stream().map(HeartbeatRequest::topic).toList(),
                each.copartitionGroups().stream().map(group -> new CopartitionGroup(
                        group.sourceTopics(), group.sourceTopicRegex(), group.repartitionSourceTopics())).toList())).toList());
    }

    private static InternalTopic topic(TopicInfo told) {
        return new InternalTopic(told.name(), told.partitions(), told.replicationFactor(), pairs(told.topicConfigs()));
    }
}
