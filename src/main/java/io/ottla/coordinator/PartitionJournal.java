// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Fetched;
import io.ottla.topic.Partition;
import io.ottla.topic.PartitionOffsets;
import io.ottla.topic.ReadLimit;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import io.ottla.wire.StoredRecords;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;

/** A journal kept as records in one partition of an internal topic. */
public final class PartitionJournal implements Journal {
    private static final int REPLAY_CHUNK_BYTES = 1024 * 1024;

    private final Partition partition;
    private final int maxBatchBytes;

    public PartitionJournal(Partition partition, int maxBatchBytes) {
        this.partition = partition;
        this.maxBatchBytes = maxBatchBytes;
    }

    /** Opens the journals of an internal topic by partition, and creates the topic when the first one is opened. */
    public static IntFunction<Journal> over(TopicCatalog catalog, String topic, int partitions, Map<String, String> configs) {
        return index -> {
            Topic found = findOrCreate(catalog, topic, partitions, configs);
            return new PartitionJournal(found.partitions().get(index), found.config().maxMessageBytes());
        };
    }

    private static Topic findOrCreate(TopicCatalog catalog, String topic, int partitions, Map<String, String> configs) {
        Topic found = catalog.topics().get(topic);
        if (found != null) {
            return found;
        }
        try {
            return catalog.create(topic, partitions, configs);
        } catch (TopicExistsException createdMeanwhile) {
            return catalog.topics().get(topic);
        }
    }

    @Override
    public long end() {
        return partition.offsets().logEnd();
    }

    @Override
    public long length() {
        PartitionOffsets offsets = partition.offsets();
        return offsets.logEnd() - offsets.logStart();
    }

    @Override
    public int maxBatchBytes() {
        return maxBatchBytes;
    }

    @Override
    public long append(ByteBuffer batches) {
        return partition.append(batches, AppendOrigin.COORDINATOR).lastOffset() + 1;
    }

    @Override
    public void whenDurable(long end, Partition.Durable callback) {
        partition.whenDurable(end, callback);
    }

    @Override
    public void replay(Consumer<JournalEntry> target) {
        PartitionOffsets offsets = partition.offsets();
        long position = offsets.logStart();
        while (position < offsets.logEnd()) {
            long next = replayChunk(position, target);
            if (next <= position) {
                throw new KafkaStorageException(partition.id() + " gave no batch at offset " + position + " of " + offsets.logEnd());
            }
            position = next;
        }
    }

    private long replayChunk(long position, Consumer<JournalEntry> target) {
        Fetched fetched = partition.read(position, REPLAY_CHUNK_BYTES, true, ReadLimit.LOG_END);
        long next = position;
        for (RecordBatch batch : batchesOf(fetched.records()).batches()) {
            JournalBatches.read(batch, position, target);
            next = batch.nextOffset();
        }
        return next;
    }

    private MemoryRecords batchesOf(StoredRecords records) {
        try {
            ByteBuffer copy = ByteBuffer.allocate(records.sizeInBytes());
            records.copyTo(copy, 0);
            return MemoryRecords.readableRecords(copy.flip());
        } catch (IOException e) {
            throw new KafkaStorageException("cannot read " + partition.id(), e);
        } finally {
            records.release();
        }
    }
}
