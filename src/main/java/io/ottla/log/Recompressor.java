// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.apache.kafka.common.config.TopicConfig.COMPRESSION_GZIP_LEVEL_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.COMPRESSION_LZ4_LEVEL_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.COMPRESSION_ZSTD_LEVEL_CONFIG;

import io.ottla.topic.TopicConfig;
import java.nio.ByteBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/** Gives a batch the compression that its topic asks for. */
final class Recompressor {
    private static final int ROOM_BYTES = 512;

    private Recompressor() {}

    /** A new batch with the records of the one in {@code batch}, which was checked before. */
    static ByteBuffer recompress(ByteBuffer batch, TopicConfig config, long nowMs) {
        RecordBatch source = MemoryRecords.readableRecords(batch.slice()).batches().iterator().next();
        boolean ownTime = config.logAppendTime();
        MemoryRecordsBuilder builder = MemoryRecords.builder(
                ByteBuffer.allocate(batch.remaining() + ROOM_BYTES), RecordBatch.MAGIC_VALUE_V2, compression(config),
                ownTime ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME, 0, ownTime ? nowMs : RecordBatch.NO_TIMESTAMP,
                source.producerId(), source.producerEpoch(), source.baseSequence(), source.isTransactional(), RecordBatch.NO_PARTITION_LEADER_EPOCH);
        try (builder) {
            for (Record record : source) {
                builder.appendWithOffset(record.offset(), record.timestamp(), record.key(), record.value(), record.headers());
            }
        }
        return builder.build().buffer();
    }

    private static Compression compression(TopicConfig config) {
        return switch (config.compressionType()) {
            case "gzip" -> Compression.gzip().level(level(config, COMPRESSION_GZIP_LEVEL_CONFIG)).build();
            case "lz4" -> Compression.lz4().level(level(config, COMPRESSION_LZ4_LEVEL_CONFIG)).build();
            case "zstd" -> Compression.zstd().level(level(config, COMPRESSION_ZSTD_LEVEL_CONFIG)).build();
            case "snappy" -> Compression.snappy().build();
            default -> Compression.NONE;
        };
    }

    private static int level(TopicConfig config, String name) {
        return (Integer) config.value(name);
    }
}
