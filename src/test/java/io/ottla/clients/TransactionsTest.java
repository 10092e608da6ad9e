// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeProducersResult.PartitionProducerState;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What applications do with transactions, through Kafka's own clients. */
@ExtendWith(BrokerUnderTest.Extension.class)
class TransactionsTest {
    private static final Map<String, String> COMMITTED = Map.of("isolation.level", "read_committed");

    private final Clients clients;

    TransactionsTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    private KafkaProducer<String, String> producer(String transactionalId) {
        KafkaProducer<String, String> producer = clients.producer(Map.of("transactional.id", transactionalId, "transaction.timeout.ms", "30000"));
        producer.initTransactions();
        return producer;
    }

    private static void send(KafkaProducer<String, String> producer, String topic, int partition, String... values) {
        for (String value : values) {
            producer.send(new ProducerRecord<>(topic, partition, null, value));
        }
    }

    /** The client of Kafka 4.4.0 may overtake its own records with EndTxn: it asks whether there are any, and only then locks. */
    private static void flush(KafkaProducer<String, String> producer) {
        producer.flush();
    }

    private KafkaConsumer<String, String> committedReader(String topic, int partitions) {
        KafkaConsumer<String, String> consumer = clients.consumer(null, COMMITTED);
        consumer.assign(IntStream.range(0, partitions).mapToObj(i -> new TopicPartition(topic, i)).toList());
        return consumer;
    }

    @Test
    void committedRecordsAreReadAndAbortedOnesAreNot() {
        String topic = clients.topic("commit", 3);
        KafkaProducer<String, String> producer = producer(Clients.unique("tx"));
        for (int round = 0; round < 20; round++) {
            producer.beginTransaction();
            for (int partition = 0; partition < 3; partition++) {
                send(producer, topic, partition, round % 2 + ":" + round);
            }
            flush(producer);
            if (round % 2 == 0) {
                producer.commitTransaction();
            } else {
                producer.abortTransaction();
            }
        }
        List<ConsumerRecord<String, String>> read = Clients.poll(committedReader(topic, 3), 30);
        assertEquals(30, read.size());
        for (int partition = 0; partition < 3; partition++) {
            int expected = partition;
            assertEquals(IntStream.range(0, 10).mapToObj(i -> "0:" + 2 * i).toList(), Clients.values(
                    read.stream().filter(record -> record.partition() == expected).toList()));
        }
    }

    @Test
    void anOpenTransactionHidesWhatFollowsItUntilItEnds() throws Exception {
        String topic = clients.topic("hidden", 1);
        KafkaProducer<String, String> slow = producer(Clients.unique("slow"));
        slow.beginTransaction();
        send(slow, topic, 0, "slow");
        slow.flush();
        KafkaProducer<String, String> plain = clients.producer();
        send(plain, topic, 0, "plain");
        plain.flush();
        KafkaConsumer<String, String> reader = committedReader(topic, 1);
        assertEquals(List.of(), Clients.pollFor(reader, Duration.ofMillis(300)));
        assertEquals(0, endOffset(topic, IsolationLevel.READ_COMMITTED));
        assertEquals(2, endOffset(topic, IsolationLevel.READ_UNCOMMITTED));
        slow.commitTransaction();
        assertEquals(List.of("slow", "plain"), Clients.values(Clients.poll(reader, 2)));
        Eventually.until(() -> "the last stable offset", () -> endOffset(topic, IsolationLevel.READ_COMMITTED) == 3);
    }

    private long endOffset(String topic, IsolationLevel level) {
        TopicPartition partition = new TopicPartition(topic, 0);
        return Clients.await(clients.admin().listOffsets(Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(level)).partitionResult(partition)).offset();
    }

    @Test
    void aNewProducerFencesTheOldOne() {
        String topic = clients.topic("fence", 1);
        String id = Clients.unique("tx");
        KafkaProducer<String, String> old = producer(id);
        old.beginTransaction();
        send(old, topic, 0, "zombie");
        old.flush();
        KafkaProducer<String, String> next = producer(id);
        next.beginTransaction();
        send(next, topic, 0, "alive");
        flush(next);
        next.commitTransaction();
        RuntimeException failure = assertThrows(RuntimeException.class, () -> {
            send(old, topic, 0, "again");
            old.commitTransaction();
        });
        assertTrue(failure instanceof ProducerFencedException || failure instanceof InvalidProducerEpochException
                || failure.getCause() instanceof ProducerFencedException || failure.getCause() instanceof InvalidProducerEpochException, failure::toString);
        assertEquals(List.of("alive"), Clients.values(Clients.poll(committedReader(topic, 1), 1)));
    }

    @Test
    void aTransactionThatTakesTooLongIsAborted() {
        String topic = clients.topic("late", 1);
        KafkaProducer<String, String> producer = clients.producer(Map.of("transactional.id", Clients.unique("tx"), "transaction.timeout.ms", "2000"));
        producer.initTransactions();
        producer.beginTransaction();
        send(producer, topic, 0, "late");
        producer.flush();
        Eventually.until(() -> "the last stable offset", () -> endOffset(topic, IsolationLevel.READ_COMMITTED) == 2);
        assertThrows(RuntimeException.class, producer::commitTransaction);
        assertEquals(List.of(), Clients.pollFor(committedReader(topic, 1), Duration.ofMillis(200)));
    }

    @Test
    void offsetsAndOutputMoveTogether() {
        String in = clients.topic("in", 2);
        String out = clients.topic("out", 2);
        clients.sendNumbers(in, 0, 1, 100);
        clients.sendNumbers(in, 1, 101, 200);
        String group = Clients.unique("copy");
        KafkaProducer<String, String> producer = producer(Clients.unique("tx"));
        int copied = 0;
        for (int attempt = 0; copied < 200; attempt++) {
            try (KafkaConsumer<String, String> consumer = clients.consumer(group, Map.of("isolation.level", "read_committed", "max.poll.records", "30"))) {
                consumer.subscribe(List.of(in));
                copied += copyUntilTheThirdTime(consumer, producer, out, 200 - copied);
            }
        }
        List<ConsumerRecord<String, String>> read = Clients.poll(committedReader(out, 2), 200);
        assertEquals(IntStream.rangeClosed(1, 200).boxed().toList(), Clients.values(read).stream().map(Integer::valueOf).sorted().toList());
    }

    /** Commits twice, and gives the third up halfway: nothing of it may count. Returns how many records were copied. */
    private static int copyUntilTheThirdTime(KafkaConsumer<String, String> consumer, KafkaProducer<String, String> producer, String out, int left) {
        int copied = 0;
        for (int times = 0; times < 3 && copied < left; ) {
            ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(100));
            if (records.isEmpty()) {
                continue;
            }
            times++;
            producer.beginTransaction();
            records.forEach(record -> send(producer, out, record.partition(), record.value()));
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            records.partitions().forEach(partition -> offsets.put(partition, new OffsetAndMetadata(records.records(partition).getLast().offset() + 1)));
            flush(producer);
            producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
            if (times < 3) {
                producer.commitTransaction();
                copied += records.count();
            } else {
                producer.abortTransaction();
            }
        }
        return copied;
    }

    @Test
    void operatorsSeeAndAbortTransactions() throws Exception {
        String topic = clients.topic("operators", 2);
        String id = Clients.unique("tx");
        KafkaProducer<String, String> producer = producer(id);
        producer.beginTransaction();
        send(producer, topic, 1, "open");
        producer.flush();
        Admin admin = clients.admin();
        assertTrue(Clients.await(admin.listTransactions().all()).stream()
                .anyMatch(listing -> listing.transactionalId().equals(id) && listing.state() == TransactionState.ONGOING));
        TransactionDescription description = Clients.await(admin.describeTransactions(List.of(id)).description(id));
        assertEquals(List.of(new TopicPartition(topic, 1)), List.copyOf(description.topicPartitions()));
        TopicPartition partition = new TopicPartition(topic, 1);
        PartitionProducerState state = Clients.await(admin.describeProducers(List.of(partition)).partitionResult(partition));
        ProducerState active = state.activeProducers().getFirst();
        assertEquals(description.producerId(), active.producerId());
        assertEquals(0, active.currentTransactionStartOffset().getAsLong());
        Clients.await(admin.abortTransaction(new AbortTransactionSpec(partition, active.producerId(), (short) active.producerEpoch(), active.coordinatorEpoch().orElse(0))).all());
        assertEquals(List.of(), Clients.pollFor(committedReader(topic, 2), Duration.ofMillis(200)));
        assertTrue(Clients.await(admin.describeProducers(List.of(partition)).partitionResult(partition)).activeProducers().getFirst()
                .currentTransactionStartOffset().isEmpty());
    }

    /** In Apache Kafka 4.4.0 it stays in PrepareCommit. */
    @Test
    void anOperatorsMarkerOfALaterCoordinatorDoesNotKeepATransactionWithOffsetsOpen() {
        String topic = clients.topic("fenced-offsets", 1);
        String group = Clients.unique("fenced");
        String id = Clients.unique("tx");
        KafkaProducer<String, String> producer = producer(id);
        TopicPartition read = new TopicPartition(topic, 0);
        producer.beginTransaction();
        producer.sendOffsetsToTransaction(Map.of(read, new OffsetAndMetadata(5)), new ConsumerGroupMetadata(group));
        TransactionDescription open = Clients.await(clients.admin().describeTransactions(List.of(id)).description(id));
        TopicPartition offsets = open.topicPartitions().iterator().next();
        int laterCoordinator = 7;
        Clients.await(clients.admin().abortTransaction(new AbortTransactionSpec(offsets, open.producerId(), (short) open.producerEpoch(), laterCoordinator)).all());
        producer.commitTransaction();
        Eventually.until(() -> "the end of the transaction", () ->
                Clients.await(clients.admin().describeTransactions(List.of(id)).description(id)).state() == TransactionState.COMPLETE_COMMIT);
        producer.beginTransaction();
        producer.sendOffsetsToTransaction(Map.of(read, new OffsetAndMetadata(6)), new ConsumerGroupMetadata(group));
        producer.commitTransaction();
        Eventually.until(() -> "the second commit", () -> committed(group, read) == 6);
    }

    private long committed(String group, TopicPartition partition) {
        OffsetAndMetadata committed = Clients.await(clients.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).get(partition);
        return committed == null ? -1 : committed.offset();
    }

    @Test
    void fencedByAnAdministrator() {
        String topic = clients.topic("admin-fence", 1);
        String id = Clients.unique("tx");
        KafkaProducer<String, String> producer = producer(id);
        producer.beginTransaction();
        send(producer, topic, 0, "x");
        producer.flush();
        Clients.await(clients.admin().fenceProducers(List.of(id)).all());
        RuntimeException failure = assertThrows(RuntimeException.class, producer::commitTransaction);
        assertInstanceOf(RuntimeException.class, failure);
        assertEquals(List.of(), Clients.pollFor(committedReader(topic, 1), Duration.ofMillis(200)));
    }

    @Test
    void manyProducersShareTheirPartitions() throws Exception {
        String topic = clients.topic("many", 4);
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            int number = i;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    writeAll(number, topic);
                } catch (RuntimeException | AssertionError e) {
                    synchronized (failures) {
                        failures.add(e);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), failures);
        List<ConsumerRecord<String, String>> read = Clients.poll(committedReader(topic, 4), 6 * 15 * 4);
        assertEquals(6 * 15 * 4, read.size());
        Map<String, List<Integer>> byProducer = new HashMap<>();
        read.stream().sorted(Comparator.comparing(ConsumerRecord::offset)).forEach(record -> byProducer
                .computeIfAbsent(record.key() + "@" + record.partition(), key -> new ArrayList<>()).add(Integer.valueOf(record.value())));
        byProducer.forEach((key, values) -> assertEquals(IntStream.range(0, 15).map(i -> 2 * i).boxed().toList(), values, key));
    }

    private void writeAll(int number, String topic) {
        KafkaProducer<String, String> producer = producer(Clients.unique("tx-" + number));
        for (int round = 0; round < 30; round++) {
            producer.beginTransaction();
            for (int partition = 0; partition < 4; partition++) {
                producer.send(new ProducerRecord<>(topic, partition, "p" + number, Integer.toString(round)));
            }
            flush(producer);
            if (round % 2 == 0) {
                producer.commitTransaction();
            } else {
                producer.abortTransaction();
            }
        }
    }
}
