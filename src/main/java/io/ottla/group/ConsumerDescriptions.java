// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.Assignment;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.Member;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.TopicPartitions;
import org.apache.kafka.common.protocol.Errors;

/** Consumer groups as ConsumerGroupDescribe shows them. */
final class ConsumerDescriptions {
    private static final byte SPEAKS_CLASSIC_PROTOCOL = 0;
    private static final byte SPEAKS_CONSUMER_PROTOCOL = 1;
    private static final String DEFAULT_ASSIGNOR = "uniform";

    private ConsumerDescriptions() {}

    /** GROUP_ID_NOT_FOUND for a group of another kind too. */
    static DescribedGroup describe(String groupId, Group group, TopicsImage image) {
        return switch (group) {
            case null -> missing(groupId, "Group " + groupId + " not found.");
            case ClassicGroup ignored -> ofAnotherKind(groupId);
            case ConsumerGroup consumer -> describe(consumer, image);
        };
    }

    static DescribedGroup ofAnotherKind(String groupId) {
        return missing(groupId, "Group " + groupId + " is not a consumer group.");
    }

    private static DescribedGroup missing(String groupId, String message) {
        return new DescribedGroup().setGroupId(groupId).setErrorCode(Errors.GROUP_ID_NOT_FOUND.code()).setErrorMessage(message);
    }

    private static DescribedGroup describe(ConsumerGroup group, TopicsImage image) {
        DescribedGroup described = new DescribedGroup()
                .setGroupId(group.groupId())
                .setGroupState(group.state())
                .setGroupEpoch(group.epoch())
                .setAssignmentEpoch(group.assignmentEpoch())
                .setAssignorName(group.preferredAssignor(DEFAULT_ASSIGNOR));
        for (ConsumerMember each : group.members()) {
            ConsumerMember.Subscription subscription = each.subscription();
            described.members().add(new Member()
                    .setMemberId(each.memberId())
                    .setInstanceId(subscription.instanceId())
                    .setRackId(subscription.rackId())
                    .setMemberEpoch(each.epoch())
                    .setClientId(subscription.clientId())
                    .setClientHost(subscription.clientHost())
                    .setSubscribedTopicNames(subscription.topics().stream().sorted().toList())
                    .setSubscribedTopicRegex(subscription.regex() == null ? "" : subscription.regex())
                    .setAssignment(assignment(each.current().held(), image))
                    .setTargetAssignment(assignment(group.target(each.memberId()), image))
                    .setMemberType(each.isClassic() ? SPEAKS_CLASSIC_PROTOCOL : SPEAKS_CONSUMER_PROTOCOL));
        }
        return described;
    }

    /** Topics that are gone have no name to show. */
    private static Assignment assignment(Partitions partitions, TopicsImage image) {
        Assignment assignment = new Assignment();
        partitions.byTopic().forEach((topicId, indexes) -> {
            TopicsImage.Entry topic = image.byId().get(topicId);
            if (topic != null) {
                assignment.topicPartitions().add(named(topic, indexes));
            }
        });
        return assignment;
    }

    private static TopicPartitions named(TopicsImage.Entry topic, Set<Integer> indexes) {
        return new TopicPartitions().setTopicId(topic.id()).setTopicName(topic.name()).setPartitions(List.copyOf(indexes));
    }
}
