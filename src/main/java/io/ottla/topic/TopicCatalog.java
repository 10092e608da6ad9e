// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;

/**
 * Which topics there are, their configs, and the few other facts of the cluster that must outlive the process. Look-ups
 * are cheap and never block; changes are durable on return and throw the {@link ApiException} that the client should see.
 * Safe for any thread.
 */
public interface TopicCatalog {
    /** All topics by name: a read-only view that follows every change. */
    Map<String, Topic> topics();

    /** The topic with this id, or null. */
    Topic find(Uuid id);

    /**
     * Creates a topic with a new id. Only overrides of the defaults belong in {@code configs}.
     *
     * @throws ApiException TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION, INVALID_PARTITIONS, INVALID_CONFIG, KAFKA_STORAGE_ERROR
     */
    Topic create(String name, int partitions, Map<String, String> configs);

    /** Deletes a topic and its records. @throws ApiException UNKNOWN_TOPIC_OR_PARTITION */
    void delete(String name);

    /** Grows a topic to {@code total} partitions. @throws ApiException UNKNOWN_TOPIC_OR_PARTITION, INVALID_PARTITIONS */
    Topic grow(String name, int total);

    /** The overrides kept for brokers and groups: a read-only view that follows every change. Those of topics are with the topics. */
    Map<ConfigResource, Map<String, String>> configs();

    /** The overrides kept for a resource (topic, broker or group); empty if none. */
    default Map<String, String> configs(ConfigResource resource) {
        if (resource.type() == ConfigResource.Type.TOPIC) {
            Topic topic = topics().get(resource.name());
            return topic == null ? Map.of() : topic.config().overrides();
        }
        return configs().getOrDefault(resource, Map.of());
    }

    /** Replaces the overrides of a resource; topics see the change at once. @throws ApiException UNKNOWN_TOPIC_OR_PARTITION, INVALID_CONFIG */
    void replaceConfigs(ConfigResource resource, Map<String, String> configs);

    /** Sets aside {@code count} producer ids that nobody ever gets again; returns the first. */
    long reserveProducerIds(int count);

    /** Calls {@code listener} after each change, from the changing thread. */
    void watch(Consumer<Change> listener);

    /** What changed: {@code before} is null for a new topic, {@code after} is null for a deleted one. */
    record Change(Topic before, Topic after) {}
}
