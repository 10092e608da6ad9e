// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Kafka's own clients of one broker, with the defaults that suit tests, and the steps that most tests share. Closed with all that it made. */
public final class Clients implements AutoCloseable {
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final long CALL_TIMEOUT_S = Eventually.DEADLINE.toSeconds();

    private final String bootstrapServers;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private Admin admin;

    public Clients(BrokerUnderTest broker) {
        this(broker.bootstrapServers());
    }

    public Clients(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
    }

    public String bootstrapServers() {
        return bootstrapServers;
    }

    /** A name that no other test has, on a broker that may be shared and old. */
    public static String unique(String purpose) {
        return purpose + "-" + UUID.randomUUID().toString().substring(0, 8);
    }

    /** Creates a topic with a unique name, waits until all its partitions have a leader, and returns the name. */
    public String topic(String purpose, int partitions) {
        return topic(purpose, partitions, Map.of());
    }

    public String topic(String purpose, int partitions, Map<String, String> configs) {
        String name = unique(purpose);
        await(admin().createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(configs))).all());
        awaitLeaders(name, partitions);
        return name;
    }

    /**
     * A broker of Apache Kafka learns of a topic some moments after its creation was answered. An idempotent producer whose first batch
     * is refused in these moments and whose second is not gets stuck until its delivery timeout.
     */
    public void awaitLeaders(String topic, int partitions) {
        Map<TopicPartition, OffsetSpec> query = new HashMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            query.put(new TopicPartition(topic, partition), OffsetSpec.latest());
        }
        Eventually.until(() -> "leaders of " + topic, () -> isKnown(admin().listOffsets(query).all()));
    }

    private static boolean isKnown(Future<?> future) {
        try {
            await(future);
            return true;
        } catch (AssertionError e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return false;
            }
            throw e;
        }
    }

    public synchronized Admin admin() {
        if (admin == null) {
            admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
        }
        return admin;
    }

    /** A producer of strings. The overrides win over the defaults. */
    public KafkaProducer<String, String> producer(Map<String, ?> overrides) {
        return opened(new KafkaProducer<>(producerConfig(overrides), new StringSerializer(), new StringSerializer()));
    }

    public KafkaProducer<String, String> producer() {
        return producer(Map.of());
    }

    public KafkaProducer<byte[], byte[]> bytesProducer(Map<String, ?> overrides) {
        return opened(new KafkaProducer<>(producerConfig(overrides), new ByteArraySerializer(), new ByteArraySerializer()));
    }

    /** A consumer of strings that starts at the beginning, commits only when told and does not wait long on close. The overrides win over the defaults. */
    public KafkaConsumer<String, String> consumer(String group, Map<String, ?> overrides) {
        return opened(new KafkaConsumer<>(consumerConfig(group, overrides), new StringDeserializer(), new StringDeserializer()));
    }

    public KafkaConsumer<String, String> consumer(String group) {
        return consumer(group, Map.of());
    }

    public KafkaConsumer<byte[], byte[]> bytesConsumer(Map<String, ?> overrides) {
        return opened(new KafkaConsumer<>(consumerConfig(null, overrides), new ByteArrayDeserializer(), new ByteArrayDeserializer()));
    }

    /** Sends values {@code first} to {@code last}, both included, to one partition, and waits for the acknowledgements. */
    public void sendNumbers(String topic, int partition, int first, int last) {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                producerConfig(Map.of()), new StringSerializer(), new StringSerializer())) {
            List<Future<?>> sent = new ArrayList<>();
            for (int i = first; i <= last; i++) {
                sent.add(producer.send(new ProducerRecord<>(topic, partition, "key-" + i, Integer.toString(i))));
            }
            producer.flush();
            sent.forEach(Clients::await);
        }
    }

    /** Polls until {@code count} records have come, and fails if they have not within {@link Eventually#DEADLINE}. May return more. */
    public static <K, V> List<ConsumerRecord<K, V>> poll(KafkaConsumer<K, V> consumer, int count) {
        List<ConsumerRecord<K, V>> records = new ArrayList<>();
        Eventually.until(() -> count + " records, got " + records.size(), () -> {
            consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            return records.size() >= count;
        });
        return records;
    }

    /** Polls for a while and returns whatever came: for showing that nothing does. */
    public static <K, V> List<ConsumerRecord<K, V>> pollFor(KafkaConsumer<K, V> consumer, Duration duration) {
        List<ConsumerRecord<K, V>> records = new ArrayList<>();
        long deadline = System.nanoTime() + duration.toNanos();
        while (System.nanoTime() < deadline) {
            consumer.poll(Duration.ofMillis(50)).forEach(records::add);
        }
        return records;
    }

    public static List<String> values(Collection<? extends ConsumerRecord<?, String>> records) {
        return records.stream().map(ConsumerRecord::value).toList();
    }

    /** Waits for a result; its failure is thrown as {@link AssertionError} with the cause. */
    public static <T> T await(Future<T> future) {
        try {
            return future.get(CALL_TIMEOUT_S, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError("failed: " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("no answer within " + CALL_TIMEOUT_S + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Waits for a result that must be a failure, and returns the failure. */
    public static Throwable awaitFailure(Future<?> future) {
        try {
            Object result = future.get(CALL_TIMEOUT_S, TimeUnit.SECONDS);
            throw new AssertionError("expected a failure, got " + result);
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (TimeoutException e) {
            throw new AssertionError("no answer within " + CALL_TIMEOUT_S + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Closes every client that was made here; those already closed do not mind. */
    @Override
    public void close() {
        for (AutoCloseable client : opened) {
            closeQuietly(client);
        }
        synchronized (this) {
            if (admin != null) {
                admin.close(CLOSE_TIMEOUT);
            }
        }
    }

    private static void closeQuietly(AutoCloseable client) {
        try {
            if (client instanceof KafkaProducer<?, ?> producer) {
                producer.close(CLOSE_TIMEOUT);
            } else {
                client.close();
            }
        } catch (Exception e) {
            throw new AssertionError("cannot close " + client, e);
        }
    }

    private synchronized <C extends AutoCloseable> C opened(C client) {
        opened.add(client);
        return client;
    }

    private Map<String, Object> producerConfig(Map<String, ?> overrides) {
        Map<String, Object> config = new HashMap<>();
        config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        config.putAll(overrides);
        return config;
    }

    private Map<String, Object> consumerConfig(String group, Map<String, ?> overrides) {
        Map<String, Object> config = new HashMap<>();
        config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, "50");
        if (group != null) {
            config.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        }
        config.putAll(overrides);
        return config;
    }
}
