// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

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
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What producers and consumers see of the operating system's limits: a file system without room, and too few files. */
class DiskTroubleTest {
    private static final int DISK_MB = 24;
    private static final int BALLAST_BYTES = 12 << 20;
    private static final String VALUE = "v".repeat(100_000);
    private static final int FILE_LIMIT = 300;
    private static final int TOPICS = 400;

    @TempDir
    Path directory;

    /** Needs root, for a small file system of its own; that of a disk is simulated in the log's tests. */
    @Test
    void aFullDiskRefusesProducersKeepsWhatItAcknowledgedAndServesAgainOnceThereIsRoom() throws Exception {
        Path disk = Files.createDirectory(directory.resolve("disk"));
        Assumptions.assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=" + DISK_MB + "m", "tmpfs", disk.toString()), "not allowed to mount");
        try {
            Path ballast = Files.write(disk.resolve("ballast"), new byte[BALLAST_BYTES]);
            try (Ottla broker = Ottla.start(BrokerConfig.of(Map.of("listeners", "PLAINTEXT://localhost:0", "log.dirs", disk.resolve("data").toString())));
                    Clients clients = new Clients(broker.bootstrapServers())) {
                fill(broker, clients, ballast);
            }
        } finally {
            run("umount", disk.toString());
        }
    }

    private static void fill(Ottla broker, Clients clients, Path ballast) throws Exception {
        String topic = clients.topic("full", 1);
        String quiet = clients.topic("quiet", 1);
        clients.sendNumbers(quiet, 0, 0, 9);
        List<Long> acknowledged = new ArrayList<>();
        try (Producer<String, String> producer = impatient(clients)) {
            while (broker.logHealth().refusingPartitions() + broker.logHealth().offlinePartitions() == 0) {
                send(producer, topic, acknowledged);
                assertTrue(acknowledged.size() < DISK_MB * 10, "never full");
            }
            assertTrue(broker.logHealth().failedAppends() > 0, () -> broker.logHealth().toString());
            assertEquals(10, read(clients, quiet).size(), "others are read");
            assertTrue(read(clients, topic).containsAll(acknowledged), "what was acknowledged is read");
            Files.delete(ballast);
            Eventually.until(() -> "still refused: " + broker.logHealth(), () -> send(producer, topic, acknowledged));
        }
        clients.sendNumbers(quiet, 0, 10, 19);
        assertTrue(broker.logHealth().healthy(), () -> broker.logHealth().toString());
        assertTrue(read(clients, topic).containsAll(acknowledged), "nothing that was acknowledged is lost");
        assertEquals(20, read(clients, quiet).size());
    }

    private static Producer<String, String> impatient(Clients clients) {
        return clients.producer(Map.of("delivery.timeout.ms", "3000", "request.timeout.ms", "2500", "linger.ms", "0",
                "retry.backoff.ms", "50", "enable.idempotence", "false"));
    }

    private static boolean send(Producer<String, String> producer, String topic, List<Long> acknowledged) {
        try {
            acknowledged.add(producer.send(new ProducerRecord<>(topic, 0, null, VALUE)).get().offset());
            return true;
        } catch (ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static List<Long> read(Clients clients, String topic) {
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var consumer = clients.consumer(null)) {
            consumer.assign(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            return Clients.poll(consumer, (int) end).stream().map(ConsumerRecord::offset).toList();
        }
    }

    @Test
    void morePartitionsThanTheSystemAllowsFilesAreServedAllTheSame() throws Exception {
        Assumptions.assumeTrue(run("prlimit", "--version"), "no prlimit");
        List<String> command = new ArrayList<>(List.of("prlimit", "--nofile=" + FILE_LIMIT + ":" + FILE_LIMIT,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-cp", System.getProperty("java.class.path"), "io.ottla.cli.Main",
                "start", "--port", "0", "--data", directory.resolve("data").toString()));
        try (ChildProcess broker = ChildProcess.start(command)) {
            String ready = broker.awaitLine(Eventually.DEADLINE, line -> line.startsWith("ready on"));
            try (Clients clients = new Clients(ready.split(" ")[2].replace(",", "")); Producer<String, String> producer = clients.producer()) {
                List<NewTopic> topics = new ArrayList<>();
                for (int i = 0; i < TOPICS; i++) {
                    topics.add(new NewTopic("t" + i, 1, (short) 1));
                }
                Clients.await(clients.admin().createTopics(topics).all());
                for (int round = 0; round < 2; round++) {
                    for (int i = 0; i < TOPICS; i++) {
                        producer.send(new ProducerRecord<>("t" + i, "v" + round));
                    }
                    producer.flush();
                }
                for (int i = 0; i < TOPICS; i += 40) {
                    assertEquals(List.of(0L, 1L), read(clients, "t" + i));
                }
            }
            assertEquals(List.of(), broker.errors(), "nobody notices");
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException notInstalled) {
            return false;
        }
    }
}
