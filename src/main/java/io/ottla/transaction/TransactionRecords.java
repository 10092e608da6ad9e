// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.internals.ByteUtils;

/**
 * Kafka's records in {@code __transaction_state}: TransactionLogKey version 0, and TransactionLogValue version 1, or 0 as
 * written by Kafka before 4.0. Buffers are read from their position.
 */
final class TransactionRecords {
    private static final short KEY_VERSION = 0;
    private static final short VALUE_VERSION = 1;
    private static final int PREVIOUS_PRODUCER_ID = 0;
    private static final int NEXT_PRODUCER_ID = 1;
    private static final int CLIENT_VERSION = 2;

    private TransactionRecords() {}

    static ByteBuffer key(String transactionalId) {
        byte[] id = transactionalId.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(4 + id.length).putShort(KEY_VERSION).putShort((short) id.length).put(id).flip();
    }

    /** The transactional id, or null for a key of another kind. */
    static String readKey(ByteBuffer key) {
        ByteBuffer in = key.slice();
        return in.getShort() == KEY_VERSION ? readString(in, in.getShort()) : null;
    }

    static ByteBuffer value(Transaction transaction) {
        Map<String, List<Integer>> topics = byTopic(transaction.partitions());
        ByteBuffer out = ByteBuffer.allocate(sizeLimit(topics));
        out.putShort(VALUE_VERSION).putLong(transaction.producerId()).putShort(transaction.epoch()).putInt(transaction.timeoutMs());
        out.put(transaction.status().code());
        ByteUtils.writeUnsignedVarint(transaction.status() == Status.EMPTY ? 0 : topics.size() + 1, out);
        topics.forEach((topic, partitions) -> writeTopic(topic, partitions, out));
        out.putLong(transaction.updatedMs()).putLong(transaction.startMs());
        writeTags(transaction, out);
        return out.flip();
    }

    private static Map<String, List<Integer>> byTopic(Set<TopicPartition> partitions) {
        Map<String, List<Integer>> topics = new TreeMap<>();
        for (TopicPartition partition : partitions) {
            topics.computeIfAbsent(partition.topic(), topic -> new ArrayList<>()).add(partition.partition());
        }
        topics.values().forEach(list -> list.sort(null));
        return topics;
    }

    private static int sizeLimit(Map<String, List<Integer>> topics) {
        int bytes = 80;
        for (Map.Entry<String, List<Integer>> topic : topics.entrySet()) {
            bytes += 11 + 3 * topic.getKey().length() + 4 * topic.getValue().size();
        }
        return bytes;
    }

    private static void writeTopic(String topic, List<Integer> partitions, ByteBuffer out) {
        byte[] name = topic.getBytes(StandardCharsets.UTF_8);
        ByteUtils.writeUnsignedVarint(name.length + 1, out);
        out.put(name);
        ByteUtils.writeUnsignedVarint(partitions.size() + 1, out);
        partitions.forEach(out::putInt);
        ByteUtils.writeUnsignedVarint(0, out);
    }

    private static void writeTags(Transaction transaction, ByteBuffer out) {
        boolean hasPrevious = transaction.previousProducerId() != Transaction.NO_ID;
        boolean hasNext = transaction.nextProducerId() != Transaction.NO_ID;
        boolean hasVersion = transaction.clientVersion() != Transaction.FIRST_PROTOCOL;
        ByteUtils.writeUnsignedVarint((hasPrevious ? 1 : 0) + (hasNext ? 1 : 0) + (hasVersion ? 1 : 0), out);
        if (hasPrevious) {
            tag(PREVIOUS_PRODUCER_ID, Long.BYTES, out).putLong(transaction.previousProducerId());
        }
        if (hasNext) {
            tag(NEXT_PRODUCER_ID, Long.BYTES, out).putLong(transaction.nextProducerId());
        }
        if (hasVersion) {
            tag(CLIENT_VERSION, Short.BYTES, out).putShort(transaction.clientVersion());
        }
    }

    private static ByteBuffer tag(int tag, int sizeBytes, ByteBuffer out) {
        ByteUtils.writeUnsignedVarint(tag, out);
        ByteUtils.writeUnsignedVarint(sizeBytes, out);
        return out;
    }

    /** The transaction in a value, or null for a version that is not known. */
    static Transaction readValue(String id, ByteBuffer value) {
        ByteBuffer in = value.slice();
        short version = in.getShort();
        if (version < 0 || version > VALUE_VERSION) {
            return null;
        }
        long producerId = in.getLong();
        short epoch = in.getShort();
        int timeoutMs = in.getInt();
        Status status = Status.of(in.get());
        Set<TopicPartition> partitions = readPartitions(in, version);
        long updatedMs = in.getLong();
        long startMs = in.getLong();
        Tags tags = version == 0 ? new Tags() : new Tags(in);
        return new Transaction(id, producerId, tags.previousProducerId, tags.nextProducerId, epoch, Transaction.NO_EPOCH, timeoutMs, status,
                partitions, startMs, updatedMs, tags.clientVersion);
    }

    private static Set<TopicPartition> readPartitions(ByteBuffer in, short version) {
        Set<TopicPartition> partitions = new HashSet<>();
        int topics = readCount(in, version);
        for (int i = 0; i < topics; i++) {
            String topic = readString(in, version == 0 ? in.getShort() : ByteUtils.readUnsignedVarint(in) - 1);
            int count = readCount(in, version);
            for (int n = 0; n < count; n++) {
                partitions.add(new TopicPartition(topic, in.getInt()));
            }
            if (version > 0) {
                new Tags(in);
            }
        }
        return Collections.unmodifiableSet(partitions);
    }

    /** -1 stands for null, which is as good as none. */
    private static int readCount(ByteBuffer in, short version) {
        return version == 0 ? in.getInt() : ByteUtils.readUnsignedVarint(in) - 1;
    }

    private static String readString(ByteBuffer in, int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The tagged fields; those that are not known are passed over. */
    private static final class Tags {
        private long previousProducerId = Transaction.NO_ID;
        private long nextProducerId = Transaction.NO_ID;
        private short clientVersion = Transaction.FIRST_PROTOCOL;

        private Tags() {}

        private Tags(ByteBuffer in) {
            int count = ByteUtils.readUnsignedVarint(in);
            for (int i = 0; i < count; i++) {
                int tag = ByteUtils.readUnsignedVarint(in);
                int sizeBytes = ByteUtils.readUnsignedVarint(in);
                int end = in.position() + sizeBytes;
                switch (tag) {
                    case PREVIOUS_PRODUCER_ID -> previousProducerId = in.getLong();
                    case NEXT_PRODUCER_ID -> nextProducerId = in.getLong();
                    case CLIENT_VERSION -> clientVersion = in.getShort();
                    default -> { }
                }
                in.position(end);
            }
        }
    }
}
