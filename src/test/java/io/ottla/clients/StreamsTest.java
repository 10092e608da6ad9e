// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.KafkaClassPath;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Kafka Streams with {@code exactly_once_v2}, in a process of its own. */
@ExtendWith(BrokerUnderTest.Extension.class)
class StreamsTest {
    private static final int WORDS = 3;
    private static final int EACH = 200;

    private final Clients clients;

    StreamsTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void everyWordIsCountedOnceThoughTheApplicationIsKilled() {
        String application = Clients.unique("words");
        String in = clients.topic("words-in", 2);
        String out = clients.topic("words-out", 1);
        KafkaConsumer<String, String> reader = clients.consumer(null, Map.of("isolation.level", "read_committed"));
        reader.assign(List.of(new TopicPartition(out, 0)));
        Map<String, List<String>> counts = new HashMap<>();
        try (ChildProcess first = start(application, in, out)) {
            send(in, EACH / 2);
            read(reader, counts, 1);
            first.kill();
        }
        try (ChildProcess second = start(application, in, out)) {
            second.awaitLine(Eventually.DEADLINE, line -> line.equals("state RUNNING"));
            send(in, EACH / 2);
            read(reader, counts, WORDS * EACH);
        }
        List<String> expected = IntStream.rangeClosed(1, EACH).mapToObj(Integer::toString).toList();
        assertEquals(Map.of("w0", expected, "w1", expected, "w2", expected), counts);
    }

    private ChildProcess start(String application, String in, String out) {
        return ChildProcess.java(KafkaClassPath.STREAMS.get(), "src/test/clients/java/WordCount.java", List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
                List.of(clients.bootstrapServers(), application, in, out));
    }

    private void send(String topic, int each) {
        KafkaProducer<String, String> producer = clients.producer(Map.of("linger.ms", "0", "batch.size", "200"));
        for (int i = 0; i < each; i++) {
            for (int word = 0; word < WORDS; word++) {
                producer.send(new ProducerRecord<>(topic, i % 2, null, "w" + word));
            }
        }
        producer.flush();
    }

    private static void read(KafkaConsumer<String, String> reader, Map<String, List<String>> counts, int atLeast) {
        Eventually.until(() -> atLeast + " counts, got " + counts, () -> {
            reader.poll(Duration.ofMillis(100)).forEach(record -> counts.computeIfAbsent(record.key(), word -> new ArrayList<>()).add(record.value()));
            return counts.values().stream().mapToInt(List::size).sum() >= atLeast;
        });
    }
}
