// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.streams.Topology.InternalTopic;
import io.ottla.streams.Topology.Subtopology;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData.Assignment;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData.Endpoint;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData.KeyValue;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData.Member;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData.TaskIds;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData.TaskOffset;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData.TopicInfo;
import org.apache.kafka.common.protocol.Errors;

/** Streams groups as StreamsGroupDescribe shows them. */
final class StreamsDescriptions {
    private StreamsDescriptions() {}

    /** @param taken by a group of another kind */
    static DescribedGroup missing(String groupId, boolean taken) {
        return new DescribedGroup().setGroupId(groupId).setErrorCode(Errors.GROUP_ID_NOT_FOUND.code())
                .setErrorMessage("Group " + groupId + (taken ? " is not a streams group." : " not found."));
    }

    static DescribedGroup describe(StreamsGroup group) {
        DescribedGroup described = new DescribedGroup()
                .setGroupId(group.groupId)
                .setGroupState(group.state())
                .setGroupEpoch(group.epoch())
                .setAssignmentEpoch(group.assignmentEpoch())
                .setAssignorName(StickyAssignor.NAME)
                .setTopology(group.topology() == null ? null : topology(group));
        group.members().forEach(member -> described.members().add(member(group, member)));
        return described;
    }

    /** With the partitions that internal topics have, once they are there; else as members told it. */
    private static StreamsGroupDescribeResponseData.Topology topology(StreamsGroup group) {
        Map<String, Integer> partitions = group.plan() != null && group.plan().isReady() ? group.plan().partitions() : Map.of();
        List<StreamsGroupDescribeResponseData.Subtopology> subtopologies = new ArrayList<>();
        for (Subtopology each : group.topology().sorted()) {
            subtopologies.add(new StreamsGroupDescribeResponseData.Subtopology()
                    .setSubtopologyId(each.id())
                    .setSourceTopics(each.sourceTopics().stream().sorted().toList())
                    .setRepartitionSinkTopics(each.repartitionSinks().stream().sorted().toList())
                    .setStateChangelogTopics(topics(each.changelogs(), partitions))
                    .setRepartitionSourceTopics(topics(each.repartitionSources(), partitions)));
        }
        return new StreamsGroupDescribeResponseData.Topology().setEpoch(group.topology().epoch()).setSubtopologies(subtopologies);
    }

    private static List<TopicInfo> topics(List<InternalTopic> topics, Map<String, Integer> partitions) {
        return topics.stream().map(topic -> new TopicInfo()
                .setName(topic.name())
                .setPartitions(partitions.getOrDefault(topic.name(), topic.partitions()))
                .setReplicationFactor(topic.replicationFactor())
                .setTopicConfigs(pairs(topic.configs()))).toList();
    }

    private static List<KeyValue> pairs(Map<String, String> pairs) {
        return pairs.entrySet().stream().sorted(Map.Entry.comparingByKey())
                .map(pair -> new KeyValue().setKey(pair.getKey()).setValue(pair.getValue())).toList();
    }

    private static Member member(StreamsGroup group, StreamsMember member) {
        StreamsMember.Profile profile = member.profile();
        StreamsGroup.Offsets offsets = group.offsets(member.memberId());
        return new Member()
                .setMemberId(member.memberId())
                .setMemberEpoch(member.epoch())
                .setInstanceId(profile.instanceId())
                .setRackId(profile.rackId())
                .setClientId(profile.clientId())
                .setClientHost(profile.clientHost())
                .setTopologyEpoch(profile.topologyEpoch())
                .setProcessId(profile.processId())
                .setUserEndpoint(profile.endpoint() == null ? null
                        : new Endpoint().setHost(profile.endpoint().host()).setPort(profile.endpoint().port()))
                .setClientTags(pairs(profile.clientTags()))
                .setTaskOffsets(offsets(offsets.offsets()))
                .setTaskEndOffsets(offsets(offsets.endOffsets()))
                .setAssignment(assignment(member.current().assigned().roles()))
                .setTargetAssignment(assignment(group.target(member.memberId())));
    }

    private static List<TaskOffset> offsets(Map<TaskId, Long> offsets) {
        return offsets.entrySet().stream().sorted(Map.Entry.comparingByKey()).map(each -> new TaskOffset()
                .setSubtopologyId(each.getKey().subtopology()).setPartition(each.getKey().partition()).setOffset(each.getValue())).toList();
    }

    private static Assignment assignment(Roles roles) {
        return new Assignment().setActiveTasks(ids(roles.active())).setStandbyTasks(ids(roles.standby())).setWarmupTasks(ids(roles.warmup()));
    }

    private static List<TaskIds> ids(Tasks tasks) {
        return tasks.bySubtopology().entrySet().stream()
                .map(each -> new TaskIds().setSubtopologyId(each.getKey()).setPartitions(List.copyOf(each.getValue()))).toList();
    }
}
