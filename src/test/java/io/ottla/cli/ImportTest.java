// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.broker.BrokerConfig;
import io.ottla.broker.Ottla;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The import as a process of its own: what it brings, what it says, what it refuses. */
class ImportTest {
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);

    @TempDir
    Path from;

    @TempDir
    Path to;

    /** A directory as Kafka leaves it: the files that only Ottla has are not there. */
    @BeforeEach
    void writeSource() throws IOException {
        try (Ottla broker = start(from); Clients clients = new Clients(broker.bootstrapServers()); KafkaConsumer<String, String> group = clients.consumer("billing")) {
            clients.sendNumbers("orders", 0, 1, 1);
            clients.sendNumbers("orders", 0, 2, 2);
            group.commitSync(Map.of(ORDERS, new OffsetAndMetadata(1)));
            clients.sendNumbers("other", 0, 1, 1);
        }
        makeFolder("__consumer_offsets-0", "__consumer_offsets-1");
        makeFolder("__consumer_offsets-1", "__consumer_offsets-0");
        Files.delete(from.resolve("catalog.journal"));
        Files.delete(from.resolve("flush-points"));
    }

    /** Kafka has a folder for each partition, if with nothing in it. */
    private void makeFolder(String partition, String other) throws IOException {
        if (!Files.exists(from.resolve(partition))) {
            Files.createDirectory(from.resolve(partition));
            Files.copy(from.resolve(other).resolve("partition.metadata"), from.resolve(partition).resolve("partition.metadata"));
        }
    }

    private static Ottla start(Path directory) {
        return Ottla.start(BrokerConfig.of(Map.of("listeners", "PLAINTEXT://localhost:0", "log.dirs", directory.toString(), "offsets.topic.num.partitions", "2")));
    }

    @Test
    void topicsAndGroupsGoOnWhereTheyWereAndNewProducersAreNotTakenForOldOnes() {
        assertEquals(List.of("__consumer_offsets: imported, 2 partitions with the groups and their offsets", "orders: imported, 1 partition",
                "other: imported, 1 partition"), imported());
        assertEquals("orders: was imported before, left as it is", imported("--topic", "orders").getFirst());
        try (Ottla broker = start(to); Clients clients = new Clients(broker.bootstrapServers()); KafkaConsumer<String, String> group = clients.consumer("billing")) {
            clients.sendNumbers("orders", 0, 3, 3);
            group.assign(List.of(ORDERS));
            assertEquals(List.of("2", "3"), Clients.values(Clients.poll(group, 2)));
        }
    }

    /** The directory is of Apache Kafka 4.4.0: topics created, changed, deleted and created again, before and after the controller's snapshot. */
    @Test
    void aDirectoryOfApacheKafkaComesWithTheConfigsOfItsTopics(@TempDir Path kafka) throws IOException {
        copy(Path.of("src/test/resources/io/ottla/cli/kafka-4.4"), kafka);
        try (ChildProcess process = ChildProcess.java(Main.class, "import", "--data", to.toString(), "--from", kafka.toString(), "--config", "events:segment.ms=7200000")) {
            assertEquals(List.of("events: imported, 1 partition", "gone: imported, 1 partition", "orders: imported, 1 partition", "plain: imported, 1 partition"),
                    process.awaitSuccess(Eventually.DEADLINE));
        }
        try (Ottla broker = start(to); Clients clients = new Clients(broker.bootstrapServers())) {
            assertEquals(Map.of("cleanup.policy", "compact", "min.compaction.lag.ms", "1000"), configs(clients, "orders"));
            assertEquals(Map.of("retention.ms", "86400000", "segment.ms", "7200000"), configs(clients, "events"));
            assertEquals(Map.of("max.message.bytes", "2000000"), configs(clients, "gone"));
            assertEquals(Map.of(), configs(clients, "plain"));
            try (KafkaConsumer<String, String> consumer = clients.consumer(null)) {
                consumer.assign(List.of(ORDERS));
                assertEquals(List.of("v0", "v1", "v2"), Clients.values(Clients.poll(consumer, 3)));
            }
        }
    }

    @Test
    void aTopicOfWhichAPartitionIsElsewhereIsRefused(@TempDir Path kafka) throws IOException {
        copy(Path.of("src/test/resources/io/ottla/cli/kafka-4.4"), kafka);
        Files.move(kafka.resolve("orders-0"), kafka.resolve("orders-1"));
        String said = refused(1, "--from", kafka.toString(), "--topic", "orders");
        assertTrue(said.contains("topic orders was not imported: partition orders-0 is not in " + kafka), said);
    }

    private static Map<String, String> configs(Clients clients, String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Map<String, String> set = new HashMap<>();
        for (ConfigEntry entry : Clients.await(clients.admin().describeConfigs(List.of(resource)).all()).get(resource).entries()) {
            if (entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG) {
                set.put(entry.name(), entry.value());
            }
        }
        return set;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
    }

    @Test
    void whatCannotBeDoneIsOneLine() {
        assertEquals("ottla: --topic: there is no topic order in " + from, refused(1, "--from", from.toString(), "--topic", "order"));
        assertEquals("ottla: --config: 'orders' is not TOPIC:NAME=VALUE", refused(1, "--from", from.toString(), "--config", "orders"));
        assertEquals("ottla: Missing required option: '--from=DIR' (see: ottla import --help)", refused(2));
        try (Ottla running = start(to)) {
            String said = refused(1, "--from", from.toString());
            assertTrue(said.contains(running.dataDirectory() + "/.lock is locked"), said);
        }
    }

    private List<String> imported(String... more) {
        try (ChildProcess process = ChildProcess.java(Main.class, arguments(List.of("--from", from.toString()), more))) {
            return process.awaitSuccess(Eventually.DEADLINE);
        }
    }

    private String refused(int code, String... more) {
        try (ChildProcess process = ChildProcess.java(Main.class, arguments(List.of(), more))) {
            assertEquals(code, process.awaitExit(Eventually.DEADLINE), process.errors().toString());
            assertEquals(List.of(), process.output());
            assertEquals(1, process.errors().size(), process.errors().toString());
            return process.errors().getFirst();
        }
    }

    private String[] arguments(List<String> first, String... more) {
        List<String> all = new ArrayList<>(List.of("import", "--data", to.toString()));
        all.addAll(first);
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }
}
