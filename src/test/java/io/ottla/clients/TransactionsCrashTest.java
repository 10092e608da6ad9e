// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.cli.Main;
import io.ottla.clients.TransactionHistory.Attempt;
import io.ottla.clients.TransactionHistory.Outcome;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transactions while the broker is killed with {@code kill -9} and producers vanish. {@code -Dottla.crash.rounds=N} kills it more often. */
class TransactionsCrashTest {
    private static final int ROUNDS = Integer.getInteger("ottla.crash.rounds", 3);
    private static final int LISTS = 4;
    private static final int WRITERS = 3;
    private static final int COPIES = 400;
    private static final Duration START_WITHIN = Duration.ofSeconds(60);

    @TempDir
    private Path data;

    private final TransactionHistory history = new TransactionHistory();
    private volatile boolean stop;
    private volatile int copied;

    @Test
    void whateverIsKilledTransactionsStayWhole() throws Exception {
        int port = freePort();
        String address = "localhost:" + port;
        ChildProcess broker = start(port);
        try (Clients clients = new Clients(address)) {
            String topic = clients.topic("lists", LISTS);
            List<Thread> writers = IntStream.range(0, WRITERS).mapToObj(i -> Thread.ofPlatform().start(() -> write(i, topic, address))).toList();
            for (int round = 0; round < ROUNDS; round++) {
                long target = history.count(Outcome.COMMITTED) + 20;
                Eventually.until(START_WITHIN, () -> "progress in round " + round(target), () -> history.count(Outcome.COMMITTED) >= target);
                broker.kill();
                broker = start(port);
                history.addRead(read(clients, topic));
            }
            stop = true;
            for (Thread writer : writers) {
                writer.join();
            }
            awaitDecided(clients, topic);
            history.addRead(read(clients, topic));
        } finally {
            stop = true;
            broker.close();
        }
        assertEquals(Map.of(), history.anomalies());
        assertTrue(history.count(Outcome.ABORTED) > 0 && history.count(Outcome.COMMITTED) > 0);
    }

    @Test
    void whateverIsKilledEachRecordIsCopiedOnce() throws Exception {
        int port = freePort();
        String address = "localhost:" + port;
        ChildProcess broker = start(port);
        try (Clients clients = new Clients(address)) {
            String source = clients.topic("source", 1);
            String target = clients.topic("lists", LISTS);
            clients.sendNumbers(source, 0, 0, COPIES - 1);
            Thread copier = Thread.ofPlatform().start(() -> {
                while (!stop && copied < COPIES) {
                    copy(clients, source, target, address);
                }
            });
            for (int round = 1; round <= 2; round++) {
                int enough = round * COPIES / 4;
                Eventually.until(START_WITHIN, () -> enough + " copies, got " + copied, () -> copied >= enough);
                broker.kill();
                broker = start(port);
            }
            copier.join();
            awaitDecided(clients, target);
            List<Integer> read = new ArrayList<>();
            read(clients, target).values().forEach(values -> values.forEach(value -> read.add(Integer.valueOf(value))));
            assertEquals(IntStream.range(0, COPIES).boxed().toList(), read.stream().sorted().toList());
        } finally {
            stop = true;
            broker.close();
        }
    }

    /** Copies from where the group's offsets stand until all is copied or something fails. */
    private void copy(Clients clients, String source, String target, String address) {
        TopicPartition partition = new TopicPartition(source, 0);
        KafkaProducer<String, String> producer = open(WRITERS, address);
        if (producer == null) {
            return;
        }
        try (KafkaConsumer<String, String> consumer = clients.consumer("copier", Map.of("max.poll.records", "5", "default.api.timeout.ms", "5000"))) {
            consumer.assign(List.of(partition));
            copied = (int) consumer.position(partition);
            while (!stop && copied < COPIES) {
                List<ConsumerRecord<String, String>> records = consumer.poll(Duration.ofMillis(200)).records(partition);
                if (!records.isEmpty()) {
                    producer.beginTransaction();
                    records.forEach(record -> producer.send(new ProducerRecord<>(target, (int) (record.offset() % LISTS), null, record.value())));
                    long next = records.getLast().offset() + 1;
                    producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(next)), new ConsumerGroupMetadata("copier"));
                    producer.commitTransaction();
                    copied = (int) next;
                }
            }
        } catch (KafkaException e) {
            // The next producer fences this one, and the next consumer starts from the offsets that were committed.
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        } finally {
            producer.close(Duration.ZERO);
        }
    }

    private String round(long target) {
        return "of " + target + " commits there are " + history.count(Outcome.COMMITTED);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private ChildProcess start(int port) {
        ChildProcess broker = ChildProcess.java(Main.class, "start", "--port", "" + port, "--data", data.toString(),
                "--override", "transaction.abort.timed.out.transaction.cleanup.interval.ms=200");
        broker.awaitLine(START_WITHIN, line -> line.startsWith("ready"));
        return broker;
    }

    private void write(int number, String topic, String address) {
        Random random = new Random(number);
        KafkaProducer<String, String> producer = null;
        for (int n = 0; !stop; n++) {
            if (producer == null) {
                producer = open(number, address);
                continue;
            }
            if (!attempt("w" + number + "-" + n, topic, producer, random)) {
                producer.close(Duration.ZERO);
                producer = null;
            }
        }
        if (producer != null) {
            producer.close(Duration.ZERO);
        }
    }

    /** A producer that has fenced the one before it, or null if that has to be tried again. */
    private static KafkaProducer<String, String> open(int number, String address) {
        KafkaProducer<String, String> producer = new KafkaProducer<>(Map.of("bootstrap.servers", address, "transactional.id", "writer-" + number,
                "transaction.timeout.ms", "2000", "max.block.ms", "5000", "delivery.timeout.ms", "4000", "request.timeout.ms", "2000",
                "reconnect.backoff.max.ms", "100", "retry.backoff.max.ms", "100", "linger.ms", "0"), new StringSerializer(), new StringSerializer());
        try {
            producer.initTransactions();
            return producer;
        } catch (KafkaException e) {
            producer.close(Duration.ZERO);
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            return null;
        }
    }

    /** One transaction; false if the producer cannot be used any more. */
    private boolean attempt(String name, String topic, KafkaProducer<String, String> producer, Random random) {
        Set<Integer> lists = new HashSet<>();
        while (lists.size() < 2) {
            lists.add(random.nextInt(LISTS));
        }
        int fate = random.nextInt(20);
        long begun = System.nanoTime();
        Outcome outcome = fate < 15 ? Outcome.UNKNOWN : Outcome.ABORTED;
        boolean usable = false;
        try {
            producer.beginTransaction();
            lists.forEach(list -> producer.send(new ProducerRecord<>(topic, list, null, name)));
            if (fate < 15) {
                producer.commitTransaction();
                outcome = Outcome.COMMITTED;
                usable = true;
            } else if (fate < 19) {
                producer.flush();
                producer.abortTransaction();
                usable = true;
            }
        } catch (KafkaException e) {
            // Committing may have succeeded; a transaction that was to be aborted, or left open, may not be seen in any case.
            usable = false;
        }
        history.add(new Attempt(name, lists, outcome, begun, outcome == Outcome.UNKNOWN ? Long.MAX_VALUE : System.nanoTime()));
        return usable;
    }

    /** Waits until the transactions that producers have left behind were aborted. */
    private static void awaitDecided(Clients clients, String topic) {
        Eventually.until(START_WITHIN, () -> "the end of all transactions", () -> IntStream.range(0, LISTS).allMatch(i -> {
            TopicPartition partition = new TopicPartition(topic, i);
            return Clients.await(clients.admin().describeProducers(List.of(partition)).partitionResult(partition)).activeProducers().stream()
                    .allMatch(producer -> producer.currentTransactionStartOffset().isEmpty());
        }));
    }

    private static Map<Integer, List<String>> read(Clients clients, String topic) {
        Map<Integer, List<String>> lists = new TreeMap<>();
        List<TopicPartition> partitions = IntStream.range(0, LISTS).mapToObj(i -> new TopicPartition(topic, i)).toList();
        try (KafkaConsumer<String, String> consumer = clients.consumer(null, Map.of("isolation.level", "read_committed"))) {
            consumer.assign(partitions);
            Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions));
            Eventually.until(START_WITHIN, () -> "everything read up to " + ends, () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(record ->
                        lists.computeIfAbsent(record.partition(), list -> new ArrayList<>()).add(record.value()));
                return partitions.stream().allMatch(partition -> consumer.position(partition) >= ends.get(partition));
            });
        }
        return lists;
    }
}
