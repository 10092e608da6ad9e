// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.AppendRefused;
import io.ottla.topic.PartitionId;
import io.ottla.topic.TopicConfig;
import io.ottla.wire.BatchView;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.junit.jupiter.api.Test;

/** Batches with bytes changed at random: each is refused with an error of Kafka's, or is one that Kafka's own reader can read. */
class BatchValidatorFuzzTest {
    private static final int CASES = Integer.getInteger("ottla.fuzz", 20_000);
    private static final long FIRST_SEED = Long.getLong("ottla.seed", 1);
    private static final PartitionId ID = new PartitionId("t", Uuid.ZERO_UUID, 0);
    private static final TopicConfig CONFIG = TopicConfig.of(Map.of(), Map.of("max.decompressed.message.bytes", "100000"));
    private static final Compression[] COMPRESSIONS = {
        Compression.NONE, Compression.gzip().build(), Compression.snappy().build(), Compression.lz4().build(), Compression.zstd().build()
    };

    @Test
    void noBytesGetPastTheValidatorThatAReaderCannotRead() {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + CASES; seed++) {
            ByteBuffer batch = mutated(new Random(seed));
            try {
                ByteBuffer accepted = BatchValidator.mine().check(batch, AppendOrigin.CLIENT, ID, CONFIG, Batches.NOW);
                readBack(accepted);
            } catch (AppendRefused expected) {
                continue;
            } catch (RuntimeException | AssertionError | OutOfMemoryError e) {
                fail("seed " + seed, e);
            }
        }
    }

    private static void readBack(ByteBuffer accepted) {
        int batches = 0;
        for (var batch : MemoryRecords.readableRecords(accepted).batches()) {
            batch.ensureValid();
            int count = 0;
            for (Record record : batch) {
                assertEquals(count++, record.offset());
            }
            assertEquals(batch.countOrNull(), count);
            batches++;
        }
        assertEquals(1, batches);
    }

    private static ByteBuffer mutated(Random random) {
        String[] values = new String[1 + random.nextInt(5)];
        for (int i = 0; i < values.length; i++) {
            values[i] = "v".repeat(random.nextInt(60));
        }
        ByteBuffer batch = Batches.of(COMPRESSIONS[random.nextInt(COMPRESSIONS.length)], Batches.NOW, values);
        for (int i = random.nextInt(4); i >= 0; i--) {
            batch.put(random.nextInt(batch.limit()), interesting(random));
        }
        if (random.nextInt(5) == 0) {
            batch.limit(random.nextInt(batch.limit() + 1));
        }
        if (random.nextInt(8) > 0) {
            fixCrc(batch);
        }
        return batch;
    }

    private static byte interesting(Random random) {
        byte[] edges = {0, 1, -1, 127, -128, 2, 64};
        return random.nextBoolean() ? edges[random.nextInt(edges.length)] : (byte) random.nextInt();
    }

    /** Makes the checksum right, or nothing behind it would ever be looked at. */
    private static void fixCrc(ByteBuffer batch) {
        if (batch.limit() < BatchView.HEADER_BYTES) {
            return;
        }
        int end = batch.getInt(8) + BatchView.PREFIX_BYTES;
        if (end < BatchView.HEADER_BYTES || end > batch.limit()) {
            return;
        }
        CRC32C crc = new CRC32C();
        crc.update(batch.duplicate().position(BatchView.CRC_COVERS_FROM).limit(end));
        batch.putInt(17, (int) crc.getValue());
    }
}
