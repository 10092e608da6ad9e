// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.broker.Ottla;
import io.ottla.testkit.Eventually;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Kafka's own consumer with {@code group.protocol=consumer}, against a whole broker. */
class ConsumerProtocolClientTest {
    private static final int RECORDS = 40;

    private Ottla broker;
    private Admin admin;

    @BeforeEach
    void start() throws Exception {
        // Heartbeats come fast, so that the test does.
        broker = Ottla.startTemporary(Map.of("group.consumer.min.heartbeat.interval.ms", "200", "group.consumer.heartbeat.interval.ms", "200"));
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
        admin.createTopics(List.of(new NewTopic("orders", 4, (short) 1))).all().get(Eventually.DEADLINE.toSeconds(), TimeUnit.SECONDS);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(Map.of("bootstrap.servers", broker.bootstrapServers()),
                new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < RECORDS; i++) {
                producer.send(new ProducerRecord<>("orders", i % 4, null, "v" + i));
            }
        }
    }

    @AfterEach
    void stop() {
        admin.close(Duration.ofSeconds(1));
        broker.close();
    }

    private KafkaConsumer<String, String> consumer() {
        Map<String, Object> configs = new HashMap<>();
        configs.put("bootstrap.servers", broker.bootstrapServers());
        configs.put(ConsumerConfig.GROUP_ID_CONFIG, "readers");
        configs.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "consumer");
        configs.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        configs.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        return new KafkaConsumer<>(configs, new StringDeserializer(), new StringDeserializer());
    }

    private static void poll(BooleanSupplier until, List<KafkaConsumer<String, String>> consumers, Set<String> seen) {
        long deadline = System.nanoTime() + Eventually.DEADLINE.toNanos();
        while (!until.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "not in time");
            consumers.forEach(each -> each.poll(Duration.ofMillis(50)).forEach(record -> seen.add(record.value())));
        }
    }

    @Test
    void twoConsumersShareATopicAndOneGoesOnAlone() throws Exception {
        Set<String> seen = new HashSet<>();
        try (KafkaConsumer<String, String> first = consumer()) {
            first.subscribe(List.of("orders"));
            poll(() -> first.assignment().size() == 4 && seen.size() == RECORDS, List.of(first), seen);
            first.commitSync();
            try (KafkaConsumer<String, String> second = consumer()) {
                second.subscribe(List.of("orders"));
                poll(() -> first.assignment().size() == 2 && second.assignment().size() == 2, List.of(first, second), seen);
                Set<TopicPartition> both = new HashSet<>(first.assignment());
                both.addAll(second.assignment());
                assertEquals(4, both.size());
                ConsumerGroupDescription described = admin.describeConsumerGroups(List.of("readers")).all().get(Eventually.DEADLINE.toSeconds(), TimeUnit.SECONDS).get("readers");
                assertEquals(GroupState.STABLE, described.groupState());
                assertEquals(2, described.members().size());
                second.commitSync();
            }
            poll(() -> first.assignment().size() == 4, List.of(first), seen);
            first.commitSync();
        }
        assertEquals(RECORDS, seen.size());
        assertEquals(RECORDS, admin.listConsumerGroupOffsets("readers").partitionsToOffsetAndMetadata().get(Eventually.DEADLINE.toSeconds(), TimeUnit.SECONDS)
                .values().stream().mapToLong(offset -> offset.offset()).sum());
    }

    @Test
    void theBrokerUnderstandsTheRegularExpression() {
        Set<String> seen = new HashSet<>();
        try (KafkaConsumer<String, String> consumer = consumer()) {
            consumer.subscribe(new SubscriptionPattern("ord.*"));
            poll(() -> seen.size() == RECORDS, List.of(consumer), seen);
        }
    }
}
