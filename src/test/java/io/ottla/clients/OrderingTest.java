// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which partition a record goes to, and that it stays in order there. */
@ExtendWith(BrokerUnderTest.Extension.class)
class OrderingTest {
    private static final int PARTITIONS = 4;

    private final Clients clients;
    private final String topic;

    OrderingTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
        topic = clients.topic("order", PARTITIONS);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void recordsOfAPartitionComeInTheOrderSentWithOffsetsWithoutGaps() {
        try (var producer = clients.producer(Map.of("batch.size", "500"))) {
            for (int i = 0; i < 4_000; i++) {
                producer.send(new ProducerRecord<>(topic, i % PARTITIONS, null, Integer.toString(i)));
            }
        }
        Map<Integer, List<Integer>> values = new TreeMap<>();
        Map<Integer, Long> nextOffsets = new HashMap<>();
        for (ConsumerRecord<String, String> record : readAll(4_000)) {
            assertEquals(nextOffsets.getOrDefault(record.partition(), 0L), record.offset());
            nextOffsets.put(record.partition(), record.offset() + 1);
            values.computeIfAbsent(record.partition(), key -> new ArrayList<>()).add(Integer.parseInt(record.value()));
        }
        for (int partition = 0; partition < PARTITIONS; partition++) {
            int remainder = partition;
            assertEquals(IntStream.range(0, 4_000).filter(i -> i % PARTITIONS == remainder).boxed().toList(), values.get(partition));
        }
    }

    @Test
    void recordsOfAKeyShareAPartitionAndComeInTheOrderSent() {
        try (var producer = clients.producer()) {
            for (int i = 0; i < 2_000; i++) {
                producer.send(new ProducerRecord<>(topic, "key-" + i % 20, Integer.toString(i)));
            }
        }
        Map<String, List<Integer>> values = new HashMap<>();
        for (ConsumerRecord<String, String> record : readAll(2_000)) {
            assertEquals(Utils.toPositive(Utils.murmur2(record.key().getBytes())) % PARTITIONS, record.partition());
            values.computeIfAbsent(record.key(), key -> new ArrayList<>()).add(Integer.parseInt(record.value()));
        }
        for (int key = 0; key < 20; key++) {
            int remainder = key;
            assertEquals(IntStream.range(0, 2_000).filter(i -> i % 20 == remainder).boxed().toList(), values.get("key-" + key));
        }
    }

    @Test
    void theRoundRobinPartitionerSpreadsRecordsWithoutKeysEvenly() {
        Set<Integer> used = new HashSet<>();
        try (var producer = clients.producer(Map.of("partitioner.class", RoundRobinPartitioner.class.getName()))) {
            for (int i = 0; i < 40; i++) {
                used.add(Clients.await(producer.send(new ProducerRecord<>(topic, Integer.toString(i)))).partition());
            }
        }
        assertEquals(Set.of(0, 1, 2, 3), used);
        assertEquals(40, readAll(40).size());
    }

    @Test
    void withoutKeysRecordsStickToAPartitionUntilABatchIsFullAndThenGoElsewhere() {
        List<Integer> visited = new ArrayList<>();
        try (var producer = clients.producer(Map.of("batch.size", "200"))) {
            for (int i = 0; i < 200; i++) {
                visited.add(Clients.await(producer.send(new ProducerRecord<>(topic, "value " + i))).partition());
            }
        }
        long switches = IntStream.range(1, 200).filter(i -> !visited.get(i).equals(visited.get(i - 1))).count();
        assertTrue(switches >= 10 && switches <= 150, () -> "switched " + switches + " times");
        assertEquals(Set.of(0, 1, 2, 3), Set.copyOf(visited));
        assertEquals(200, readAll(200).size());
    }

    private List<ConsumerRecord<String, String>> readAll(int count) {
        try (var consumer = clients.consumer(null)) {
            consumer.assign(IntStream.range(0, PARTITIONS).mapToObj(partition -> new TopicPartition(topic, partition)).toList());
            return Clients.poll(consumer, count);
        }
    }
}
