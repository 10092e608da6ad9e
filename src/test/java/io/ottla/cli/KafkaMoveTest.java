// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerProcess;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.KafkaProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** People come with the data directory of an Apache Kafka 4.4 that was killed, and leave with Ottla's partition folders, which an Apache Kafka then serves. */
class KafkaMoveTest {
    private static final Map<String, String> SMALL = Map.of("internal.segment.bytes", "5000", "retention.ms", "-1");
    private static final List<String> TOPICS = List.of("plain", "paid", "account", "trimmed");
    private static final TopicPartition PLAIN = new TopicPartition("plain", 0);
    private static final TopicPartition PAID = new TopicPartition("paid", 0);
    private static final TopicPartition ACCOUNT = new TopicPartition("account", 0);
    private static final TopicPartition TRIMMED = new TopicPartition("trimmed", 0);
    private static final int TRIMMED_TO = 37;
    /** The longest that there is: what is left open stays so on its way from one broker to the other. */
    private static final String PATIENT_MS = "900000";
    private static final OffsetAndMetadata FIVE = new OffsetAndMetadata(5, "five");

    @TempDir
    Path directory;

    /** What a reader sees of a topic: all records and committed ones, each list after the offsets where it starts and ends, and offsets by time. */
    private record Seen(List<String> all, List<String> committed, Map<Long, Long> byTime) {}

    @Test
    void recordsTransactionsGroupsAndOffsetsComeFromKafkaAndGoBack() throws IOException {
        Map<String, Seen> inKafka;
        try (KafkaProcess kafka = new KafkaProcess(directory.resolve("kafka"), "log.cleaner.backoff.ms=100", "log.flush.start.offset.checkpoint.interval.ms=200", "offsets.topic.num.partitions=3", "transaction.state.log.num.partitions=3")) {
            kafka.start();
            try (Clients clients = new Clients(kafka.bootstrapServers())) {
                createTopics(clients);
                write(clients);
                inKafka = see(clients);
                // With its clients: they would end their transactions when they are closed.
                kafka.kill();
            }
        }
        refuseWithoutOneOfThree(directory.resolve("kafka/spread-2"));
        importAll();
        Map<String, Seen> inOttla;
        Path data = directory.resolve("ottla");
        try (BrokerProcess ottla = new BrokerProcess(data); Clients clients = new Clients(ottla.bootstrapServers())) {
            ottla.start();
            ottla.awaitReady();
            compare(inKafka, see(clients));
            assertEquals(FIVE, Clients.await(clients.admin().listConsumerGroupOffsets("billing").partitionsToOffsetAndMetadata()).get(PLAIN));
            goOn(clients);
            inOttla = see(clients);
            ottla.kill();
        }
        try (KafkaProcess kafka = new KafkaProcess(directory.resolve("back"), "offsets.topic.num.partitions=3"); Clients clients = new Clients(kafka.bootstrapServers())) {
            kafka.start();
            createTopics(clients);
            Clients.await(clients.admin().alterConsumerGroupOffsets("any", Map.of(PLAIN, new OffsetAndMetadata(1))).all());
            kafka.stop();
            for (String partition : List.of("plain-0", "paid-0", "account-0", "trimmed-0", "__consumer_offsets-0", "__consumer_offsets-1", "__consumer_offsets-2")) {
                bring(data.resolve(partition), kafka.data().resolve(partition));
            }
            Files.writeString(kafka.data().resolve("log-start-offset-checkpoint"), "0\n1\ntrimmed 0 " + TRIMMED_TO + "\n");
            kafka.start();
            compare(inOttla, see(clients));
            assertEquals(FIVE, Clients.await(clients.admin().listConsumerGroupOffsets("billing").partitionsToOffsetAndMetadata()).get(PLAIN));
            clients.sendNumbers("plain", 0, 1000, 1000);
        }
    }

    private static void createTopics(Clients clients) {
        Clients.await(clients.admin().createTopics(List.of(new NewTopic("plain", 1, (short) 1).configs(SMALL),
                new NewTopic("spread", 3, (short) 1), new NewTopic("paid", 1, (short) 1).configs(SMALL), new NewTopic("trimmed", 1, (short) 1).configs(SMALL),
                new NewTopic("account", 1, (short) 1).configs(Map.of("internal.segment.bytes", "5000", "cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.01")))).all());
        TOPICS.forEach(topic -> clients.awaitLeaders(topic, 1));
    }

    private void write(Clients clients) {
        int number = 0;
        for (String compression : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            try (KafkaProducer<String, String> producer = clients.producer(Map.of("compression.type", compression, "linger.ms", "20"))) {
                for (int i = 0; i < 40; i++) {
                    producer.send(record("plain", number++));
                    producer.send(record("trimmed", number));
                }
            }
        }
        transact(clients, PAID, 20);
        transact(clients, ACCOUNT, 40);
        awaitCompaction(clients);
        Clients.await(clients.admin().deleteRecords(Map.of(TRIMMED, RecordsToDelete.beforeOffset(TRIMMED_TO))).all());
        Eventually.until(() -> "the log start in its checkpoint", () -> text("kafka/log-start-offset-checkpoint").contains("trimmed 0 " + TRIMMED_TO));
        Clients.await(clients.admin().alterConsumerGroupOffsets("billing", Map.of(PLAIN, FIVE)).all());
        KafkaProducer<String, String> open = clients.producer(Map.of("transactional.id", "left-open", "transaction.timeout.ms", PATIENT_MS));
        open.initTransactions();
        open.beginTransaction();
        open.send(record("paid", 9999));
        open.flush();
    }

    private String text(String file) {
        try {
            return Files.readString(directory.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ProducerRecord<String, String> record(String topic, int number) {
        // Out of order now and then, as times of different producers are.
        long timestamp = 1_700_000_000_000L + number * 10L + (number % 7 == 0 ? 200 : 0);
        ProducerRecord<String, String> record = new ProducerRecord<>(topic, 0, timestamp, "k" + number % 13, "v" + number + "x".repeat(number % 90));
        record.headers().add("h", new byte[] {(byte) number});
        return record;
    }

    private static void transact(Clients clients, TopicPartition partition, int transactions) {
        try (KafkaProducer<String, String> producer = clients.producer(Map.of("transactional.id", "for-" + partition, "compression.type", "lz4"))) {
            producer.initTransactions();
            for (int i = 0; i < transactions; i++) {
                producer.beginTransaction();
                producer.send(record(partition.topic(), 3 * i));
                producer.send(record(partition.topic(), 3 * i + 1));
                producer.flush();
                if (i % 3 == 0) {
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                }
            }
        }
    }

    private static void awaitCompaction(Clients clients) {
        Eventually.until(() -> "compaction of account", () -> {
            List<String> all = read(clients, ACCOUNT, false);
            return all.size() < 50;
        });
    }

    /** Where Kafka has several directories, a topic has partitions in each. */
    private void refuseWithoutOneOfThree(Path folder) throws IOException {
        Path elsewhere = directory.resolve("elsewhere");
        Files.move(folder, elsewhere);
        try (ChildProcess process = ChildProcess.java(Main.class, "import", "--data", directory.resolve("ottla").toString(), "--from", directory.resolve("kafka").toString(), "--topic", "spread")) {
            assertEquals(1, process.awaitExit(Eventually.DEADLINE));
            assertTrue(process.errors().getFirst().startsWith("ottla: topic spread was not imported: partition spread-2 is not in "), process.errors()::toString);
        }
        Files.move(elsewhere, folder);
    }

    private void importAll() {
        try (ChildProcess process = ChildProcess.java(Main.class, "import", "--data", directory.resolve("ottla").toString(), "--from", directory.resolve("kafka").toString())) {
            List<String> said = process.awaitSuccess(Eventually.DEADLINE);
            assertEquals(7, said.stream().filter(line -> line.contains(": imported")).count(), said::toString);
        }
    }

    /** Goes on with the same transactional ids, which ends what was left open. */
    private static void goOn(Clients clients) {
        try (KafkaProducer<String, String> open = clients.producer(Map.of("transactional.id", "left-open"))) {
            open.initTransactions();
        }
        transact(clients, PAID, 5);
        transact(clients, ACCOUNT, 5);
        clients.sendNumbers("plain", 0, 1, 100);
    }

    private static void compare(Map<String, Seen> before, Map<String, Seen> after) {
        for (String topic : TOPICS) {
            assertEquals(String.join("\n", before.get(topic).all()), String.join("\n", after.get(topic).all()), topic);
            assertEquals(String.join("\n", before.get(topic).committed()), String.join("\n", after.get(topic).committed()), topic);
            assertEquals(before.get(topic).byTime(), after.get(topic).byTime(), topic);
        }
    }

    private static Map<String, Seen> see(Clients clients) {
        Map<String, Seen> seen = new TreeMap<>();
        seen.put("account", new Seen(latest(read(clients, ACCOUNT, true)), List.of(), Map.of()));
        for (TopicPartition partition : List.of(PLAIN, PAID, TRIMMED)) {
            Map<Long, Long> byTime = new TreeMap<>();
            for (long time = 1_700_000_000_000L; time < 1_700_000_002_500L; time += 125) {
                byTime.put(time, Clients.await(clients.admin().listOffsets(Map.of(partition, OffsetSpec.forTimestamp(time))).all()).get(partition).offset());
            }
            seen.put(partition.topic(), new Seen(read(clients, partition, false), read(clients, partition, true), byTime));
        }
        assertTrue(seen.get("paid").all().size() > seen.get("paid").committed().size());
        return seen;
    }

    /** The last record of each key: all that does not change when the log is compacted. */
    private static List<String> latest(List<String> records) {
        Map<String, String> byKey = new TreeMap<>();
        records.subList(1, records.size()).forEach(record -> byKey.put(record.split(" ")[2], record));
        return List.copyOf(byKey.values());
    }

    private static List<String> read(Clients clients, TopicPartition partition, boolean committed) {
        List<String> found = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = clients.consumer(null, Map.of("isolation.level", committed ? "read_committed" : "read_uncommitted"))) {
            consumer.assign(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            found.add(consumer.beginningOffsets(List.of(partition)).get(partition) + " to " + end);
            consumer.seekToBeginning(List.of(partition));
            Eventually.until(() -> "end of " + partition + ": " + found, () -> {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                    found.add(record.offset() + " " + record.timestamp() + " " + record.key() + " " + record.value() + " " + record.headers());
                }
                return consumer.position(partition) >= end;
            });
        }
        return found;
    }

    /** All but the topic id, which is another in Kafka. */
    private static void bring(Path from, Path to) throws IOException {
        if (!Files.exists(from)) {
            // Nothing was ever written to this partition.
            return;
        }
        try (Stream<Path> files = Files.list(to)) {
            for (Path file : files.filter(file -> !file.endsWith("partition.metadata")).toList()) {
                Files.delete(file);
            }
        }
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(file -> !file.endsWith("partition.metadata")).toList()) {
                Files.copy(file, to.resolve(file.getFileName().toString()));
            }
        }
    }
}
