// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import java.util.Map;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * Creates topics that clients name before anybody has made them.
 *
 * @param enabled    auto.create.topics.enable
 * @param partitions num.partitions
 */
record TopicCreation(TopicCatalog catalog, boolean enabled, int partitions) {
    /** The topic, found or made with the defaults. */
    Topic findOrCreate(String name) {
        Topic topic = catalog.topics().get(name);
        if (topic != null) {
            return topic;
        }
        try {
            return catalog.create(name, partitions, Map.of());
        } catch (TopicExistsException e) {
            return catalog.topics().get(name);
        }
    }
}
