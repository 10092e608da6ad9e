// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import org.apache.kafka.common.Uuid;

/** One partition as one share group works through it (KIP-932: share-partition). */
public record SharePartitionKey(String groupId, Uuid topicId, int partition) {
    /** The partition of __share_group_state that keeps it, chosen as Kafka does. */
    int shardOf(int count) {
        return (toString().hashCode() & 0x7fffffff) % count;
    }

    /** The coordinator key that Kafka gives it. */
    @Override
    public String toString() {
        return groupId + ":" + topicId + ":" + partition;
    }
}
