// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ConsumerProtocolAssignment;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.apache.kafka.common.protocol.ByteBufferAccessor;

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
        for (byte[] each : subscriptions) {
            ConsumerProtocolSubscription subscription = subscription(each);
            if (subscription == null) {
                return null;
            }
            topics.addAll(subscription.topics());
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
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            short version = supported(buffer.getShort(), ConsumerProtocolAssignment.HIGHEST_SUPPORTED_VERSION);
            new ConsumerProtocolAssignment(new ByteBufferAccessor(buffer), version).assignedPartitions().forEach(
                    topic -> topic.partitions().forEach(partition -> assigned.add(new TopicPartition(topic.topic(), partition))));
        } catch (RuntimeException notAnAssignment) {
            assigned.clear();
        }
        return assigned;
    }

    /** Later versions only add to the end. */
    private static short supported(short version, short highest) {
        if (version < 0) {
            throw new IllegalArgumentException("version " + version);
        }
        return (short) Math.min(version, highest);
    }
}
