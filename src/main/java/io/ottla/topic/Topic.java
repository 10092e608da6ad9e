// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

import java.util.List;
import org.apache.kafka.common.Uuid;

/**
 * A topic at one moment; a change makes a new one.
 *
 * @param config     what is in force, defaults included
 * @param partitions by index, without gaps
 */
public record Topic(String name, Uuid id, TopicConfig config, List<Partition> partitions) {
    /** True for the topics that the broker keeps for itself and clients may not write to or delete. */
    public boolean internal() {
        return InternalTopics.NAMES.contains(name);
    }
}
