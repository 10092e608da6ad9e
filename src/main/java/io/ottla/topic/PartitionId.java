// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

import org.apache.kafka.common.Uuid;

/** Which partition: the topic's name and id (KIP-516), and the index from 0. */
public record PartitionId(String topic, Uuid topicId, int index) {
    @Override
    public String toString() {
        return topic + "-" + index;
    }
}
