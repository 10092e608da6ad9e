// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.topic.Fetched;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.topic.Topic;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Dead letters as records: headers say where each came from and why, in Kafka's names, numbers in decimal (KIP-1191). Key and
 * value are the original ones where they are asked for and still there.
 */
final class DeadLetterRecords {
    private static final Logger LOG = LoggerFactory.getLogger(DeadLetterRecords.class);
    private static final String HEADER = "__dlq.errors.";
    private static final int READ_BYTES = 1024 * 1024;
    private static final int BATCH_BYTES = 512 * 1024;

    private final DeadLetter letter;
    private final Topic source;
    private final long nowMs;

    /** @param source null if it has been deleted */
    DeadLetterRecords(DeadLetter letter, Topic source, long nowMs) {
        this.letter = letter;
        this.source = source;
        this.nowMs = nowMs;
    }

    /** Record batches of about half a megabyte, or of one record that is larger. */
    List<ByteBuffer> batches(boolean copies) {
        Map<Long, SimpleRecord> originals = copies ? originals() : Map.of();
        List<ByteBuffer> batches = new ArrayList<>();
        List<SimpleRecord> batch = new ArrayList<>();
        int bytes = 0;
        for (long offset = letter.first(); offset <= letter.last(); offset++) {
            SimpleRecord original = originals.get(offset);
            SimpleRecord record = new SimpleRecord(nowMs,
                    original == null ? null : original.key(), original == null ? null : original.value(), headers(offset));
            int size = sizeOf(record.key()) + sizeOf(record.value());
            if (bytes + size > BATCH_BYTES && !batch.isEmpty()) {
                batches.add(toBuffer(batch));
                batch.clear();
                bytes = 0;
            }
            batch.add(record);
            bytes += size;
        }
        batches.add(toBuffer(batch));
        return batches;
    }

    private static int sizeOf(ByteBuffer part) {
        return part == null ? 0 : part.remaining();
    }

    private static ByteBuffer toBuffer(List<SimpleRecord> batch) {
        return MemoryRecords.withRecords(Compression.NONE, batch.toArray(SimpleRecord[]::new)).buffer();
    }

    private Header[] headers(long offset) {
        return new Header[] {
            header("topic", source == null ? letter.key().topicId().toString() : source.name()),
            header("partition", Integer.toString(letter.key().partition())),
            header("offset", Long.toString(offset)),
            header("group", letter.key().groupId()),
            header("delivery.count", Integer.toString(letter.deliveryCount())),
            header("message", letter.rejected() ? "Offset rejected by client." : "Offset delivery count exceeded the threshold."),
        };
    }

    private static Header header(String name, String value) {
        return new RecordHeader(HEADER + name, value.getBytes(StandardCharsets.UTF_8));
    }

    private Map<Long, SimpleRecord> originals() {
        Map<Long, SimpleRecord> found = new HashMap<>();
        if (source == null || letter.key().partition() >= source.partitions().size()) {
            return found;
        }
        Partition partition = source.partitions().get(letter.key().partition());
        try {
            long position = letter.first();
            while (position <= letter.last()) {
                long next = read(partition, position, found);
                if (next <= position) {
                    return found;
                }
                position = next;
            }
        } catch (ApiException e) {
            LOG.warn("event=dead_letter_without_record share_partition={} first={} last={} reason=\"{}\" action=write_headers_only",
                    letter.key(), letter.first(), letter.last(), e.getMessage());
        }
        return found;
    }

    private long read(Partition partition, long position, Map<Long, SimpleRecord> found) {
        Fetched fetched = partition.read(position, READ_BYTES, true, ReadLimit.HIGH_WATERMARK);
        long next = position;
        try {
            ByteBuffer copy = ByteBuffer.allocate(fetched.records().sizeInBytes());
            fetched.records().copyTo(copy, 0);
            for (Record record : MemoryRecords.readableRecords(copy.flip()).records()) {
                next = record.offset() + 1;
                if (record.offset() >= letter.first() && record.offset() <= letter.last()) {
                    found.put(record.offset(), new SimpleRecord(nowMs, record.key(), record.value()));
                }
            }
            return next;
        } catch (IOException e) {
            throw new KafkaStorageException("cannot read " + partition.id(), e);
        } finally {
            fetched.records().release();
        }
    }
}
