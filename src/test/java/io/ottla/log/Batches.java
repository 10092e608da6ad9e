// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.testkit.Eventually;
import io.ottla.topic.Fetched;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Makes and reads record batches as clients do. */
final class Batches {
    static final long NOW = 1_700_000_000_000L;

    private Batches() {}

    static ByteBuffer of(String... values) {
        return of(Compression.NONE, NOW, values);
    }

    static ByteBuffer of(Compression compression, long timestamp, String... values) {
        return direct(MemoryRecords.withRecords(compression, records(timestamp, values)));
    }

    static ByteBuffer idempotent(long producerId, int epoch, int sequence, String... values) {
        return direct(MemoryRecords.withIdempotentRecords(Compression.NONE, producerId, (short) epoch, sequence, records(NOW, values)));
    }

    static ByteBuffer transactional(long producerId, int epoch, int sequence, String... values) {
        return direct(MemoryRecords.withTransactionalRecords(Compression.NONE, producerId, (short) epoch, sequence, records(NOW, values)));
    }

    static ByteBuffer marker(long producerId, int epoch, boolean commit) {
        ControlRecordType type = commit ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
        return direct(MemoryRecords.withEndTransactionMarker(0, NOW, 0, producerId, (short) epoch, new EndTransactionMarker(type, 0)));
    }

    static SimpleRecord[] records(long timestamp, String... values) {
        SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] = new SimpleRecord(timestamp, ("k" + values[i]).getBytes(StandardCharsets.UTF_8), values[i].getBytes(StandardCharsets.UTF_8));
        }
        return records;
    }

    static ByteBuffer direct(MemoryRecords records) {
        ByteBuffer source = records.buffer().duplicate();
        return ByteBuffer.allocateDirect(source.remaining()).put(source).flip();
    }

    /** All records from {@code offset} on, as "offset:value". */
    static List<String> read(Partition partition, long offset, ReadLimit limit) {
        List<String> found = new ArrayList<>();
        long next = offset;
        while (true) {
            long before = next;
            for (MutableRecordBatch batch : batches(partition.read(next, 1 << 20, true, limit))) {
                for (Record record : batch) {
                    if (record.offset() >= offset) {
                        found.add(record.offset() + ":" + StandardCharsets.UTF_8.decode(record.value().duplicate()));
                    }
                }
                next = batch.nextOffset();
            }
            if (next == before) {
                return found;
            }
        }
    }

    /** The batches of a read, which is released. */
    static List<MutableRecordBatch> batches(Fetched fetched) {
        ByteBuffer bytes = ByteBuffer.allocate(fetched.records().sizeInBytes());
        try {
            fetched.records().copyTo(bytes, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            fetched.records().release();
        }
        List<MutableRecordBatch> batches = new ArrayList<>();
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(bytes.flip()).batches()) {
            batch.ensureValid();
            batches.add(batch);
        }
        return batches;
    }

    /** Waits until everything written is durable. */
    static void awaitDurable(Partition partition) {
        CompletableFuture<ApiException> done = new CompletableFuture<>();
        partition.whenDurable(partition.offsets().logEnd(), done::complete);
        ApiException failure = done.orTimeout(Eventually.DEADLINE.toSeconds(), TimeUnit.SECONDS).join();
        if (failure != null) {
            throw failure;
        }
    }
}
