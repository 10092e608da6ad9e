// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Disk;
import io.ottla.world.Disk.OpenMode;
import io.ottla.world.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;

/**
 * What a KRaft controller has written down of topics, their configs and partitions: its newest snapshot, and the log after it (KIP-500, KIP-630).
 * Of its records four kinds count: TopicRecord, PartitionRecord, ConfigRecord and RemoveTopicRecord.
 */
final class KafkaMetadata {
    private static final Pattern SNAPSHOT = Pattern.compile("\\d{20}-\\d{10}\\.checkpoint");
    private static final int OFFSET_DIGITS = 20;
    private static final int TOPIC = 2;
    private static final int PARTITION = 3;
    private static final int CONFIG = 4;
    private static final int REMOVE_TOPIC = 9;
    private static final int SIZE_AT = 8;
    private static final int MAX_BATCH_BYTES = 64 << 20;

    private final Disk disk;
    private final Map<Uuid, String> topics = new HashMap<>();
    private final Map<Uuid, Integer> partitions = new HashMap<>();
    private final Map<String, Map<String, String>> configs = new HashMap<>();

    private KafkaMetadata(Disk disk) {
        this.disk = disk;
    }

    /** @throws IOException if a file cannot be read or is damaged; a folder that is not there says nothing of any topic */
    static KafkaMetadata read(Disk disk, Path folder) throws IOException {
        KafkaMetadata metadata = new KafkaMetadata(disk);
        TreeSet<String> snapshots = new TreeSet<>();
        TreeSet<String> segments = new TreeSet<>();
        for (String name : disk.list(folder)) {
            if (SNAPSHOT.matcher(name).matches()) {
                snapshots.add(name);
            } else if (LogFileNames.baseOffset(name, LogFileNames.LOG) >= 0) {
                segments.add(name);
            }
        }
        long from = 0;
        if (!snapshots.isEmpty()) {
            metadata.replay(folder.resolve(snapshots.last()), 0);
            from = Long.parseLong(snapshots.last().substring(0, OFFSET_DIGITS));
        }
        for (String segment : segments) {
            metadata.replay(folder.resolve(segment), from);
        }
        return metadata;
    }

    /** The configs that were set for a topic. */
    Map<String, String> configs(String topic) {
        return Map.copyOf(configs.getOrDefault(topic, Map.of()));
    }

    /** How many partitions a topic has; 0 if nothing is said of it. */
    int partitions(Uuid topic) {
        return partitions.getOrDefault(topic, 0);
    }

    private void replay(Path path, long from) throws IOException {
        try (DiskFile file = disk.open(path, OpenMode.READ)) {
            long size = file.size();
            for (long at = 0; at + SIZE_AT + Integer.BYTES <= size; ) {
                ByteBuffer start = ByteBuffer.allocate(SIZE_AT + Integer.BYTES);
                file.read(start, at);
                long bytes = start.capacity() + (long) start.getInt(SIZE_AT);
                if (bytes < start.capacity() || bytes > MAX_BATCH_BYTES || at + bytes > size) {
                    // A batch that was being written when Kafka stopped.
                    return;
                }
                ByteBuffer batch = ByteBuffer.allocate((int) bytes);
                file.read(batch, at);
                replay(path, MemoryRecords.readableRecords(batch.flip()), from);
                at += bytes;
            }
        }
    }

    private void replay(Path path, MemoryRecords records, long from) throws IOException {
        try {
            for (MutableRecordBatch batch : records.batches()) {
                batch.ensureValid();
                for (Record record : batch) {
                    if (!batch.isControlBatch() && record.offset() >= from && record.hasValue()) {
                        apply(new ByteBufferAccessor(record.value().duplicate()));
                    }
                }
            }
        } catch (RuntimeException e) {
            throw new IOException(path + " is damaged: " + e.getMessage(), e);
        }
    }

    /** A record's value: the version of this frame, the kind of record, its version, and its fields. */
    private void apply(ByteBufferAccessor value) {
        value.readUnsignedVarint();
        int kind = value.readUnsignedVarint();
        value.readUnsignedVarint();
        switch (kind) {
            case TOPIC -> {
                String name = string(value);
                topics.put(value.readUuid(), name);
                configs.remove(name);
            }
            case REMOVE_TOPIC -> {
                String name = topics.remove(value.readUuid());
                if (name != null) {
                    configs.remove(name);
                }
            }
            case PARTITION -> {
                int count = value.readInt() + 1;
                partitions.merge(value.readUuid(), count, Math::max);
            }
            case CONFIG -> applyConfig(value);
            default -> { }
        }
    }

    private void applyConfig(ByteBufferAccessor value) {
        byte type = value.readByte();
        String resource = string(value);
        String name = string(value);
        String setting = string(value);
        if (type == ConfigResource.Type.TOPIC.id()) {
            Map<String, String> all = configs.computeIfAbsent(resource, topic -> new HashMap<>());
            if (setting == null) {
                all.remove(name);
            } else {
                all.put(name, setting);
            }
        }
    }

    private static String string(ByteBufferAccessor value) {
        int length = value.readUnsignedVarint() - 1;
        return length < 0 ? null : value.readString(length);
    }
}
