// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded broker. */
class OttlaTest {
    @Test
    void recordsComeBack() {
        try (Ottla broker = Ottla.start()) {
            produce(broker, "t", "hello");
            assertEquals(List.of("hello"), consume(broker, "t", 1));
        }
    }

    @Test
    void severalRunSideBySideWithoutSeeingEachOther() {
        try (Ottla one = Ottla.start(); Ottla two = Ottla.start()) {
            produce(one, "t", "one");
            produce(two, "t", "two");
            assertEquals(List.of("one"), consume(one, "t", 1));
            assertEquals(List.of("two"), consume(two, "t", 1));
        }
    }

    @Test
    void theTemporaryDirectoryGoesWithTheBroker() {
        Ottla broker = Ottla.start();
        Path directory = broker.dataDirectory();
        produce(broker, "t", "x");
        assertTrue(Files.isDirectory(directory));
        broker.close();
        broker.close();
        assertFalse(Files.exists(directory));
    }

    @Test
    void recordsAndOffsetsSurviveARestart(@TempDir Path directory) {
        BrokerConfig config = BrokerConfig.of(Map.of("listeners", "PLAINTEXT://localhost:0", "log.dirs", directory.toString()));
        try (Ottla broker = Ottla.start(config)) {
            produce(broker, "t", "a", "b");
            assertEquals(List.of("a"), consume(broker, "t", 1));
        }
        try (Ottla broker = Ottla.start(config)) {
            produce(broker, "t", "c");
            assertEquals(List.of("b", "c"), consume(broker, "t", 2));
        }
    }

    @Test
    void aDataDirectoryInUseIsRefusedAndUnharmed(@TempDir Path directory) {
        BrokerConfig config = BrokerConfig.of(Map.of("listeners", "PLAINTEXT://localhost:0", "log.dirs", directory.toString()));
        try (Ottla broker = Ottla.start(config)) {
            StartFailed failure = assertThrows(StartFailed.class, () -> Ottla.start(config));
            assertTrue(failure.getMessage().contains(directory.toString()), failure.getMessage());
            produce(broker, "t", "still here");
            assertEquals(List.of("still here"), consume(broker, "t", 1));
        }
    }

    @Test
    void aTakenPortIsRefusedAndTheDataDirectoryLetGo(@TempDir Path directory) {
        try (Ottla broker = Ottla.start()) {
            BrokerConfig taken = BrokerConfig.of(Map.of("listeners", "PLAINTEXT://localhost:" + broker.port(), "log.dirs", directory.toString()));
            StartFailed failure = assertThrows(StartFailed.class, () -> Ottla.start(taken));
            assertTrue(failure.getMessage().contains(Integer.toString(broker.port())), failure.getMessage());
        }
        BrokerConfig free = BrokerConfig.of(Map.of("listeners", "PLAINTEXT://localhost:0", "log.dirs", directory.toString()));
        Ottla.start(free).close();
    }

    private static void produce(Ottla broker, String topic, String... values) {
        Map<String, Object> config = Map.of("bootstrap.servers", broker.bootstrapServers());
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            for (String value : values) {
                producer.send(new ProducerRecord<>(topic, 0, null, value));
            }
        }
    }

    /** Reads {@code count} records with the group "g" and commits just them. */
    private static List<String> consume(Ottla broker, String topic, int count) {
        Map<String, Object> config = Map.of(
                "bootstrap.servers", broker.bootstrapServers(),
                "group.id", "g",
                "auto.offset.reset", "earliest",
                "enable.auto.commit", false,
                "max.poll.records", 1);
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            Eventually.until(() -> count + " records, got " + values, () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
                consumer.commitSync();
                return values.size() >= count;
            });
        }
        return values;
    }
}
