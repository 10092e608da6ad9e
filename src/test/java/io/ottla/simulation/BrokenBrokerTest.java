// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.clients.TransactionHistory;
import io.ottla.clients.TransactionHistory.Anomaly;
import io.ottla.clients.TransactionHistory.Attempt;
import io.ottla.clients.TransactionHistory.Outcome;
import io.ottla.testkit.Clients;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The list checker finds what is wrong with a broken broker through real clients, and nothing with a sound one. */
class BrokenBrokerTest {
    private static final int LISTS = 2;
    private static final int TRANSACTIONS = 30;
    /** For a broker that does not show everything. */
    private static final Duration LONGEST_READ = Duration.ofSeconds(4);

    @TempDir
    private Path data;

    @ParameterizedTest
    @CsvSource({"NONE,", "FORGETS_ABORTED, ABORTED_READ", "READS_PAST_STABLE, ABORTED_READ", "FLIPS_MARKERS, TORN_TRANSACTION", "DROPS_MARKERS, LOST_WRITE"})
    void isFoundByTheListChecker(Fault fault, Anomaly expected) throws IOException {
        TransactionHistory history = new TransactionHistory();
        try (BrokenBroker broker = new BrokenBroker(data, fault); Clients clients = new Clients(broker.bootstrapServers())) {
            String topic = clients.topic("lists", LISTS);
            KafkaProducer<String, String> producer = clients.producer(Map.of("transactional.id", "writer"));
            producer.initTransactions();
            for (int i = 0; i < TRANSACTIONS; i++) {
                history.add(attempt("t" + i, i % 3 < 2, topic, producer));
            }
            history.addRead(read(clients, topic));
        }
        Map<Anomaly, Set<String>> found = history.anomalies();
        if (expected == null) {
            assertEquals(Map.of(), found);
        } else {
            assertTrue(found.containsKey(expected), () -> expected + " is not among " + found);
        }
    }

    private static Attempt attempt(String name, boolean commit, String topic, KafkaProducer<String, String> producer) {
        long begun = System.nanoTime();
        producer.beginTransaction();
        for (int list = 0; list < LISTS; list++) {
            producer.send(new ProducerRecord<>(topic, list, null, name));
        }
        producer.flush();
        if (commit) {
            producer.commitTransaction();
        } else {
            producer.abortTransaction();
        }
        return new Attempt(name, Set.of(0, 1), commit ? Outcome.COMMITTED : Outcome.ABORTED, begun, System.nanoTime());
    }

    private static Map<Integer, List<String>> read(Clients clients, String topic) {
        Map<Integer, List<String>> lists = new TreeMap<>();
        KafkaConsumer<String, String> consumer = clients.consumer(null, Map.of("isolation.level", "read_committed"));
        consumer.assign(IntStream.range(0, LISTS).mapToObj(i -> new TopicPartition(topic, i)).toList());
        int all = LISTS * TRANSACTIONS * 2 / 3;
        long deadline = System.nanoTime() + LONGEST_READ.toNanos();
        for (int read = 0; read < all && System.nanoTime() < deadline; ) {
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                lists.computeIfAbsent(record.partition(), list -> new ArrayList<>()).add(record.value());
                read++;
            }
        }
        return lists;
    }
}
