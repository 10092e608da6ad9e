// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.apache.kafka.common.config.TopicConfig.COMPRESSION_GZIP_LEVEL_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.COMPRESSION_LZ4_LEVEL_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.COMPRESSION_ZSTD_LEVEL_CONFIG;

import io.ottla.topic.TopicConfig;
import io.ottla.wire.BatchView;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

/** Gives a batch the compression that its topic asks for. The records' bytes pass through in small pieces, whatever they add up to. */
final class Recompressor {
    private static final int ROOM_BYTES = 512;
    private static final int CHUNK_BYTES = 16 * 1024;

    private Recompressor() {}

    /** A new batch with the records of {@code batch}, which was checked before; null if it becomes larger than the topic's batches may be. */
    static ByteBuffer recompress(BatchView batch, TopicConfig config) {
        ByteBuffer source = batch.buffer();
        Compression from = Compression.of(CompressionType.forId(batch.compressionId())).build();
        Compression to = compression(config);
        ByteBufferOutputStream target = new ByteBufferOutputStream(Math.min(batch.sizeBytes(), config.maxMessageBytes()) + ROOM_BYTES);
        target.write(source.slice(batch.position(), BatchView.HEADER_BYTES));
        try (InputStream records = from.wrapForInput(source.slice(batch.recordsPosition(), batch.recordsSizeBytes()), BatchView.MAGIC, BufferSupplier.NO_CACHING);
                OutputStream compressed = to.wrapForOutput(target, BatchView.MAGIC)) {
            byte[] chunk = new byte[CHUNK_BYTES];
            for (int read = records.read(chunk); read > 0; read = records.read(chunk)) {
                compressed.write(chunk, 0, read);
                if (target.position() > config.maxMessageBytes()) {
                    return null;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a batch in memory cannot be compressed", e);
        }
        ByteBuffer rebuilt = target.buffer().flip();
        new BatchView(rebuilt, 0).complete(rebuilt.limit(), to.type().id);
        return rebuilt.limit() > config.maxMessageBytes() ? null : rebuilt;
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
