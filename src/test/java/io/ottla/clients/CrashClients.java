// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;

/** Clients that go on working while the broker dies under them, and remember what it acknowledged. */
final class CrashClients implements AutoCloseable {
    private static final int IN_FLIGHT = 200;
    /** For all the lives of the broker together, of which a busy machine may give each too little for an answer. */
    private static final String PATIENCE_MS = Long.toString(Duration.ofMinutes(20).toMillis());
    private static final long COMMIT_PAUSE_MS = 3;
    private static final long CREATE_PAUSE_MS = 100;

    private final Clients clients;
    private final List<Thread> threads = new ArrayList<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Map<TopicPartition, Map<Long, String>> acknowledged = new ConcurrentHashMap<>();
    private final Map<TopicPartition, Integer> sent = new ConcurrentHashMap<>();
    private final Set<String> createdTopics = ConcurrentHashMap.newKeySet();
    private final AtomicLong attemptedCommit = new AtomicLong();
    private final AtomicLong acknowledgedCommit = new AtomicLong();
    private volatile boolean stopping;

    CrashClients(Clients clients) {
        this.clients = clients;
    }

    /** Produces numbers from 0 on to one partition, idempotently, without a limit to its patience. */
    void produceTo(TopicPartition partition) {
        Map<Long, String> acks = new ConcurrentSkipListMap<>();
        acknowledged.put(partition, acks);
        run("producer-" + partition, () -> {
            Semaphore inFlight = new Semaphore(IN_FLIGHT);
            int number = 0;
            try (var producer = clients.producer(Map.of("delivery.timeout.ms", PATIENCE_MS, "max.block.ms", PATIENCE_MS, "request.timeout.ms", "10000",
                    "reconnect.backoff.max.ms", "200", "linger.ms", "1"))) {
                for (; !stopping; number++) {
                    String value = Integer.toString(number);
                    if (number % 10 == 0) {
                        Thread.sleep(1);
                    }
                    inFlight.acquire();
                    producer.send(new ProducerRecord<>(partition.topic(), partition.partition(), null, value), (metadata, error) -> {
                        inFlight.release();
                        if (error == null) {
                            acks.put(metadata.offset(), value);
                        } else {
                            failures.add(error);
                        }
                    });
                }
            }
            sent.put(partition, number);
        });
    }

    /** Commits ever larger offsets for a partition, each waited for. */
    void commitFor(String group, TopicPartition partition) {
        run("committer", () -> {
            try (var consumer = clients.consumer(group, Map.of("default.api.timeout.ms", PATIENCE_MS,
                    "reconnect.backoff.max.ms", "200", "request.timeout.ms", "10000"))) {
                consumer.assign(List.of(partition));
                while (!stopping) {
                    long next = attemptedCommit.incrementAndGet();
                    consumer.commitSync(Map.of(partition, new OffsetAndMetadata(next)));
                    acknowledgedCommit.set(next);
                    Thread.sleep(COMMIT_PAUSE_MS);
                }
            }
        });
    }

    void createTopics(String prefix) {
        run("creator", () -> {
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", clients.bootstrapServers(), "default.api.timeout.ms", PATIENCE_MS,
                    "reconnect.backoff.max.ms", "200"))) {
                for (int i = 0; !stopping; i++) {
                    create(admin, prefix + "-" + i);
                    Thread.sleep(CREATE_PAUSE_MS);
                }
            }
        });
    }

    /** Lets everybody finish what is under way, which needs a broker that lives. */
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

    /** Values by offset. */
    Map<Long, String> acknowledged(TopicPartition partition) {
        return new TreeMap<>(acknowledged.get(partition));
    }

    int sent(TopicPartition partition) {
        return sent.get(partition);
    }

    Set<String> createdTopics() {
        return Set.copyOf(createdTopics);
    }

    long attemptedCommit() {
        return attemptedCommit.get();
    }

    long acknowledgedCommit() {
        return acknowledgedCommit.get();
    }

    private void create(Admin admin, String name) throws InterruptedException, ExecutionException {
        try {
            admin.createTopics(List.of(new NewTopic(name, 2, (short) 1))).all().get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw e;
            }
        }
        createdTopics.add(name);
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
