// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** What clients commonly do to a broker, in short: topics, records of several sizes and compressions, a consumer group,
 * transactions, questions. */
final class TrainingClient {
    static final String TOPIC = "training";
    static final int PARTITIONS = 3;
    private static final int ROUNDS = 40;
    private static final int RECORDS_PER_ROUND = 200;
    private static final int TRANSACTIONS = 20;
    private static final Duration CONSUME_FOR = Duration.ofMinutes(2);

    private final String bootstrapServers;

    private TrainingClient(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
    }

    public static void main(String[] args) throws Exception {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
        TrainingClient client = new TrainingClient(args[0]);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1).configs(Map.of("retention.ms", "60000")))).all().get();
            admin.createPartitions(Map.of(TOPIC, NewPartitions.increaseTo(PARTITIONS))).all().get();
            int sent = 0;
            for (String compression : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
                sent += client.produce(compression);
            }
            sent += client.transact();
            client.consume(sent);
            try (TrainingGroup classic = new TrainingGroup(args[0], "classic"); TrainingGroup modern = new TrainingGroup(args[0], "consumer")) {
                classic.rebalance(admin);
                modern.rebalance(admin);
            }
            client.ask(admin);
        }
    }

    /** Sends in bursts that are waited for, so that there are many requests, small and large. */
    private int produce(String compression) throws Exception {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrapServers, "compression.type", compression);
        int sent = 0;
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int round = 0; round < ROUNDS; round++) {
                byte[] value = new byte[round % 2 == 0 ? 100 : 1000];
                for (int i = 0; i < RECORDS_PER_ROUND; i++) {
                    producer.send(new ProducerRecord<>(TOPIC, i % PARTITIONS, null, value));
                    sent++;
                }
                producer.flush();
            }
        }
        return sent;
    }

    /** Returns how many records were committed. */
    private int transact() {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrapServers, "transactional.id", TOPIC);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            for (int i = 0; i < TRANSACTIONS; i++) {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(TOPIC, new byte[100]));
                // The client of Kafka 4.4.0 may overtake its own records with EndTxn: it asks whether there are any, and only then locks.
                producer.flush();
                producer.commitTransaction();
            }
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(TOPIC, new byte[100]));
            producer.flush();
            producer.abortTransaction();
        }
        return TRANSACTIONS;
    }

    private void consume(int count) {
        Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", bootstrapServers, "group.id", TOPIC,
                "auto.offset.reset", "earliest", "enable.auto.commit", "false", "max.poll.records", 1000,
                "isolation.level", "read_committed"));
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(TOPIC));
            long deadline = System.nanoTime() + CONSUME_FOR.toNanos();
            for (int got = 0; got < count; ) {
                got += consumer.poll(Duration.ofMillis(200)).count();
                consumer.commitSync();
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("got " + got + " of " + count + " records in " + CONSUME_FOR);
                }
            }
        }
    }

    private void ask(Admin admin) throws Exception {
        admin.describeCluster().nodes().get();
        admin.listTopics().names().get();
        admin.describeTopics(List.of(TOPIC)).allTopicNames().get();
        admin.describeConfigs(List.of(new ConfigResource(ConfigResource.Type.TOPIC, TOPIC))).all().get();
        admin.listGroups().all().get();
        admin.describeConsumerGroups(List.of(TOPIC)).all().get();
        admin.listConsumerGroupOffsets(TOPIC).partitionsToOffsetAndMetadata().get();
        admin.deleteTopics(List.of(TOPIC)).all().get();
    }
}
