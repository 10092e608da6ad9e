// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

import org.apache.kafka.common.Uuid;

/** The topics there are, as far as assignments need to know. Cheap to ask. */
public interface TopicView {
    record Known(Uuid id, String name, int partitions) {}

    /** Null for a topic that does not exist. */
    Known find(String name);

    /** The topics of a catalog. */
    static TopicView of(TopicCatalog catalog) {
        return name -> {
            Topic topic = catalog.topics().get(name);
            return topic == null ? null : new Known(topic.id(), name, topic.partitions().size());
        };
    }
}
