// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.topic.TopicConfig;
import io.ottla.wire.BatchView;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A batch that the broker compresses again is as small as the topic asks (KIP-390). */
class RecompressorTest {
    private static final long SEED = 390;

    @ParameterizedTest
    @CsvSource({"gzip,1,9", "lz4,1,17", "zstd,1,19"})
    void theTopicsLevelIsTheOneThatIsUsed(String codec, int fast, int thorough) {
        ByteBuffer batch = batch();
        int loose = sizeBytes(batch, codec, fast);
        int tight = sizeBytes(batch, codec, thorough);
        assertTrue(tight < loose, () -> "level " + fast + ": " + loose + " bytes, level " + thorough + ": " + tight);
        assertTrue(loose < batch.remaining(), () -> loose + " of " + batch.remaining() + " bytes");
    }

    private static int sizeBytes(ByteBuffer batch, String codec, int level) {
        TopicConfig config = TopicConfig.of(Map.of(), Map.of("compression.type", codec, "compression." + codec + ".level", Integer.toString(level)));
        MemoryRecords recompressed = MemoryRecords.readableRecords(Recompressor.recompress(new BatchView(batch, 0), config));
        assertEquals(codec, recompressed.batches().iterator().next().compressionType().name);
        recompressed.batches().forEach(each -> each.ensureValid());
        return recompressed.sizeInBytes();
    }

    /** Words of a small language, which leave something to be found by a compressor that looks for longer. */
    private static ByteBuffer batch() {
        Random random = new Random(SEED);
        SimpleRecord[] records = new SimpleRecord[200];
        for (int i = 0; i < records.length; i++) {
            records[i] = new SimpleRecord(i, random.ints(60, 0, 300).mapToObj(word -> Integer.toString(word * word, 36)).collect(Collectors.joining(" ")).getBytes());
        }
        return MemoryRecords.withRecords(Compression.NONE, records).buffer();
    }
}
