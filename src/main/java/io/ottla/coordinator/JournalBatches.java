// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.DefaultRecord;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

/** Journal entries as record batches: neighbours of one kind share a batch, as far as its size allows. */
final class JournalBatches {
    /** Key (version, type) and value (version, coordinator epoch) of an end marker. */
    private static final int MARKER_BYTES = 10;

    private JournalBatches() {}

    /** An upper bound of the bytes that an entry adds to a batch, the batch header not counted. */
    static int sizeBytes(JournalEntry entry) {
        return switch (entry) {
            case JournalEntry.Plain plain -> recordBytes(plain.key(), plain.value());
            case JournalEntry.Transactional part -> recordBytes(part.key(), part.value());
            case JournalEntry.Marker ignored -> DefaultRecord.MAX_RECORD_OVERHEAD + MARKER_BYTES;
        };
    }

    private static int recordBytes(ByteBuffer key, ByteBuffer value) {
        return DefaultRecord.MAX_RECORD_OVERHEAD + key.remaining() + (value == null ? 0 : value.remaining());
    }

    /** Appends {@code entries} to {@code out} in as few batches of at most {@code maxBatchBytes} as their kinds and order allow. */
    static void write(List<JournalEntry> entries, long timestampMs, int maxBatchBytes, ByteBufferOutputStream out) {
        int from = 0;
        while (from < entries.size()) {
            int to = endOfBatch(entries, from, maxBatchBytes);
            writeBatch(entries.subList(from, to), timestampMs, out);
            from = to;
        }
    }

    private static int endOfBatch(List<JournalEntry> entries, int from, int maxBatchBytes) {
        JournalEntry first = entries.get(from);
        int bytes = DefaultRecordBatch.RECORD_BATCH_OVERHEAD + sizeBytes(first);
        int to = from + 1;
        while (to < entries.size() && together(first, entries.get(to))) {
            bytes += sizeBytes(entries.get(to));
            if (bytes > maxBatchBytes) {
                break;
            }
            to++;
        }
        return to;
    }

    private static boolean together(JournalEntry first, JournalEntry other) {
        return switch (first) {
            case JournalEntry.Plain ignored -> other instanceof JournalEntry.Plain;
            case JournalEntry.Transactional a -> other instanceof JournalEntry.Transactional b
                    && a.producerId() == b.producerId() && a.producerEpoch() == b.producerEpoch();
            case JournalEntry.Marker ignored -> false;
        };
    }

    private static void writeBatch(List<JournalEntry> entries, long timestampMs, ByteBufferOutputStream out) {
        try (MemoryRecordsBuilder batch = open(entries.getFirst(), timestampMs, out)) {
            for (JournalEntry entry : entries) {
                switch (entry) {
                    case JournalEntry.Plain plain -> batch.append(timestampMs, plain.key(), plain.value());
                    case JournalEntry.Transactional part -> batch.append(timestampMs, part.key(), part.value());
                    case JournalEntry.Marker marker -> batch.appendEndTxnMarker(timestampMs, new EndTransactionMarker(
                            marker.committed() ? ControlRecordType.COMMIT : ControlRecordType.ABORT, marker.coordinatorEpoch()));
                }
            }
        }
    }

    private static MemoryRecordsBuilder open(JournalEntry first, long timestampMs, ByteBufferOutputStream out) {
        long producerId = RecordBatch.NO_PRODUCER_ID;
        short producerEpoch = RecordBatch.NO_PRODUCER_EPOCH;
        int baseSequence = RecordBatch.NO_SEQUENCE;
        if (first instanceof JournalEntry.Transactional part) {
            // Nobody checks the sequence of a coordinator, but a batch of a producer must have one.
            baseSequence = 0;
            producerId = part.producerId();
            producerEpoch = part.producerEpoch();
        } else if (first instanceof JournalEntry.Marker marker) {
            producerId = marker.producerId();
            producerEpoch = marker.producerEpoch();
        }
        return new MemoryRecordsBuilder(out, RecordBatch.CURRENT_MAGIC_VALUE, Compression.NONE, TimestampType.CREATE_TIME, 0L, timestampMs,
                producerId, producerEpoch, baseSequence, producerId != RecordBatch.NO_PRODUCER_ID,
                first instanceof JournalEntry.Marker, RecordBatch.NO_PARTITION_LEADER_EPOCH, Integer.MAX_VALUE);
    }

    /** Gives the entries of {@code batch} at or after {@code fromOffset}. */
    static void read(RecordBatch batch, long fromOffset, Consumer<JournalEntry> target) {
        for (Record record : batch) {
            if (record.offset() >= fromOffset) {
                JournalEntry entry = entryOf(batch, record);
                if (entry != null) {
                    target.accept(entry);
                }
            }
        }
    }

    private static JournalEntry entryOf(RecordBatch batch, Record record) {
        if (!batch.isControlBatch()) {
            return batch.isTransactional()
                    ? new JournalEntry.Transactional(batch.producerId(), batch.producerEpoch(), record.key(), record.value())
                    : new JournalEntry.Plain(record.key(), record.value());
        }
        ControlRecordType type = ControlRecordType.parse(record.key());
        if (type != ControlRecordType.COMMIT && type != ControlRecordType.ABORT) {
            return null;
        }
        int epoch = EndTransactionMarker.deserialize(record).coordinatorEpoch();
        return new JournalEntry.Marker(batch.producerId(), batch.producerEpoch(), epoch, type == ControlRecordType.COMMIT);
    }
}
