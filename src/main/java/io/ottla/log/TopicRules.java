// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.Topic;
import java.util.Map;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;

/** What a topic may be called and how many partitions it may have: Kafka's rules and words. */
final class TopicRules {
    private TopicRules() {}

    static void checkNew(String name, int partitions, Map<String, Topic> topics) {
        org.apache.kafka.common.internals.Topic.validate(name);
        if (topics.containsKey(name)) {
            throw new TopicExistsException("Topic '" + name + "' already exists.");
        }
        if (org.apache.kafka.common.internals.Topic.hasCollisionChars(name)) {
            for (String other : topics.keySet()) {
                if (org.apache.kafka.common.internals.Topic.hasCollision(name, other)) {
                    throw new InvalidTopicException("Topic '" + name + "' collides with existing topic: " + other);
                }
            }
        }
        if (partitions <= 0) {
            throw new InvalidPartitionsException("Number of partitions was set to an invalid non-positive value.");
        }
    }

    static void checkGrowth(Topic topic, int total) {
        int current = topic.partitions().size();
        if (total < current) {
            throw new InvalidPartitionsException("The topic " + topic.name() + " currently has " + current + " partition(s); " + total + " would not be an increase.");
        }
        if (total == current) {
            throw new InvalidPartitionsException("Topic already has " + current + " partition(s).");
        }
    }
}
