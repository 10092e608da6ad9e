// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything that a record can carry comes back as it was sent. */
@ExtendWith(BrokerUnderTest.Extension.class)
class RecordFormatTest {
    private final Clients clients;

    RecordFormatTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void headersComeBackInOrderWithRepeatedNamesAndNullValues() {
        String topic = clients.topic("headers", 1);
        var sent = new ProducerRecord<>(topic, 0, "key", "value");
        sent.headers().add("trace", "one".getBytes(StandardCharsets.UTF_8)).add("trace", "two".getBytes(StandardCharsets.UTF_8))
                .add(new RecordHeader("nothing", null)).add("", new byte[0]).add("ключ", new byte[] {0, -1});
        ConsumerRecord<String, String> record = roundTrip(sent);
        assertEquals(List.of(sent.headers().toArray()), List.of(record.headers().toArray()));
    }

    @Test
    void theTimestampIsTheProducersOwn() {
        String topic = clients.topic("timestamps", 1);
        ConsumerRecord<String, String> record = roundTrip(new ProducerRecord<>(topic, 0, 1_234_567_890_123L, "key", "value"));
        assertEquals(1_234_567_890_123L, record.timestamp());
        assertEquals(TimestampType.CREATE_TIME, record.timestampType());
    }

    @Test
    void theTimestampIsTheBrokersWhenTheTopicSaysSo() {
        String topic = clients.topic("timestamps", 1, Map.of("message.timestamp.type", "LogAppendTime"));
        long before = System.currentTimeMillis();
        ConsumerRecord<String, String> record = roundTrip(new ProducerRecord<>(topic, 0, 1_000L, "key", "value"));
        assertEquals(TimestampType.LOG_APPEND_TIME, record.timestampType());
        assertTrue(record.timestamp() >= before && record.timestamp() <= System.currentTimeMillis(), () -> "timestamp " + record.timestamp());
    }

    @Test
    void aTimestampTooFarInTheFutureIsRefused() {
        String topic = clients.topic("timestamps", 1, Map.of("message.timestamp.after.max.ms", "3600000"));
        var producer = clients.producer();
        long future = System.currentTimeMillis() + 7_200_000;
        assertInstanceOf(InvalidTimestampException.class, Clients.awaitFailure(producer.send(new ProducerRecord<>(topic, 0, future, null, "late"))));
        assertEquals(0, Clients.await(producer.send(new ProducerRecord<>(topic, 0, null, "in time"))).offset());
    }

    @Test
    void keysAndValuesMayBeNullOrEmpty() {
        String topic = clients.topic("nulls", 1);
        var producer = clients.producer();
        producer.send(new ProducerRecord<>(topic, 0, null, null));
        producer.send(new ProducerRecord<>(topic, 0, "key", null));
        producer.send(new ProducerRecord<>(topic, 0, null, "value"));
        producer.send(new ProducerRecord<>(topic, 0, "", ""));
        producer.flush();
        var consumer = clients.consumer(null);
        consumer.assign(List.of(new TopicPartition(topic, 0)));
        var records = Clients.poll(consumer, 4);
        assertNull(records.get(0).key());
        assertNull(records.get(0).value());
        assertEquals("key", records.get(1).key());
        assertNull(records.get(1).value());
        assertNull(records.get(2).key());
        assertEquals("value", records.get(2).value());
        assertEquals("", records.get(3).key());
        assertEquals("", records.get(3).value());
    }

    @Test
    void aRecordOf900KilobytesComesBack() {
        String topic = clients.topic("big", 1);
        byte[] value = new byte[900 << 10];
        new Random(7).nextBytes(value);
        Clients.await(clients.bytesProducer(Map.of()).send(new ProducerRecord<>(topic, 0, null, value)));
        var consumer = clients.bytesConsumer(Map.of());
        consumer.assign(List.of(new TopicPartition(topic, 0)));
        assertArrayEquals(value, Clients.poll(consumer, 1).getFirst().value());
    }

    @Test
    void aRecordOverTheTopicsLimitIsRefusedAndTheNextIsTaken() {
        String topic = clients.topic("big", 1, Map.of("max.message.bytes", "10000"));
        var producer = clients.bytesProducer(Map.of());
        assertInstanceOf(RecordTooLargeException.class, Clients.awaitFailure(producer.send(new ProducerRecord<>(topic, 0, null, new byte[20_000]))));
        assertEquals(0, Clients.await(producer.send(new ProducerRecord<>(topic, 0, null, new byte[9_000]))).offset());
    }

    @Test
    void aTopicMayTakeRecordsBiggerThanTheUsualLimit() {
        String topic = clients.topic("big", 1, Map.of("max.message.bytes", "8000000"));
        byte[] value = new byte[6_000_000];
        new Random(8).nextBytes(value);
        Clients.await(clients.bytesProducer(Map.of("max.request.size", "10000000")).send(new ProducerRecord<>(topic, 0, null, value)));
        var consumer = clients.bytesConsumer(Map.of());
        consumer.assign(List.of(new TopicPartition(topic, 0)));
        assertArrayEquals(value, Clients.poll(consumer, 1).getFirst().value());
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void allCompressionTypesComeBack(String compression) {
        String topic = clients.topic("compression", 1);
        try (var producer = clients.producer(Map.of("compression.type", compression, "linger.ms", "50"))) {
            for (int i = 0; i < 500; i++) {
                producer.send(new ProducerRecord<>(topic, 0, "key-" + i, "value ".repeat(i % 50) + i));
            }
        }
        var consumer = clients.consumer(null);
        consumer.assign(List.of(new TopicPartition(topic, 0)));
        var records = Clients.poll(consumer, 500);
        for (int i = 0; i < 500; i++) {
            assertEquals(i, records.get(i).offset());
            assertEquals("key-" + i, records.get(i).key());
            assertEquals("value ".repeat(i % 50) + i, records.get(i).value());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "all"})
    void everyLevelOfAcknowledgementStoresTheRecords(String acks) {
        String topic = clients.topic("acks", 1);
        try (var producer = clients.producer(Map.of("acks", acks, "enable.idempotence", "false"))) {
            for (int i = 0; i < 100; i++) {
                producer.send(new ProducerRecord<>(topic, 0, null, Integer.toString(i)));
            }
        }
        var consumer = clients.consumer(null);
        consumer.assign(List.of(new TopicPartition(topic, 0)));
        assertEquals(100, Clients.poll(consumer, 100).size());
    }

    private ConsumerRecord<String, String> roundTrip(ProducerRecord<String, String> sent) {
        Clients.await(clients.producer().send(sent));
        var consumer = clients.consumer(null);
        consumer.assign(List.of(new TopicPartition(sent.topic(), sent.partition())));
        ConsumerRecord<String, String> record = Clients.poll(consumer, 1).getFirst();
        assertEquals(sent.key(), record.key());
        assertEquals(sent.value(), record.value());
        assertEquals(sent.topic(), record.topic());
        assertEquals(sent.partition(), record.partition());
        assertEquals(0, record.offset());
        return record;
    }
}
