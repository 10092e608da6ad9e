// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerProcess;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.ForeignPrograms;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 at random moments under producers, committers and creators: what was acknowledged is there after the restart, once and in
 * order. Rounds and seed by the system properties {@code ottla.crash.rounds} and {@code ottla.crash.seed}.
 */
class CrashLoopTest {
    private static final int ROUNDS = Integer.getInteger("ottla.crash.rounds", 5);
    private static final long SEED = Long.getLong("ottla.crash.seed", 20_261_121);
    private static final int MAX_LIFE_MS = 900;
    private static final long FEED_PAUSE_NANOS = 1_000_000;

    @TempDir
    Path directory;

    @Test
    void everythingAcknowledgedOutlivesKill9OnceAndInOrder() throws InterruptedException {
        try (BrokerProcess broker = new BrokerProcess(directory.resolve("data")); Clients clients = new Clients(broker.bootstrapServers())) {
            broker.start();
            broker.awaitReady();
            String topic = clients.topic("crash", 2);
            CrashClients workers = new CrashClients(clients);
            try (workers) {
                workers.produceTo(new TopicPartition(topic, 0));
                workers.produceTo(new TopicPartition(topic, 1));
                workers.commitFor("committer", new TopicPartition(topic, 0));
                workers.createTopics("created");
                killAgainAndAgain(broker);
            }
            assertEquals(List.of(), workers.failures(), () -> "seed " + SEED);
            check(clients, workers, new TopicPartition(topic, 0));
            check(clients, workers, new TopicPartition(topic, 1));
            checkTopicsAndCommits(clients, workers, new TopicPartition(topic, 0));
        }
    }

    @Test
    void whatClientsOfOtherLanguagesWereToldOutlivesKill9OnceAndInOrder() throws InterruptedException {
        try (BrokerProcess broker = new BrokerProcess(directory.resolve("data")); Clients clients = new Clients(broker.bootstrapServers())) {
            broker.start();
            broker.awaitReady();
            String topic = clients.topic("crash", 3);
            try (ChildProcess confluent = endless("confluent_kafka", "confluent_endless.py", clients, topic, 0);
                    ChildProcess kafkaPython = endless("kafka", "kafka_python_endless.py", clients, topic, 1);
                    ChildProcess kcat = ForeignPrograms.program("kcat", "-P", "-E", "-b", clients.bootstrapServers(), "-t", topic, "-p", "2",
                            "-X", "enable.idempotence=true", "-X", "acks=all", "-X", "message.timeout.ms=0", "-X", "reconnect.backoff.max.ms=200")) {
                Feeder feeder = new Feeder(kcat);
                killAgainAndAgain(broker);
                feeder.stop();
                kcat.feed("").awaitSuccess(Eventually.DEADLINE);
                checkDelivered(clients, new TopicPartition(topic, 0), confluent.feed("").awaitSuccess(Eventually.DEADLINE));
                checkDelivered(clients, new TopicPartition(topic, 1), kafkaPython.feed("").awaitSuccess(Eventually.DEADLINE));
                // It says nothing of each record, but ends only when all were acknowledged.
                checkRecords(clients, new TopicPartition(topic, 2), feeder.fed());
            }
        }
    }

    private static ChildProcess endless(String module, String script, Clients clients, String topic, int partition) {
        ChildProcess python = ForeignPrograms.python(module, script, clients.bootstrapServers(), topic, Integer.toString(partition));
        python.awaitLine(Eventually.DEADLINE, line -> line.startsWith("delivered"));
        return python;
    }

    private static void checkDelivered(Clients clients, TopicPartition partition, List<String> lines) {
        Map<Long, String> acknowledged = new TreeMap<>();
        for (String line : lines) {
            String[] words = line.split(" ");
            assertTrue(!words[0].equals("failed"), line);
            if (words[0].equals("delivered")) {
                acknowledged.put(Long.parseLong(words[1]), words[2]);
            }
        }
        check(clients, partition, Integer.parseInt(lines.getLast().split(" ")[1]), acknowledged);
    }

    /** Numbers from 0 on, line by line, as long as the program takes them. */
    private static final class Feeder {
        private final Thread thread;
        private volatile boolean stopping;
        private volatile int fed;

        Feeder(ChildProcess process) {
            thread = Thread.ofPlatform().start(() -> {
                while (!stopping) {
                    process.write(fed + "\n");
                    fed++;
                    LockSupport.parkNanos(FEED_PAUSE_NANOS);
                }
            });
        }

        void stop() throws InterruptedException {
            stopping = true;
            thread.join();
        }

        int fed() {
            return fed;
        }
    }

    private static void killAgainAndAgain(BrokerProcess broker) throws InterruptedException {
        Random random = new Random(SEED);
        for (int round = 0; round < ROUNDS; round++) {
            boolean beforeItIsReady = round > 0 && random.nextInt(4) == 0;
            if (round > 0) {
                broker.start();
            }
            if (!beforeItIsReady) {
                broker.awaitReady();
            }
            Thread.sleep(random.nextInt(MAX_LIFE_MS));
            broker.kill();
        }
        broker.start();
        broker.awaitReady();
    }

    private static void check(Clients clients, CrashClients workers, TopicPartition partition) {
        check(clients, partition, workers.sent(partition), workers.acknowledged(partition));
    }

    private static void check(Clients clients, TopicPartition partition, int sent, Map<Long, String> acknowledged) {
        assertEquals(sent, acknowledged.size(), () -> "all sent to " + partition + " was acknowledged in the end, seed " + SEED);
        List<ConsumerRecord<String, String>> records = checkRecords(clients, partition, sent);
        for (ConsumerRecord<String, String> record : records) {
            assertEquals(record.value(), acknowledged.get(record.offset()), () -> "as acknowledged, seed " + SEED);
        }
    }

    private static List<ConsumerRecord<String, String>> checkRecords(Clients clients, TopicPartition partition, int sent) {
        assertTrue(sent > 100, () -> "only " + sent + " records were sent, seed " + SEED);
        try (var consumer = clients.consumer(null)) {
            consumer.assign(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            List<ConsumerRecord<String, String>> records = Clients.poll(consumer, (int) end);
            for (int i = 0; i < records.size(); i++) {
                int expected = i;
                assertEquals(i, records.get(i).offset(), () -> "offsets without gaps, seed " + SEED);
                assertEquals(Integer.toString(i), records.get(i).value(), () -> "each once and in order at " + expected + ", seed " + SEED);
            }
            assertEquals(sent, records.size(), () -> "records of " + partition + ", seed " + SEED);
            return records;
        }
    }

    private static void checkTopicsAndCommits(Clients clients, CrashClients workers, TopicPartition partition) {
        Set<String> lost = new HashSet<>(workers.createdTopics());
        lost.removeAll(Clients.await(clients.admin().listTopics().names()));
        assertEquals(Set.of(), lost, () -> "topics lost, seed " + SEED);
        clients.sendNumbers(workers.createdTopics().iterator().next(), 1, 0, 0);
        long committed = Clients.await(clients.admin().listConsumerGroupOffsets("committer").partitionsToOffsetAndMetadata()).get(partition).offset();
        assertTrue(committed >= workers.acknowledgedCommit() && committed <= workers.attemptedCommit(),
                () -> "committed " + committed + ", acknowledged " + workers.acknowledgedCommit() + ", seed " + SEED);
    }
}
