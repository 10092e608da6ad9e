// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** A produce request of one batch, made once, whose producer and sequence number are set in place each time that it is sent. Not for several threads. */
final class ProduceFrame {
    private static final int CRC = 17;
    private static final int ATTRIBUTES = 21;
    private static final int PRODUCER_ID = 43;
    private static final int PRODUCER_EPOCH = 51;
    private static final int BASE_SEQUENCE = 53;

    /** The tagged fields, all empty, of the partition, the topic and the request, which follow the batch. */
    private static final int BYTES_AFTER_BATCH = 3;

    private final ByteBuffer frame;
    private final int batchAt;
    private final CRC32C crc = new CRC32C();

    private ProduceFrame(ByteBuffer frame, int batchAt) {
        this.frame = frame;
        this.batchAt = batchAt;
    }

    /** With acks=all; of a transaction if the id is not null. */
    static ProduceFrame of(String topic, int partition, int records, int recordBytes, String transactionalId) {
        var values = RawProduce.records(records, new byte[recordBytes]);
        MemoryRecords batch = transactionalId == null
                ? MemoryRecords.withIdempotentRecords(Compression.NONE, 0, (short) 0, 0, values)
                : MemoryRecords.withTransactionalRecords(Compression.NONE, 0, (short) 0, 0, values);
        ByteBuffer frame = RawClient.encode(RawProduce.request(topic, List.of(partition), batch, (short) -1, transactionalId), RawProduce.VERSION, 1);
        return new ProduceFrame(frame, frame.limit() - BYTES_AFTER_BATCH - batch.sizeInBytes());
    }

    /** The frame without its length; valid until the next call. Without idempotence if the producer's id is -1. */
    ByteBuffer from(long producerId, short epoch, int sequence) {
        frame.putLong(batchAt + PRODUCER_ID, producerId).putShort(batchAt + PRODUCER_EPOCH, epoch).putInt(batchAt + BASE_SEQUENCE, sequence);
        crc.reset();
        crc.update(frame.duplicate().position(batchAt + ATTRIBUTES).limit(frame.limit() - BYTES_AFTER_BATCH));
        frame.putInt(batchAt + CRC, (int) crc.getValue());
        return frame;
    }
}
