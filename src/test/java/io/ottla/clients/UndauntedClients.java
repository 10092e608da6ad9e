// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Clients of every kind that go on whatever they are answered, each with one thing in flight, and remember what was
 * acknowledged: producers plain, idempotent and transactional, a group that commits, an operator who creates topics, and a
 * producer of few keys to a compacted topic.
 */
final class UndauntedClients implements AutoCloseable {
    private static final int KEYS = 20;
    private static final long PAUSE_MS = 5;
    private static final int MIN_PATIENCE_MS = 2_000;
    private static final int MAX_DOUBLINGS = 4;

    /** What one kind of client did so far. */
    static final class Work {
        final AtomicLong done = new AtomicLong();
        final AtomicLong failed = new AtomicLong();
        volatile String lastFailure = "none";
        private int failedInARow;
        private boolean busy;

        private void succeeded() {
            failedInARow = 0;
            done.incrementAndGet();
        }

        private void failed(Exception why) {
            failedInARow++;
            lastFailure = why.toString();
            failed.incrementAndGet();
        }

        /** Little, so that a failure is noticed soon, and more after each, as it may have been the machine that is busy. */
        private int patienceMs() {
            return MIN_PATIENCE_MS << Math.min(failedInARow, MAX_DOUBLINGS);
        }

        @Override
        public String toString() {
            return done + " done, " + failed + " failed (" + lastFailure + ")";
        }
    }

    private final Clients clients;
    private final String filler = "f".repeat(2000);
    private final String plain;
    private final String exact;
    private final String pairs;
    private final String compacted;
    private final String group = Clients.unique("group");
    private final List<Thread> threads = new ArrayList<>();
    private final Map<String, Work> works = new ConcurrentSkipListMap<>();
    private final Map<String, Set<Long>> acknowledged = new ConcurrentHashMap<>();
    private final Set<String> topics = ConcurrentHashMap.newKeySet();
    private final Map<String, Long> attemptedValues = new ConcurrentHashMap<>();
    private final Map<String, Long> acknowledgedValues = new ConcurrentHashMap<>();
    private final AtomicLong attemptedCommit = new AtomicLong();
    private final AtomicLong acknowledgedCommit = new AtomicLong();
    /** One for each kind of client, which has it while it does something. */
    private final Semaphore turns = new Semaphore(0, true);
    private volatile boolean stopping;

    UndauntedClients(Clients clients) {
        this.clients = clients;
        plain = clients.topic("plain", 1);
        exact = clients.topic("exact", 1);
        pairs = clients.topic("pairs", 2);
        compacted = clients.topic("compacted", 1, Map.of("cleanup.policy", "compact", "internal.segment.bytes", "50000", "min.cleanable.dirty.ratio", "0.01", "file.delete.delay.ms", "100"));
        run("plain", this::producePlain);
        run("exact", this::produceExactly);
        run("pairs", this::transact);
        run("keys", this::produceKeys);
        run("commits", this::commit);
        run("topics", this::createTopics);
    }

    Map<String, Work> works() {
        return works;
    }

    /** One that makes a client, works with it until that fails, and makes another. */
    private interface Session {
        void work(Work work) throws Exception;
    }

    private void run(String name, Session session) {
        Work work = new Work();
        works.put(name, work);
        turns.release();
        acknowledged.put(name, ConcurrentHashMap.newKeySet());
        threads.add(Thread.ofPlatform().name(name).start(() -> {
            while (!stopping) {
                try {
                    session.work(work);
                } catch (Exception e) {
                    work.failed(e);
                }
            }
            rest(work);
        }));
    }

    private void rest(Work work) {
        if (work.busy) {
            work.busy = false;
            turns.release();
        }
    }

    /** Does something while nobody waits for an answer: all that was asked for before has been answered. */
    boolean whileAllRest(BooleanSupplier step) throws InterruptedException {
        turns.acquire(works.size());
        try {
            return step.getAsBoolean();
        } finally {
            turns.release(works.size());
        }
    }

    private long next(Work work) throws InterruptedException {
        rest(work);
        Thread.sleep(PAUSE_MS);
        turns.acquire();
        work.busy = true;
        return work.done.get() + work.failed.get();
    }

    private void producePlain(Work work) throws Exception {
        produce(work, plain, "plain", Map.of("enable.idempotence", "false", "retries", "0"));
    }

    private void produceExactly(Work work) throws Exception {
        produce(work, exact, "exact", Map.of());
    }

    private void produce(Work work, String topic, String name, Map<String, String> overrides) throws Exception {
        try (Producer<String, String> producer = clients.producer(with(work, overrides))) {
            while (!stopping) {
                long number = next(work);
                producer.send(new ProducerRecord<>(topic, null, number + " " + filler)).get();
                acknowledged.get(name).add(number);
                work.succeeded();
            }
        }
    }

    private void transact(Work work) throws Exception {
        Producer<String, String> producer = clients.producer(with(work,
                Map.of("transactional.id", pairs, "transaction.timeout.ms", Integer.toString(MIN_PATIENCE_MS + 2 * work.patienceMs()))));
        try {
            producer.initTransactions();
            while (!stopping) {
                long number = next(work);
                producer.beginTransaction();
                List<Future<RecordMetadata>> sent = new ArrayList<>();
                for (int partition = 0; partition < 2; partition++) {
                    sent.add(producer.send(new ProducerRecord<>(pairs, partition, null, number + " " + filler)));
                }
                // The client of Kafka 4.4.0 may overtake its own records with EndTxn: it asks whether there are any, and only then locks.
                for (Future<RecordMetadata> each : sent) {
                    each.get(work.patienceMs(), TimeUnit.MILLISECONDS);
                }
                producer.commitTransaction();
                acknowledged.get("pairs").add(number);
                work.succeeded();
            }
        } finally {
            // It would wait for its coordinator, as a flush would, for as long as that one's disk is in trouble.
            producer.close(Duration.ZERO);
        }
    }

    private void produceKeys(Work work) throws Exception {
        try (Producer<String, String> producer = clients.producer(with(work, Map.of("enable.idempotence", "false", "retries", "0")))) {
            while (!stopping) {
                long number = next(work);
                String key = "key-" + number % KEYS;
                attemptedValues.put(key, number);
                producer.send(new ProducerRecord<>(compacted, key, number + " " + filler)).get();
                acknowledgedValues.put(key, number);
                work.succeeded();
            }
        }
    }

    private void commit(Work work) throws Exception {
        TopicPartition partition = new TopicPartition(plain, 0);
        try (Consumer<String, String> consumer = clients.consumer(group, limits(work))) {
            while (!stopping) {
                next(work);
                long offset = attemptedCommit.incrementAndGet();
                consumer.commitSync(Map.of(partition, new OffsetAndMetadata(offset, filler)));
                acknowledgedCommit.set(offset);
                work.succeeded();
            }
        }
    }

    private void createTopics(Work work) throws Exception {
        Map<String, Object> config = new HashMap<>(limits(work));
        config.put("bootstrap.servers", clients.bootstrapServers());
        try (Admin admin = Admin.create(config)) {
            while (!stopping) {
                String name = "made-" + next(work);
                admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get();
                topics.add(name);
                work.succeeded();
                Thread.sleep(PAUSE_MS * 10);
            }
        }
    }

    private static Map<String, String> limits(Work work) {
        int patienceMs = work.patienceMs();
        return Map.of("default.api.timeout.ms", Integer.toString(patienceMs + 1_000), "request.timeout.ms", Integer.toString(patienceMs + 500));
    }

    private static Map<String, String> with(Work work, Map<String, String> overrides) {
        int patienceMs = work.patienceMs();
        Map<String, String> config = new HashMap<>(Map.of("delivery.timeout.ms", Integer.toString(patienceMs), "request.timeout.ms", Integer.toString(patienceMs - 500),
                "max.block.ms", Integer.toString(patienceMs), "linger.ms", "0", "retry.backoff.ms", "50", "reconnect.backoff.max.ms", "200"));
        config.putAll(overrides);
        return config;
    }

    /** Lets everybody finish what is under way. */
    @Override
    public void close() {
        stopping = true;
        for (Thread thread : threads) {
            try {
                thread.join(Eventually.DEADLINE);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** What is wrong with what the broker has now, once everybody has stopped; empty if nothing is. */
    List<String> complaints(Clients reader) {
        List<String> complaints = new ArrayList<>();
        compare("plain", numbers(read(reader, plain, 0)), complaints);
        List<Long> exactly = numbers(read(reader, exact, 0));
        compare("exact", exactly, complaints);
        if (new HashSet<>(exactly).size() < exactly.size()) {
            complaints.add("exact has duplicates");
        }
        awaitDecided(reader);
        List<Long> left = numbers(read(reader, pairs, 0));
        compare("pairs", left, complaints);
        if (!left.equals(numbers(read(reader, pairs, 1)))) {
            complaints.add("pairs are torn");
        }
        compareKeys(read(reader, compacted, 0), complaints);
        long committed = Clients.await(reader.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).get(new TopicPartition(plain, 0)).offset();
        if (committed < acknowledgedCommit.get() || committed > attemptedCommit.get()) {
            complaints.add("committed " + committed + ", acknowledged " + acknowledgedCommit + ", attempted " + attemptedCommit);
        }
        Set<String> missing = new HashSet<>(topics);
        missing.removeAll(Clients.await(reader.admin().listTopics().names()));
        if (!missing.isEmpty()) {
            complaints.add("topics are missing: " + missing);
        }
        return complaints;
    }

    /** The last end that was asked for may have had no answer in time, and its markers are on their way to one partition and the other. */
    private void awaitDecided(Clients reader) {
        Eventually.until(() -> "the end of the last pair", () -> Clients.await(reader.admin().describeTransactions(List.of(pairs)).all()).get(pairs)
                .topicPartitions().isEmpty());
    }

    private void compare(String name, List<Long> found, List<String> complaints) {
        Set<Long> missing = new HashSet<>(acknowledged.get(name));
        missing.removeAll(new HashSet<>(found));
        if (!missing.isEmpty()) {
            complaints.add(name + " has lost " + missing);
        }
    }

    private void compareKeys(List<ConsumerRecord<String, String>> records, List<String> complaints) {
        Map<String, Long> latest = new TreeMap<>();
        records.forEach(record -> latest.put(record.key(), number(record)));
        acknowledgedValues.forEach((key, value) -> {
            Long found = latest.get(key);
            if (found == null || found < value || found > attemptedValues.get(key)) {
                complaints.add(key + " is " + found + ", acknowledged " + value + ", attempted " + attemptedValues.get(key));
            }
        });
    }

    private static List<Long> numbers(List<ConsumerRecord<String, String>> records) {
        return records.stream().map(UndauntedClients::number).toList();
    }

    private static long number(ConsumerRecord<String, String> record) {
        return Long.parseLong(record.value().substring(0, record.value().indexOf(' ')));
    }

    private static List<ConsumerRecord<String, String>> read(Clients reader, String topic, int index) {
        TopicPartition partition = new TopicPartition(topic, index);
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        try (var consumer = reader.consumer(null, Map.of("isolation.level", "read_committed"))) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            Eventually.until(() -> partition + " can be read up to " + consumer.position(partition) + " of " + end, () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
                return consumer.position(partition) >= end;
            });
        }
        return records;
    }
}
