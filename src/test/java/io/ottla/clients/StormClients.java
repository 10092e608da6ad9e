// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Clients of topics whose logs change all the time, by compaction, retention and deletion, while the broker dies under them; they know what must be left. */
final class StormClients implements AutoCloseable {
    private static final String PATIENCE_MS = Long.toString(Duration.ofMinutes(20).toMillis());
    private static final int IN_FLIGHT = 100;
    private static final int KEYS = 50;
    private static final long TRIM_PAUSE_MS = 100;

    private final Clients clients;
    private final List<Thread> threads = new ArrayList<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Map<TopicPartition, Integer> sent = new ConcurrentHashMap<>();
    private final Map<TopicPartition, AtomicLong> deletedTo = new ConcurrentHashMap<>();
    private final Map<TopicPartition, List<String>> committed = new ConcurrentHashMap<>();
    private volatile boolean stopping;

    StormClients(Clients clients) {
        this.clients = clients;
    }

    private static String value(int number, Random random) {
        byte[] filler = new byte[random.nextInt(10) == 0 ? random.nextInt(4000) : random.nextInt(200)];
        random.nextBytes(filler);
        return number + "," + Base64.getEncoder().encodeToString(filler);
    }

    /** Numbers from 0 on, of which number {@code n} has the key {@code n % KEYS}. */
    void produceTo(TopicPartition partition, String compression) {
        run("producer-" + partition, () -> {
            Semaphore inFlight = new Semaphore(IN_FLIGHT);
            Random random = new Random(partition.hashCode());
            int number = 0;
            try (var producer = clients.producer(Map.of("delivery.timeout.ms", PATIENCE_MS, "max.block.ms", PATIENCE_MS, "request.timeout.ms", "10000",
                    "reconnect.backoff.max.ms", "200", "linger.ms", "1", "compression.type", compression))) {
                for (; !stopping; number++) {
                    if (number % 20 == 0) {
                        Thread.sleep(1);
                    }
                    inFlight.acquire();
                    producer.send(new ProducerRecord<>(partition.topic(), partition.partition(), "k" + number % KEYS, value(number, random)), (metadata, error) -> {
                        inFlight.release();
                        if (error != null) {
                            failures.add(error);
                        }
                    });
                }
            }
            sent.put(partition, number);
        });
    }

    /** Transactions of a few numbers with keys as above; a third are aborted. */
    void transactTo(TopicPartition partition) {
        List<String> done = new ArrayList<>();
        committed.put(partition, done);
        run("transactional-" + partition, () -> {
            Random random = new Random(partition.hashCode());
            int number = 0;
            try (var producer = clients.producer(Map.of("delivery.timeout.ms", PATIENCE_MS, "max.block.ms", PATIENCE_MS, "request.timeout.ms", "10000",
                    "reconnect.backoff.max.ms", "200", "transactional.id", partition.toString(), "transaction.timeout.ms", "900000"))) {
                producer.initTransactions();
                while (!stopping) {
                    List<String> values = new ArrayList<>();
                    producer.beginTransaction();
                    for (int i = random.nextInt(5); i >= 0; i--) {
                        values.add(value(number, random));
                        producer.send(new ProducerRecord<>(partition.topic(), partition.partition(), "k" + number++ % KEYS, values.getLast()));
                    }
                    producer.flush();
                    if (random.nextInt(3) == 0) {
                        producer.abortTransaction();
                    } else {
                        producer.commitTransaction();
                        done.addAll(values);
                    }
                }
            }
        });
    }

    /** Deletes records below offsets that grow. */
    void trim(TopicPartition partition) {
        AtomicLong deleted = new AtomicLong();
        deletedTo.put(partition, deleted);
        run("trimmer-" + partition, () -> {
            while (!stopping) {
                Thread.sleep(TRIM_PAUSE_MS);
                try {
                    long end = clients.admin().listOffsets(Map.of(partition, OffsetSpec.latest())).all().get().get(partition).offset();
                    long target = deleted.get() + (end - deleted.get()) / 3;
                    clients.admin().deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(target))).all().get();
                    deleted.set(target);
                } catch (ExecutionException whileTheBrokerIsDown) {
                    continue;
                }
            }
        });
    }

    /** All numbers from the log's start on, without a gap. */
    void checkContiguous(TopicPartition partition) {
        AtomicLong start = new AtomicLong();
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        // Retention may still have something to take away, also while it is read.
        Eventually.until(() -> "the start of " + partition + " to stay at " + start, () -> {
            start.set(beginning(partition));
            records.clear();
            records.addAll(read(partition, false));
            return beginning(partition) == start.get();
        });
        checkContiguous(partition, start.get(), records);
    }

    private void checkContiguous(TopicPartition partition, long start, List<ConsumerRecord<String, String>> records) {
        assertTrue(start >= deletedTo.getOrDefault(partition, new AtomicLong()).get(), () -> partition + " starts at " + start + ", deleted to " + deletedTo.get(partition));
        assertEquals(sent.get(partition).longValue(), start + records.size(), () -> "records of " + partition + " from " + start);
        for (int i = 0; i < records.size(); i++) {
            assertEquals(start + i, records.get(i).offset(), partition::toString);
            assertEquals(start + i, number(records.get(i).value()), partition::toString);
        }
    }

    /** The last number of each key, and in order. */
    void checkCompacted(TopicPartition partition) {
        int total = sent.get(partition);
        int[] last = new int[KEYS];
        long before = -1;
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        // Each life of the broker may have been too short for a compaction, but this one is not.
        Eventually.until(() -> "the compaction of " + partition + ", which has " + records.size() + " records of " + total, () -> {
            records.clear();
            records.addAll(read(partition, false));
            return records.size() < total;
        });
        for (ConsumerRecord<String, String> record : records) {
            int number = number(record.value());
            assertEquals(number, record.offset(), partition::toString);
            assertTrue(number > before, partition::toString);
            before = number;
            last[number % KEYS] = number;
        }
        for (int number = Math.max(0, total - KEYS); number < total; number++) {
            assertEquals(number, last[number % KEYS], () -> "last of its key in " + partition);
        }
    }

    /** What was committed, in order, and nothing that was aborted. */
    void checkTransactions(TopicPartition partition) {
        assertEquals(committed.get(partition), Clients.values(read(partition, true)), partition::toString);
    }

    /** The last that was committed of each key, and nothing that was aborted. */
    void checkCompactedTransactions(TopicPartition partition) {
        List<String> read = Clients.values(read(partition, true));
        List<String> expected = committed.get(partition);
        assertEquals(lastOfEachKey(expected), lastOfEachKey(read), partition::toString);
        assertTrue(new HashSet<>(expected).containsAll(read), partition::toString);
    }

    private static Map<Integer, String> lastOfEachKey(List<String> values) {
        Map<Integer, String> last = new TreeMap<>();
        values.forEach(value -> last.put(number(value) % KEYS, value));
        return last;
    }

    private static int number(String value) {
        return Integer.parseInt(value.substring(0, value.indexOf(',')));
    }

    private long beginning(TopicPartition partition) {
        try (var consumer = clients.consumer(null)) {
            return consumer.beginningOffsets(List.of(partition)).get(partition);
        }
    }

    private List<ConsumerRecord<String, String>> read(TopicPartition partition, boolean committedOnly) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        try (var consumer = clients.consumer(null, Map.of("isolation.level", committedOnly ? "read_committed" : "read_uncommitted", "max.partition.fetch.bytes", "50000"))) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            Eventually.until(() -> "end of " + partition, () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
                return consumer.position(partition) >= end;
            });
        }
        return records;
    }

    @Override
    public void close() {
        stopping = true;
        for (Thread thread : threads) {
            try {
                thread.join(Eventually.DEADLINE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (thread.isAlive()) {
                failures.add(new IllegalStateException(thread.getName() + " does not end"));
            }
        }
    }

    List<Throwable> failures() {
        return List.copyOf(failures);
    }

    private void run(String name, Step step) {
        threads.add(Thread.ofPlatform().name(name).start(() -> {
            try {
                step.run();
            } catch (Exception e) {
                failures.add(e);
            }
        }));
    }

    private interface Step {
        void run() throws Exception;
    }
}
