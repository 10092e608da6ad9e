// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A group whose members disturb each other again and again: what a broker does in a rebalance is worth knowing before the first one. */
final class TrainingGroup implements AutoCloseable {
    private static final int MEMBERS = 8;
    private static final int REBALANCES = 40;
    private static final Duration POLL = Duration.ofMillis(1);

    private final boolean classic;
    private final List<KafkaConsumer<byte[], byte[]>> consumers = new ArrayList<>();

    /** @param protocol value of {@code group.protocol} */
    TrainingGroup(String bootstrapServers, String protocol) {
        classic = protocol.equals("classic");
        Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", bootstrapServers, "group.id", "training-" + protocol,
                "group.protocol", protocol, "enable.auto.commit", "false"));
        if (classic) {
            config.put("heartbeat.interval.ms", 2);
        }
        for (int i = 0; i < MEMBERS; i++) {
            consumers.add(new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
        }
    }

    void rebalance() {
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

    @Override
    public void close() {
        consumers.forEach(KafkaConsumer::close);
    }
}
