// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A group whose members disturb each other again and again: what a broker does in a rebalance is worth knowing before the first one. */
final class TrainingGroup implements AutoCloseable {
    private static final int MEMBERS = 8;
    private static final int REBALANCES = 40;
    private static final Duration POLL = Duration.ofMillis(1);
    private static final Duration CLOSE = Duration.ofMillis(100);

    private final String group;
    private final boolean classic;
    private final List<KafkaConsumer<byte[], byte[]>> consumers = new ArrayList<>();

    /** @param protocol value of {@code group.protocol} */
    TrainingGroup(String bootstrapServers, String protocol) {
        group = "training-" + protocol;
        classic = protocol.equals("classic");
        Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", bootstrapServers, "group.id", group,
                "group.protocol", protocol, "enable.auto.commit", "false"));
        if (classic) {
            config.put("heartbeat.interval.ms", 2);
        }
        for (int i = 0; i < MEMBERS; i++) {
            consumers.add(new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
        }
    }

    /** Members find committed offsets: the classic consumer's heartbeat thread, busy as it is here, can take the answer about where a
     * partition ends from beneath its poll, which then fails with a NullPointerException (kafka-clients 4.4.0). */
    void rebalance(Admin admin) throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetAndMetadata> starts = new HashMap<>();
        for (int partition = 0; partition < TrainingClient.PARTITIONS; partition++) {
            starts.put(new TopicPartition(TrainingClient.TOPIC, partition), new OffsetAndMetadata(0));
        }
        admin.alterConsumerGroupOffsets(group, starts).all().get();
        consumers.forEach(consumer -> consumer.subscribe(List.of(TrainingClient.TOPIC)));
        for (int i = 0; i < REBALANCES; i++) {
            if (classic) {
                consumers.get(i % MEMBERS).enforceRebalance();
            } else {
                consumers.get(i % MEMBERS).subscribe(i % 2 == 0 ? List.of(TrainingClient.TOPIC) : List.of(TrainingClient.TOPIC, "no-topic"));
            }
            for (int polls = 0; polls < 3; polls++) {
                consumers.forEach(consumer -> consumer.poll(POLL));
            }
        }
    }

    /** A member that leaves while it waits to join again would wait for the others, which poll no more. */
    @Override
    public void close() {
        consumers.forEach(consumer -> consumer.close(CloseOptions.timeout(CLOSE)));
    }
}
