// SPDX-License-Identifier: Apache-2.0
package io.ottla.parity;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;
import org.apache.kafka.common.utils.internals.ByteUtils;
import org.apache.kafka.common.utils.internals.Crc32C;

/**
 * Record batches as a script describes them, right or wrong in every field. What is not said is as a producer would have it;
 * the timestamp of records is 1000.
 */
final class BatchBuilder {
    private static final int CRC_FROM = 21;
    private static final long DEFAULT_TIMESTAMP = 1000;

    private final Map<String, Object> fields;
    private final Names names;

    private BatchBuilder(Map<String, Object> fields, Names names) {
        this.fields = fields;
        this.names = names;
    }

    static byte[] build(Map<String, Object> fields, Names names) {
        try {
            return new BatchBuilder(fields, names).build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] build() throws IOException {
        List<?> records = fields.containsKey("records") ? names.expand(fields.get("records")) : List.of("a");
        long base = number("baseTimestamp", firstTimestamp(records));
        byte[] payload = payload(records, base);
        ByteBuffer batch = ByteBuffer.allocate(61 + payload.length);
        batch.putLong(number("baseOffset", 0)).putInt((int) number("length", 49 + payload.length))
                .putInt((int) number("leaderEpoch", -1)).put((byte) number("magic", 2)).putInt(0)
                .putShort((short) attributes()).putInt((int) number("lastOffsetDelta", records.size() - 1))
                .putLong(base).putLong(number("maxTimestamp", maxTimestamp(records)))
                .putLong(number("producerId", -1)).putShort((short) number("producerEpoch", -1))
                .putInt((int) number("sequence", -1)).putInt((int) number("count", records.size())).put(payload);
        long crc = Crc32C.compute(batch.array(), CRC_FROM, batch.capacity() - CRC_FROM);
        batch.putInt(17, (int) (fields.containsKey("crc") ? crc + 1 : crc));
        return Arrays.copyOf(batch.array(), (int) (batch.capacity() - number("cut", 0)));
    }

    private int attributes() {
        int attributes = codec().id;
        attributes |= is("appendTime") ? 8 : 0;
        attributes |= is("transactional") ? 16 : 0;
        attributes |= is("control") ? 32 : 0;
        attributes |= is("deleteHorizon") ? 64 : 0;
        return (int) number("attributes", attributes);
    }

    private CompressionType codec() {
        return CompressionType.forName((String) fields.getOrDefault("codec", "none"));
    }

    private boolean is(String name) {
        return Boolean.TRUE.equals(fields.get(name));
    }

    private long number(String name, long otherwise) {
        return fields.containsKey(name) ? (Long) names.resolve(fields.get(name)) : otherwise;
    }

    private long firstTimestamp(List<?> records) {
        return records.isEmpty() ? -1 : timestamp(records.getFirst());
    }

    private long maxTimestamp(List<?> records) {
        return records.stream().mapToLong(this::timestamp).max().orElse(-1);
    }

    private long timestamp(Object record) {
        Object own = record instanceof Map<?, ?> map ? map.get("timestamp") : null;
        Object timestamp = own != null ? own : fields.get("timestamp");
        return timestamp == null ? DEFAULT_TIMESTAMP : (Long) names.resolve(timestamp);
    }

    private byte[] payload(List<?> records, long base) throws IOException {
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        for (int i = 0; i < records.size(); i++) {
            plain.writeBytes(record(records.get(i), i, base));
        }
        if (fields.containsKey("append")) {
            plain.writeBytes((byte[]) names.resolve(fields.get("append")));
        }
        if (fields.containsKey("payload")) {
            return (byte[]) names.resolve(fields.get("payload"));
        }
        if (codec() == CompressionType.NONE) {
            return plain.toByteArray();
        }
        ByteBufferOutputStream compressed = new ByteBufferOutputStream(512);
        try (OutputStream out = Compression.of(codec()).build().wrapForOutput(compressed, (byte) 2)) {
            plain.writeTo(out);
        }
        ByteBuffer buffer = compressed.buffer().flip();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private byte[] record(Object described, int index, long base) throws IOException {
        Map<?, ?> record = described instanceof Map<?, ?> map ? map : Map.of("value", described);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeByte(record.get("attributes") instanceof Long attributes ? attributes.intValue() : 0);
        ByteUtils.writeVarlong(timestamp(described) - base, out);
        ByteUtils.writeVarint(record.get("offsetDelta") instanceof Long delta ? delta.intValue() : index, out);
        write(record.get("key"), out);
        write(record.get("value"), out);
        Map<?, ?> headers = record.get("headers") instanceof Map<?, ?> map ? map : Map.of();
        ByteUtils.writeVarint(record.get("headerCount") instanceof Long count ? count.intValue() : headers.size(), out);
        for (Map.Entry<?, ?> header : headers.entrySet()) {
            write(header.getKey(), out);
            write(header.getValue(), out);
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        ByteUtils.writeVarint(record.get("size") instanceof Long size ? size.intValue() : bytes.size(), new DataOutputStream(whole));
        whole.writeBytes(bytes.toByteArray());
        return whole.toByteArray();
    }

    private void write(Object value, DataOutputStream out) throws IOException {
        if (value == null) {
            ByteUtils.writeVarint(-1, out);
            return;
        }
        Object resolved = names.resolve(value);
        byte[] bytes = resolved instanceof byte[] array ? array : resolved.toString().getBytes(StandardCharsets.UTF_8);
        ByteUtils.writeVarint(bytes.length, out);
        out.write(bytes);
    }

    /** One uncompressed message of the formats 0 and 1, before KIP-98. */
    static byte[] legacy(Map<String, Object> fields) {
        boolean timed = (Long) fields.get("magic") == 1;
        byte[] value = fields.get("value").toString().getBytes(StandardCharsets.UTF_8);
        int size = 4 + 1 + 1 + (timed ? 8 : 0) + 4 + 4 + value.length;
        ByteBuffer message = ByteBuffer.allocate(12 + size);
        message.putLong(0).putInt(size).putInt(0).put(((Long) fields.get("magic")).byteValue()).put((byte) 0);
        if (timed) {
            message.putLong(DEFAULT_TIMESTAMP);
        }
        message.putInt(-1).putInt(value.length).put(value);
        CRC32 crc = new CRC32();
        crc.update(message.array(), 16, message.capacity() - 16);
        return message.putInt(12, (int) crc.getValue()).array();
    }
}
