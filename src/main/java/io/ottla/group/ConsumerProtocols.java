// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ConsumerProtocolAssignment;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.utils.Utils;

/** What consumers of the classic protocol say to their leader, as far as the broker looks into it. */
final class ConsumerProtocols {
    private ConsumerProtocols() {}

    /** The topics that the members subscribe to under a protocol; null if the group's protocol is not that of consumers, or not understood. */
    static Set<String> subscribedTopics(ClassicGroup group, String protocol) {
        List<byte[]> subscriptions = new ArrayList<>();
        group.members().forEach(member -> subscriptions.add(member.metadata(protocol)));
        return group.speaksConsumerProtocol() ? subscribedTopics(subscriptions) : null;
    }

    static Set<String> subscribedTopics(ClassicGroupValue value) {
        return ClassicGroup.CONSUMER_PROTOCOL_TYPE.equals(value.protocolType())
                ? subscribedTopics(value.members().stream().map(ClassicGroupValue.Member::subscription).toList()) : null;
    }

    private static Set<String> subscribedTopics(List<byte[]> subscriptions) {
        Set<String> topics = new HashSet<>();
        byte[] last = null;
        for (byte[] each : subscriptions) {
            // In a large group most members say the same.
            if (Arrays.equals(each, last)) {
                continue;
            }
            ConsumerProtocolSubscription subscription = subscription(each);
            if (subscription == null) {
                return null;
            }
            topics.addAll(subscription.topics());
            last = each;
        }
        return topics;
    }

    /** Null if the bytes are no subscription. */
    static ConsumerProtocolSubscription subscription(byte[] bytes) {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            short version = supported(buffer.getShort(), ConsumerProtocolSubscription.HIGHEST_SUPPORTED_VERSION);
            return new ConsumerProtocolSubscription(new ByteBufferAccessor(buffer), version);
        } catch (RuntimeException notASubscription) {
            return null;
        }
    }

    /** The partitions that a member owned when it joined; empty for eager members, which have given up theirs. */
    static List<TopicPartition> owned(byte[] subscriptionBytes) {
        ConsumerProtocolSubscription subscription = subscription(subscriptionBytes);
        List<TopicPartition> owned = new ArrayList<>();
        if (subscription != null) {
            subscription.ownedPartitions().forEach(topic -> topic.partitions().forEach(
                    partition -> owned.add(new TopicPartition(topic.topic(), partition))));
        }
        return owned;
    }

    /** The partitions of an assignment; empty if the bytes are none. */
    static List<TopicPartition> assigned(byte[] bytes) {
        List<TopicPartition> assigned = new ArrayList<>();
        if (bytes.length == 0) {
            return assigned;
        }
        try {
            assignment(bytes).assignedPartitions().forEach(
                    topic -> topic.partitions().forEach(partition -> assigned.add(new TopicPartition(topic.topic(), partition))));
        } catch (RuntimeException notAnAssignment) {
            assigned.clear();
        }
        return assigned;
    }

    /** Partitions of topics that exist, as an assignment of this version. */
    static byte[] assignment(Partitions partitions, TopicsImage topics, short version) {
        ConsumerProtocolAssignment assignment = new ConsumerProtocolAssignment();
        partitions.byTopic().forEach((topicId, indexes) -> {
            TopicsImage.Entry topic = topics.byId().get(topicId);
            if (topic != null) {
                assignment.assignedPartitions().add(new ConsumerProtocolAssignment.TopicPartition()
                        .setTopic(topic.name()).setPartitions(List.copyOf(indexes)));
            }
        });
        short written = (short) Math.min(version, ConsumerProtocolAssignment.HIGHEST_SUPPORTED_VERSION);
        return Utils.toArray(MessageUtil.toVersionPrefixedByteBuffer(written, assignment));
    }

    /** The same partitions by topic id, as far as the topics exist. */
    static Partitions partitions(List<TopicPartition> named, TopicsImage topics) {
        Partitions.Builder found = new Partitions.Builder();
        for (TopicPartition each : named) {
            TopicsImage.Entry topic = topics.byName().get(each.topic());
            if (topic != null) {
                found.add(topic.id(), each.partition());
            }
        }
        return found.build();
    }

    /** Whether an assignor has put something of its own into an assignment, which only its members understand. */
    static boolean hasUserData(byte[] assignment) {
        if (assignment.length == 0) {
            return false;
        }
        ByteBuffer data = assignment(assignment).userData();
        return data != null && data.hasRemaining();
    }

    /** The version that a subscription is written in. @throws RuntimeException if the bytes are none */
    static short version(byte[] subscription) {
        return ByteBuffer.wrap(subscription).getShort();
    }

    /** @throws RuntimeException if the bytes are no assignment */
    private static ConsumerProtocolAssignment assignment(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        short version = supported(buffer.getShort(), ConsumerProtocolAssignment.HIGHEST_SUPPORTED_VERSION);
        return new ConsumerProtocolAssignment(new ByteBufferAccessor(buffer), version);
    }

    /** Later versions only add to the end. */
    private static short supported(short version, short highest) {
        if (version < 0) {
            throw new IllegalArgumentException("version " + version);
        }
        return (short) Math.min(version, highest);
    }
}
