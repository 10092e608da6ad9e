// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.clients.TransactionHistory;
import io.ottla.clients.TransactionHistory.Anomaly;
import io.ottla.clients.TransactionHistory.Attempt;
import io.ottla.clients.TransactionHistory.Outcome;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
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

    @TempDir
    private Path data;

    @ParameterizedTest
    @CsvSource({"NONE,", "FORGETS_ABORTED, ABORTED_READ", "READS_PAST_STABLE, ABORTED_READ", "FLIPS_MARKERS, TORN_TRANSACTION", "DROPS_MARKERS, LOST_WRITE",
            "APPENDS_TWICE, DUPLICATE", "MAKES_UP_RECORDS, PHANTOM", "FORGETS_THE_BEGINNING, CHANGED_READ", "APPENDS_LATE, REAL_TIME_CYCLE"})
    void isFoundByTheListChecker(Fault fault, Anomaly expected) throws IOException {
        TransactionHistory history = new TransactionHistory();
        try (BrokenBroker broker = new BrokenBroker(data, fault); Clients clients = new Clients(broker.bootstrapServers())) {
            String topic = clients.topic("lists", LISTS);
            KafkaProducer<String, String> producer = clients.producer(Map.of("transactional.id", "writer"));
            producer.initTransactions();
            for (int i = 0; i < TRANSACTIONS; i++) {
                history.add(attempt("t" + i, i % 3 < 2, topic, producer));
                if (i == TRANSACTIONS / 2) {
                    history.addRead(readNow(clients, topic));
                }
            }
            read(clients, topic, expected, history);
        }
        if (expected == null) {
            assertEquals(Map.of(), history.anomalies());
        }
    }

    @ParameterizedTest
    @CsvSource({"NONE,", "READS_PAST_STABLE, INFORMATION_CYCLE"})
    void transactionsThatReadEachOthersWritesAreFound(Fault fault, Anomaly expected) throws IOException {
        TransactionHistory history = new TransactionHistory();
        try (BrokenBroker broker = new BrokenBroker(data, fault); Clients clients = new Clients(broker.bootstrapServers())) {
            String topic = clients.topic("lists", LISTS);
            List<KafkaProducer<String, String>> producers = List.of(open(clients, topic, "a"), open(clients, topic, "b"));
            long begun = System.nanoTime();
            Set<String> read = new TreeSet<>(readNow(clients, topic).getOrDefault(0, List.of()));
            producers.forEach(KafkaProducer::commitTransaction);
            for (String name : List.of("a", "b")) {
                Set<String> others = new TreeSet<>(read);
                others.remove(name);
                history.add(new Attempt(name, Set.of(0), Outcome.COMMITTED, begun, System.nanoTime(), others));
            }
            Eventually.until(() -> "both are seen", () -> readNow(clients, topic).getOrDefault(0, List.of()).size() == 2);
            history.addRead(readNow(clients, topic));
        }
        assertEquals(expected == null ? Set.of() : Set.of(expected), history.anomalies().keySet());
    }

    private static KafkaProducer<String, String> open(Clients clients, String topic, String name) {
        KafkaProducer<String, String> producer = clients.producer(Map.of("transactional.id", name));
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, 0, null, name));
        producer.flush();
        return producer;
    }

    /** What there is to read now, from the beginning. */
    private static Map<Integer, List<String>> readNow(Clients clients, String topic) {
        Map<Integer, List<String>> lists = new TreeMap<>();
        List<TopicPartition> partitions = IntStream.range(0, LISTS).mapToObj(i -> new TopicPartition(topic, i)).toList();
        try (KafkaConsumer<String, String> consumer = clients.consumer(null, Map.of("isolation.level", "read_committed"))) {
            consumer.assign(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Eventually.until(() -> "everything read up to " + ends, () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> lists.computeIfAbsent(record.partition(), list -> new ArrayList<>()).add(record.value()));
                return partitions.stream().allMatch(partition -> consumer.position(partition) >= ends.get(partition));
            });
        }
        return lists;
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

    /** Reads all that was committed, or as far as a broker shows it in which the anomaly must be found. */
    private static void read(Clients clients, String topic, Anomaly expected, TransactionHistory history) {
        Map<Integer, List<String>> lists = new TreeMap<>();
        List<TopicPartition> partitions = IntStream.range(0, LISTS).mapToObj(i -> new TopicPartition(topic, i)).toList();
        KafkaConsumer<String, String> consumer = clients.consumer(null, Map.of("isolation.level", "read_committed"));
        consumer.assign(partitions);
        int all = LISTS * TRANSACTIONS * 2 / 3;
        Eventually.until(() -> expected + " is not among " + history.anomalies() + " after " + lists, () -> {
            consumer.poll(Duration.ofMillis(100)).forEach(record -> lists.computeIfAbsent(record.partition(), list -> new ArrayList<>()).add(record.value()));
            history.addRead(lists);
            if (expected == null) {
                return lists.values().stream().mapToInt(List::size).sum() >= all;
            }
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            return partitions.stream().allMatch(partition -> consumer.position(partition) >= ends.get(partition)) && history.anomalies().containsKey(expected);
        });
    }
}
