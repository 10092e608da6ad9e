// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.topic.Partition;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.protocol.Errors;

/**
 * One partition that a client fetches: which it is, from where on, and what the client was told last. Partitions of a fetch
 * session live as long as the session; the thread that answers the session's request owns them.
 */
final class FetchTarget {
    /** How partitions are told apart: by topic id where the client uses ids, else by name. */
    record Key(Uuid topicId, String topic, int index) {}

    private final Key key;
    private FetchPartition asked;
    private Partition partition;
    private long toldHighWatermark = -1;
    private long toldLogStart = -1;

    FetchTarget(Key key, FetchPartition asked) {
        this.key = key;
        this.asked = asked;
    }

    Key key() {
        return key;
    }

    void ask(FetchPartition asked) {
        this.asked = asked;
    }

    long offset() {
        return asked.fetchOffset();
    }

    int maxBytes() {
        return asked.partitionMaxBytes();
    }

    int claimedEpoch() {
        return asked.currentLeaderEpoch();
    }

    int lastFetchedEpoch() {
        return asked.lastFetchedEpoch();
    }

    Partition partition() {
        return partition;
    }

    /** Finds the partition as the catalog has it now. */
    Errors locate(TopicCatalog catalog) {
        Topic topic = key.topic() == null ? catalog.find(key.topicId()) : catalog.topics().get(key.topic());
        if (topic == null) {
            partition = null;
            return key.topic() == null ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
        }
        if (key.index() < 0 || key.index() >= topic.partitions().size()) {
            partition = null;
            return Errors.UNKNOWN_TOPIC_OR_PARTITION;
        }
        partition = topic.partitions().get(key.index());
        return Errors.NONE;
    }

    /** Whether this would be news to the client. */
    boolean news(long highWatermark, long logStart) {
        return highWatermark != toldHighWatermark || logStart != toldLogStart;
    }

    /** Remembers what the client is told. */
    void tell(long highWatermark, long logStart) {
        toldHighWatermark = highWatermark;
        toldLogStart = logStart;
    }
}
