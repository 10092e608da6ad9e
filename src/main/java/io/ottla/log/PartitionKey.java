// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.PartitionId;
import org.apache.kafka.common.Uuid;

/** What files that are for all partitions call one of them: a topic's id tells it from others of its name. */
record PartitionKey(Uuid topicId, int index) {
    static PartitionKey of(PartitionId id) {
        return new PartitionKey(id.topicId(), id.index());
    }

    // As the JVM would make them, but for what that takes in every process (decision 2).
    @Override
    public boolean equals(Object other) {
        return other instanceof PartitionKey key && index == key.index && topicId.equals(key.topicId);
    }

    @Override
    public int hashCode() {
        return 31 * topicId.hashCode() + index;
    }
}
