// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.broker.Ottla;
import io.ottla.testkit.BrokerProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups of Java consumers of both protocols while everything around them changes. {@code -Psoak} does more of it. */
class GroupUpheavalTest {
    private static final boolean SOAK = Boolean.getBoolean("soak");
    private static final long SEED = Long.getLong("upheaval.seed", 20_261_121);
    private static final int KILLS = SOAK ? 40 : 2;
    private static final int ROLLS = SOAK ? 10 : 1;
    private static final int CONSUMERS = 20;
    private static final int PARTITIONS = 40;
    private static final Map<String, String> EAGER_TO_HEAR = Map.of(
            "group.consumer.min.heartbeat.interval.ms", "100",
            "group.consumer.heartbeat.interval.ms", "100",
            "group.consumer.min.session.timeout.ms", "6000",
            "group.consumer.session.timeout.ms", "6000");

    @TempDir
    Path directory;

    private static Map<String, String> config(String protocol) {
        return protocol.equals("classic")
                ? Map.of("group.protocol", protocol, "session.timeout.ms", "6000", "heartbeat.interval.ms", "100")
                : Map.of("group.protocol", protocol);
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void aGroupWhoseBrokerIsKilledInTheMidstOfARebalanceGoesOnWhereItHadCommitted(String protocol) throws Exception {
        Random random = new Random(SEED);
        String[] overrides = EAGER_TO_HEAR.entrySet().stream().map(each -> each.getKey() + "=" + each.getValue()).toArray(String[]::new);
        try (BrokerProcess broker = new BrokerProcess(directory.resolve("data"), overrides); Clients clients = new Clients(broker.bootstrapServers())) {
            broker.start();
            broker.awaitReady();
            String topic = clients.topic("killed", 6);
            Work work = new Work();
            List<Worker> workers = new ArrayList<>();
            int sent = 0;
            try {
                for (int kill = 0; kill < KILLS; kill++) {
                    sent = send(clients, topic, sent, 60);
                    workers.add(new Worker(clients, "worker-" + workers.size(), "group", topic, config(protocol), work));
                    awaitShared(workers, 6);
                    // The next one joins, and somewhere on its way the broker dies.
                    workers.add(new Worker(clients, "worker-" + workers.size(), "group", topic, config(protocol), work));
                    Thread.sleep(random.nextInt(600));
                    broker.kill();
                    broker.start();
                    broker.awaitReady();
                    sent = send(clients, topic, sent, 60);
                    awaitShared(workers, 6);
                    awaitDone(work, sent);
                    workers.removeLast().close();
                }
            } finally {
                workers.forEach(Worker::leave);
                workers.forEach(Worker::close);
            }
            checkOffsets(clients, work);
        }
    }

    private static void checkOffsets(Clients clients, Work work) {
        assertEquals(List.of(), work.violations(), () -> "seed " + SEED);
        Map<TopicPartition, OffsetAndMetadata> kept = Clients.await(clients.admin().listConsumerGroupOffsets("group").partitionsToOffsetAndMetadata());
        work.committed().forEach((partition, offset) -> assertTrue(kept.get(partition).offset() >= offset,
                () -> partition + " is at " + kept.get(partition) + " after " + offset + " was acknowledged, seed " + SEED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void aRollingRestartOfTwentyConsumersLosesNothingAndRepeatsOnlyWhatWasNotCommitted(String protocol) throws Exception {
        try (Ottla broker = Ottla.startTemporary(EAGER_TO_HEAR); Clients clients = new Clients(broker.bootstrapServers())) {
            String topic = clients.topic("rolling", PARTITIONS);
            Work work = new Work();
            List<Worker> workers = new ArrayList<>();
            Feed feed = new Feed(clients, topic);
            try (feed) {
                for (int i = 0; i < CONSUMERS; i++) {
                    workers.add(new Worker(clients, "worker-" + i, "group", topic, config(protocol), work));
                }
                awaitShared(workers, PARTITIONS);
                for (int i = 0; i < ROLLS * CONSUMERS; i++) {
                    workers.removeFirst().close();
                    workers.add(new Worker(clients, "worker-" + (CONSUMERS + i), "group", topic, config(protocol), work));
                    Thread.sleep(100);
                }
                awaitShared(workers, PARTITIONS);
                Eventually.until(() -> "clean commits of " + work.committed().keySet(), () -> work.committed().size() == PARTITIONS);
                awaitDone(work, feed.sent());
            } finally {
                workers.forEach(Worker::leave);
                workers.forEach(Worker::close);
            }
            checkOffsets(clients, work);
        }
    }

    private static int send(Clients clients, String topic, int sent, int more) {
        KafkaProducer<String, String> producer = clients.producer();
        for (int i = 0; i < more; i++) {
            producer.send(new ProducerRecord<>(topic, Integer.toString(sent + i)));
        }
        producer.close();
        return sent + more;
    }

    private static void awaitShared(List<Worker> workers, int partitions) {
        Eventually.until(() -> "assigned: " + workers.stream().map(Worker::assigned).toList(), () -> {
            int sum = workers.stream().mapToInt(worker -> worker.assigned().size()).sum();
            long distinct = workers.stream().flatMap(worker -> worker.assigned().stream()).distinct().count();
            boolean all = partitions < workers.size() || workers.stream().noneMatch(worker -> worker.assigned().isEmpty());
            return all && sum == partitions && distinct == partitions;
        });
    }

    private static void awaitDone(Work work, int sent) {
        Eventually.until(() -> work.distinct() + " of " + sent + " records were done, seed " + SEED, () -> work.distinct() >= sent);
    }

    /** Produces without a pause to speak of until it is closed. */
    private static final class Feed implements AutoCloseable {
        private final KafkaProducer<String, String> producer;
        private final Thread thread;
        private volatile boolean stopping;
        private volatile int sent;

        Feed(Clients clients, String topic) {
            producer = clients.producer();
            thread = Thread.ofVirtual().start(() -> {
                while (!stopping) {
                    producer.send(new ProducerRecord<>(topic, sent % PARTITIONS, null, Integer.toString(sent)));
                    sent++;
                    pause();
                }
            });
        }

        private static void pause() {
            try {
                Thread.sleep(2);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /** Ends it, and returns how many were sent. */
        int sent() throws InterruptedException {
            close();
            return sent;
        }

        @Override
        public void close() throws InterruptedException {
            stopping = true;
            thread.join();
            producer.close();
        }
    }
}
