// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kafka Connect in distributed mode: a file goes into a topic line by line, and from there into another file, unless it is broken. */
class ConnectTest {
    private static final int EACH = 100;
    private static final int BROKEN_EVERY = 10;

    @TempDir
    Path directory;

    private Path in;
    private Path out;

    @BeforeEach
    void files() throws IOException {
        in = Files.createFile(directory.resolve("in.txt"));
        out = directory.resolve("out.txt");
    }

    @Test
    void everyLineArrivesOnceAndBrokenOnesAreDeadLettersThoughBrokerAndWorkerAreKilled() throws IOException {
        try (BrokerProcess broker = new BrokerProcess(directory.resolve("data")); Clients clients = new Clients(broker.bootstrapServers())) {
            broker.start();
            broker.awaitReady();
            String topic = clients.topic("lines", 1);
            KafkaConsumer<String, String> reader = reader(clients, topic);
            List<String> lines = new ArrayList<>();
            try (ConnectWorker worker = ConnectWorker.start(directory, broker.bootstrapServers(), "connect")) {
                connect(worker, topic);
                append(0);
                read(reader, lines, EACH);
                broker.kill();
                append(1);
                broker.start();
                broker.awaitReady();
                read(reader, lines, 2 * EACH);
                worker.kill();
            }
            append(2);
            try (ConnectWorker worker = ConnectWorker.start(directory, broker.bootstrapServers(), "connect")) {
                read(reader, lines, 3 * EACH);
                assertEquals(IntStream.range(0, 3 * EACH).mapToObj(ConnectTest::line).toList(), lines);
                checkSink(clients);
                worker.awaitRunning("source");
                worker.awaitRunning("sink");
            }
        }
    }

    private void connect(ConnectWorker worker, String topic) {
        worker.connector("source", Map.of(
                "connector.class", "org.apache.kafka.connect.file.FileStreamSourceConnector",
                "tasks.max", "1", "file", in.toString(), "topic", topic, "exactly.once.support", "required"));
        worker.connector("sink", Map.of(
                "connector.class", "org.apache.kafka.connect.file.FileStreamSinkConnector",
                "tasks.max", "1", "file", out.toString(), "topics", topic,
                "value.converter", "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable", "false",
                "errors.tolerance", "all", "errors.deadletterqueue.topic.name", "dead-letters",
                "errors.deadletterqueue.topic.replication.factor", "1", "errors.deadletterqueue.context.headers.enable", "true"));
    }

    /** The sink may repeat itself, but leaves nothing out. */
    private void checkSink(Clients clients) {
        Set<String> sound = new TreeSet<>();
        Set<String> broken = new TreeSet<>();
        for (int n = 0; n < 3 * EACH; n++) {
            (n % BROKEN_EVERY == 0 ? broken : sound).add(n % BROKEN_EVERY == 0 ? line(n) : "{n=" + n + "}");
        }
        Eventually.until(() -> "lines in " + out, () -> written().equals(sound));
        KafkaConsumer<String, String> reader = reader(clients, "dead-letters");
        Set<String> dead = new TreeSet<>();
        Eventually.until(() -> "dead letters " + dead, () -> {
            for (ConsumerRecord<String, String> letter : reader.poll(Duration.ofMillis(100))) {
                assertTrue(letter.headers().lastHeader("__connect.errors.exception.class.name") != null, letter::toString);
                dead.add(letter.value());
            }
            return dead.equals(broken);
        });
    }

    private Set<String> written() {
        try {
            return Files.exists(out) ? new TreeSet<>(Files.readAllLines(out)) : Set.of();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void append(int round) throws IOException {
        String lines = IntStream.range(round * EACH, (round + 1) * EACH).mapToObj(n -> line(n) + "\n").collect(Collectors.joining());
        Files.writeString(in, lines, StandardOpenOption.APPEND);
    }

    private static String line(int n) {
        return n % BROKEN_EVERY == 0 ? "broken " + n : "{\"n\": " + n + "}";
    }

    private static KafkaConsumer<String, String> reader(Clients clients, String topic) {
        KafkaConsumer<String, String> reader = clients.consumer(null, Map.of("isolation.level", "read_committed"));
        reader.assign(List.of(new TopicPartition(topic, 0)));
        return reader;
    }

    private static void read(KafkaConsumer<String, String> reader, List<String> lines, int count) {
        Eventually.until(() -> count + " lines, got " + lines.size(), () -> {
            reader.poll(Duration.ofMillis(100)).forEach(record -> lines.add(record.value()));
            return lines.size() >= count;
        });
    }
}
