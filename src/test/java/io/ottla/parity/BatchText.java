// SPDX-License-Identifier: Apache-2.0
package io.ottla.parity;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.Utils;

/** Bytes as the values of a script, and back. */
final class BatchText {
    private BatchText() {}

    /** The bytes that a tagged value stands for. */
    @SuppressWarnings("unchecked")
    static Object build(Tagged tagged, Names names) {
        return switch (tagged.tag()) {
            case "hex" -> HexFormat.of().parseHex((String) tagged.value());
            case "batch" -> BatchBuilder.build((Map<String, Object>) tagged.value(), names);
            case "message" -> BatchBuilder.legacy((Map<String, Object>) tagged.value());
            case "zeros" -> new byte[((Long) tagged.value()).intValue()];
            case "repeat" -> {
                Map<String, Object> repeat = (Map<String, Object>) tagged.value();
                yield names.resolve(repeat.get("text")).toString().repeat(((Long) repeat.get("count")).intValue())
                        .getBytes(StandardCharsets.ISO_8859_1);
            }
            case "subscription" -> Utils.toArray(ConsumerProtocol.serializeSubscription(new Subscription(
                    ((List<?>) tagged.value()).stream().map(each -> names.resolve(each).toString()).toList())));
            case "assignment" -> {
                Map<String, Object> assignment = (Map<String, Object>) tagged.value();
                String topic = names.resolve(assignment.get("topic")).toString();
                yield Utils.toArray(ConsumerProtocol.serializeAssignment(new Assignment(((List<?>) assignment.get("partitions")).stream()
                        .map(partition -> new TopicPartition(topic, ((Long) partition).intValue())).toList())));
            }
            default -> throw new IllegalArgumentException("no bytes are called " + tagged.tag());
        };
    }

    /** The bytes of several values, one after another. */
    static byte[] join(List<?> values, Names names) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Object value : values) {
            bytes.writeBytes((byte[]) build((Tagged) value, names));
        }
        return bytes.toByteArray();
    }

    /** Bytes as text, one character each. */
    static String text(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return new String(copy, StandardCharsets.ISO_8859_1);
    }

    /** The whole batches with their records. */
    static Object show(MemoryRecords records, Names names) {
        List<Object> batches = new ArrayList<>();
        for (MutableRecordBatch batch : records.batches()) {
            Map<String, Object> shown = new LinkedHashMap<>();
            shown.put("base", batch.baseOffset());
            if (!batch.isValid()) {
                shown.put("corrupt", true);
            }
            if (batch.compressionType() != CompressionType.NONE) {
                shown.put("codec", batch.compressionType().name);
            }
            if (batch.partitionLeaderEpoch() != 0) {
                shown.put("leaderEpoch", batch.partitionLeaderEpoch());
            }
            shown.put("time", batch.timestampType().name);
            shown.put("maxTimestamp", names.hide("time", batch.maxTimestamp()));
            if (batch.hasProducerId()) {
                shown.put("producerId", names.hide("producerId", batch.producerId()));
                shown.put("producerEpoch", batch.producerEpoch());
                shown.put("sequence", batch.baseSequence());
            }
            if (batch.isTransactional()) {
                shown.put("transactional", true);
            }
            if (batch.isControlBatch()) {
                shown.put("control", true);
            }
            List<Object> inner = new ArrayList<>();
            batch.forEach(record -> inner.add(show(record, names)));
            shown.put("records", inner);
            batches.add(shown);
        }
        return batches;
    }

    private static Map<String, Object> show(Record record, Names names) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("offset", record.offset());
        shown.put("timestamp", names.hide("time", record.timestamp()));
        if (record.hasKey()) {
            shown.put("key", brief(text(record.key())));
        }
        shown.put("value", record.hasValue() ? brief(text(record.value())) : null);
        if (record.headers().length > 0) {
            shown.put("headers", Arrays.stream(record.headers())
                    .map(header -> header.key() + "=" + (header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8))).toList());
        }
        return shown;
    }

    private static String brief(String text) {
        return text.length() <= 40 ? text : text.substring(0, 20) + "... of " + text.length();
    }
}
