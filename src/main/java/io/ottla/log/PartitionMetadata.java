// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.Uuid;

/** The text of Kafka's `partition.metadata`, which says whose folder it is in. */
final class PartitionMetadata {
    private static final String TOPIC_ID = "topic_id: ";

    private PartitionMetadata() {}

    static ByteBuffer encode(Uuid topicId) {
        return ByteBuffer.wrap(("version: 0\n" + TOPIC_ID + topicId).getBytes(StandardCharsets.UTF_8));
    }

    /** The topic's id, or null where none can be read: the file may not have been written whole. */
    static Uuid topicId(String text) {
        int at = text.indexOf(TOPIC_ID);
        if (at < 0) {
            return null;
        }
        try {
            return Uuid.fromString(text.substring(at + TOPIC_ID.length()).strip());
        } catch (IllegalArgumentException notAnId) {
            return null;
        }
    }
}
