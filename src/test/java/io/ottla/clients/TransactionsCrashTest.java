// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.cli.Main;
import io.ottla.clients.TransactionHistory.Outcome;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.FreePort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Transactions while the broker and its clients are killed with {@code kill -9}. {@code -Dottla.crash.rounds=N} kills them more often,
 * {@code -Dottla.seed=N} says who is killed when, {@code -Dottla.crash.configs=NAME=VALUE,...} sets the broker's configs and
 * {@code -Dottla.crash.topic=NAME=VALUE,...} those of its topic and of the transaction coordinator's. What the broker has stored is kept in the build's folder if anything is wrong with it.
 */
class TransactionsCrashTest {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionsCrashTest.class);
    private static final long SEED = Long.getLong("ottla.seed", 1);
    private static final int ROUNDS = Integer.getInteger("ottla.crash.rounds", 3);
    private static final List<String> CONFIGS = settings("ottla.crash.configs");
    private static final Map<String, String> TOPIC = settings("ottla.crash.topic").stream().map(each -> each.split("=")).collect(Collectors.toMap(each -> each[0], each -> each[1]));
    private static final int LISTS = 4;
    private static final int WRITERS = 3;
    private static final int COPIES = 400;

    /** Not all of a start, so that some are killed before they are ready. */
    private static final int START_MS = 400;

    @TempDir
    private Path data;

    private final TransactionHistory history = new TransactionHistory();
    private volatile boolean stop;
    private volatile int copied;

    @Test
    void whateverIsKilledTransactionsStayWhole() throws Exception {
        Random random = new Random(SEED);
        int port = FreePort.find();
        String address = "localhost:" + port;
        ChildProcess broker = start(port);
        List<ChildProcess> writers = new ArrayList<>();
        List<ChildProcess> dead = new ArrayList<>();
        try (Clients clients = new Clients(address)) {
            String topic = clients.topic("lists", LISTS, TOPIC);
            for (int i = 0; i < WRITERS; i++) {
                writers.add(writer(i, address, topic, random.nextLong()));
            }
            for (int round = 0; round < ROUNDS; round++) {
                awaitCommits(writers, 10 + random.nextInt(20));
                configure(clients, "__transaction_state");
                if (random.nextInt(3) > 0 || round == 0) {
                    broker.kill();
                    if (random.nextInt(3) == 0) {
                        killDuringStart(port, random.nextInt(START_MS));
                    }
                    broker = start(port);
                }
                if (random.nextInt(2) > 0 || round == 0) {
                    int victim = random.nextInt(WRITERS);
                    writers.get(victim).kill();
                    dead.add(writers.set(victim, writer(victim, address, topic, random.nextLong())));
                }
                history.addRead(read(clients, topic));
            }
            awaitCommits(writers, 10);
            writers.forEach(ChildProcess::kill);
            dead.addAll(writers);
            for (ChildProcess each : dead) {
                each.awaitExit(Eventually.DEADLINE);
                ListWriter.tell(each.output(), history);
            }
            awaitDecided(clients, topic);
            history.addRead(read(clients, topic));
        } finally {
            writers.forEach(ChildProcess::close);
            broker.close();
        }
        Map<TransactionHistory.Anomaly, Set<String>> anomalies = history.anomalies();
        assertEquals(Map.of(), anomalies, () -> "seed " + SEED + ", evidence in " + keep(anomalies));
        assertTrue(history.count(Outcome.ABORTED) > 0 && history.count(Outcome.COMMITTED) > 0);
        LOG.info("event=history_checked rounds={} committed={} aborted={} unknown={} write_cycles={}", ROUNDS, history.count(Outcome.COMMITTED),
                history.count(Outcome.ABORTED), history.count(Outcome.UNKNOWN), history.writeCycles().size());
    }

    private static void configure(Clients clients, String topic) {
        if (TOPIC.isEmpty()) {
            return;
        }
        List<AlterConfigOp> changes = TOPIC.entrySet().stream().map(each -> new AlterConfigOp(new ConfigEntry(each.getKey(), each.getValue()), AlterConfigOp.OpType.SET)).toList();
        Clients.await(clients.admin().incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic), changes)).all());
    }

    private static ChildProcess writer(int number, String address, String topic, long seed) {
        return ChildProcess.java(ListWriter.class, address, Integer.toString(number), topic, Integer.toString(LISTS), Long.toString(seed));
    }

    /** Waits until so many more transactions were committed than there are now, over all writers. */
    private static void awaitCommits(List<ChildProcess> writers, int more) {
        long before = commits(writers);
        Eventually.until(() -> more + " more commits than " + before + ", got " + commits(writers), () -> commits(writers) >= before + more);
    }

    private static long commits(List<ChildProcess> writers) {
        return writers.stream().mapToLong(writer -> writer.output().stream().filter(line -> line.startsWith("end ") && line.contains(" COMMITTED ")).count()).sum();
    }

    @Test
    void whateverIsKilledEachRecordIsCopiedOnce() throws Exception {
        int port = FreePort.find();
        String address = "localhost:" + port;
        ChildProcess broker = start(port);
        try (Clients clients = new Clients(address)) {
            String source = clients.topic("source", 1);
            String target = clients.topic("lists", LISTS);
            clients.sendNumbers(source, 0, 0, COPIES - 1);
            Thread copier = Thread.ofPlatform().start(() -> {
                for (int failuresInARow = 0; !stop && copied < COPIES; failuresInARow++) {
                    int before = copied;
                    copy(clients, source, target, address, failuresInARow);
                    failuresInARow = copied > before ? 0 : failuresInARow;
                }
            });
            for (int round = 1; round <= 2; round++) {
                int enough = round * COPIES / 4;
                Eventually.until(() -> enough + " copies, got " + copied, () -> copied >= enough);
                broker.kill();
                broker = start(port);
            }
            Eventually.until(() -> COPIES + " copies, got " + copied, () -> !copier.isAlive());
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
    private void copy(Clients clients, String source, String target, String address, int failuresInARow) {
        TopicPartition partition = new TopicPartition(source, 0);
        KafkaProducer<String, String> producer = open(WRITERS, address, failuresInARow);
        if (producer == null) {
            return;
        }
        try (KafkaConsumer<String, String> consumer = clients.consumer("copier", Map.of("max.poll.records", "5", "default.api.timeout.ms", "30000"))) {
            consumer.assign(List.of(partition));
            copied = (int) consumer.position(partition);
            while (!stop && copied < COPIES) {
                List<ConsumerRecord<String, String>> records = consumer.poll(Duration.ofMillis(200)).records(partition);
                if (!records.isEmpty()) {
                    producer.beginTransaction();
                    records.forEach(record -> producer.send(new ProducerRecord<>(target, (int) (record.offset() % LISTS), null, record.value())));
                    long next = records.getLast().offset() + 1;
                    producer.flush();
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

    private ChildProcess start(int port) {
        ChildProcess broker = launch(port);
        broker.awaitLine(Eventually.DEADLINE, line -> line.startsWith("ready"));
        return broker;
    }

    private ChildProcess launch(int port) {
        List<String> arguments = new ArrayList<>(List.of("start", "--port", "" + port, "--data", data.toString(),
                "--override", "transaction.abort.timed.out.transaction.cleanup.interval.ms=200"));
        CONFIGS.forEach(config -> arguments.addAll(List.of("--override", config)));
        return ChildProcess.java(Main.class, arguments.toArray(String[]::new));
    }

    private void killDuringStart(int port, int afterMs) {
        try (ChildProcess broker = launch(port)) {
            LockSupport.parkNanos(Duration.ofMillis(afterMs).toNanos());
            broker.kill();
        }
    }

    private static List<String> settings(String property) {
        return Stream.of(System.getProperty(property, "").split(",")).filter(each -> !each.isEmpty()).toList();
    }

    /** Copies what the broker has stored, beside what is wrong with it. */
    private Path keep(Map<TransactionHistory.Anomaly, Set<String>> anomalies) {
        Path kept = Path.of("target", "crash-" + SEED + "-" + ProcessHandle.current().pid());
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.toList()) {
                Files.createDirectories(kept.resolve(data.relativize(file)).getParent());
                Files.copy(file, kept.resolve(data.relativize(file)));
            }
            Files.writeString(kept.resolve("anomalies.txt"), anomalies.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return kept.toAbsolutePath();
    }

    /** A producer that has fenced the one before it, or null if that has to be tried again. */
    private static KafkaProducer<String, String> open(int number, String address, int failuresInARow) {
        KafkaProducer<String, String> producer = new KafkaProducer<>(ListWriter.config(address, "writer-" + number, failuresInARow), new StringSerializer(), new StringSerializer());
        try {
            producer.initTransactions();
            return producer;
        } catch (KafkaException e) {
            producer.close(Duration.ZERO);
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            return null;
        }
    }

    /** Waits until the transactions that producers have left behind were ended, and readers may see what they ended with. */
    private static void awaitDecided(Clients clients, String topic) {
        Eventually.until(() -> "the end of all transactions", () -> IntStream.range(0, LISTS).allMatch(i -> {
            TopicPartition partition = new TopicPartition(topic, i);
            boolean open = Clients.await(clients.admin().describeProducers(List.of(partition)).partitionResult(partition)).activeProducers().stream()
                    .anyMatch(producer -> producer.currentTransactionStartOffset().isPresent());
            return !open && end(clients, partition, IsolationLevel.READ_COMMITTED) == end(clients, partition, IsolationLevel.READ_UNCOMMITTED);
        }));
    }

    private static long end(Clients clients, TopicPartition partition, IsolationLevel isolation) {
        return Clients.await(clients.admin().listOffsets(Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(isolation)).partitionResult(partition)).offset();
    }

    private static Map<Integer, List<String>> read(Clients clients, String topic) {
        Map<Integer, List<String>> lists = new TreeMap<>();
        List<TopicPartition> partitions = IntStream.range(0, LISTS).mapToObj(i -> new TopicPartition(topic, i)).toList();
        try (KafkaConsumer<String, String> consumer = clients.consumer(null, Map.of("isolation.level", "read_committed"))) {
            consumer.assign(partitions);
            Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions));
            Eventually.until(() -> "everything read up to " + ends, () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(record ->
                        lists.computeIfAbsent(record.partition(), list -> new ArrayList<>()).add(record.value()));
                return partitions.stream().allMatch(partition -> consumer.position(partition) >= ends.get(partition));
            });
        }
        return lists;
    }
}
