// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import io.ottla.wire.StoredRecords;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/** A read_committed consumer of one partition: passes over control records and over what the fetch says was aborted. */
final class Reader {
    private static final short VERSION = 12;

    /** A record that counts. */
    record Seen(long offset, String key, String value) {}

    private final TopicPartition partition;
    private final int maxBytes;
    private final List<Seen> seen = new ArrayList<>();
    private long position;
    private long lastStable;

    Reader(TopicPartition partition, int maxBytes) {
        this.partition = partition;
        this.maxBytes = maxBytes;
    }

    TopicPartition partition() {
        return partition;
    }

    List<Seen> seen() {
        return seen;
    }

    /** Reads to the last stable offset, or to the first error. */
    Reader readAll(House house) {
        long before;
        do {
            before = position;
            poll(house);
        } while (position > before);
        return this;
    }

    /** Fetches once; errors that pass are passed over. */
    void poll(House house) {
        FetchTopic topic = new FetchTopic().setTopic(partition.topic());
        topic.partitions().add(new FetchPartition().setPartition(partition.partition()).setFetchOffset(position).setPartitionMaxBytes(maxBytes));
        FetchRequestData request = new FetchRequestData().setMaxWaitMs(0).setMinBytes(0).setMaxBytes(maxBytes).setIsolationLevel((byte) 1).setSessionEpoch(-1);
        request.topics().add(topic);
        house.ask(ApiKeys.FETCH, VERSION, request, FetchResponseData.class, this::take);
    }

    private void take(FetchResponseData reply) {
        PartitionData data = reply.responses().getFirst().partitions().getFirst();
        if (data.errorCode() == Errors.KAFKA_STORAGE_ERROR.code()) {
            return;
        }
        if (data.errorCode() != Errors.NONE.code()) {
            throw new Violation(Violation.Kind.CHANGED_READ, partition + " at " + position + ": " + Errors.forCode(data.errorCode()));
        }
        if (data.lastStableOffset() < lastStable) {
            throw new Violation(Violation.Kind.LSO_WENT_BACK, partition + " from " + lastStable + " to " + data.lastStableOffset());
        }
        lastStable = data.lastStableOffset();
        take(batches(data), data.abortedTransactions());
    }

    private static MemoryRecords batches(PartitionData data) {
        StoredRecords records = (StoredRecords) data.records();
        try {
            ByteBuffer copy = ByteBuffer.allocate(records.sizeInBytes());
            records.copyTo(copy, 0);
            return MemoryRecords.readableRecords(copy.flip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            records.release();
        }
    }

    private void take(MemoryRecords batches, List<AbortedTransaction> abortedTransactions) {
        PriorityQueue<AbortedTransaction> later = new PriorityQueue<>(Comparator.comparingLong(AbortedTransaction::firstOffset));
        if (abortedTransactions != null) {
            later.addAll(abortedTransactions);
        }
        Set<Long> aborted = new HashSet<>();
        for (RecordBatch batch : batches.batches()) {
            batch.ensureValid();
            while (!later.isEmpty() && later.peek().firstOffset() <= batch.lastOffset()) {
                aborted.add(later.poll().producerId());
            }
            if (batch.isControlBatch()) {
                batch.forEach(marker -> {
                    if (ControlRecordType.parse(marker.key()) == ControlRecordType.ABORT) {
                        aborted.remove(batch.producerId());
                    }
                });
            } else if (!batch.isTransactional() || !aborted.contains(batch.producerId())) {
                batch.forEach(this::see);
            }
            position = Math.max(position, batch.nextOffset());
        }
    }

    private void see(Record each) {
        if (each.offset() >= position) {
            seen.add(new Seen(each.offset(), text(each.key()), text(each.value())));
        }
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes).toString();
    }
}
