// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Fetches smaller than a batch, bigger than a response, and through more partitions than fit in one. */
@ExtendWith(BrokerUnderTest.Extension.class)
class FetchLimitsTest {
    private final Clients clients;

    FetchLimitsTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void aBatchBiggerThanEveryLimitIsDeliveredAllTheSame() {
        String topic = clients.topic("limits", 1);
        sendBlocks(topic, 1, 5, 300_000);
        var consumer = clients.bytesConsumer(Map.of("fetch.max.bytes", "1000", "max.partition.fetch.bytes", "1000"));
        consumer.assign(List.of(new TopicPartition(topic, 0)));
        assertEquals(List.of(300_000, 300_000, 300_000, 300_000, 300_000),
                Clients.poll(consumer, 5).stream().map(ConsumerRecord::serializedValueSize).toList());
    }

    @Test
    void aTinyFetchSizeStillReadsEveryPartition() {
        String topic = clients.topic("limits", 10);
        sendBlocks(topic, 10, 20, 2_000);
        var consumer = clients.bytesConsumer(Map.of("fetch.max.bytes", "1", "max.partition.fetch.bytes", "1"));
        consumer.assign(partitions(topic, 10));
        assertEquals(200, Clients.poll(consumer, 200).size());
    }

    @Test
    void aMaximumForAllPartitionsIsKeptAndNothingIsLost() {
        String topic = clients.topic("limits", 10);
        sendBlocks(topic, 10, 10, 50_000);
        var consumer = clients.bytesConsumer(Map.of("fetch.max.bytes", "200000", "max.partition.fetch.bytes", "100000"));
        consumer.assign(partitions(topic, 10));
        assertEquals(100, Clients.poll(consumer, 100).size());
        double biggest = (double) consumer.metrics().entrySet().stream()
                .filter(metric -> metric.getKey().name().equals("fetch-size-max") && metric.getKey().tags().size() == 1)
                .findFirst().orElseThrow().getValue().metricValue();
        assertTrue(biggest <= 210_000, () -> "biggest fetch " + biggest);
    }

    @Test
    void fiftyMegabytesInLargeFetchesComeWholeAndInOrder() {
        String topic = clients.topic("limits", 1);
        sendBlocks(topic, 1, 100, 500_000);
        var consumer = clients.bytesConsumer(Map.of("fetch.max.bytes", "50000000", "max.partition.fetch.bytes", "20000000"));
        consumer.assign(partitions(topic, 1));
        var records = Clients.poll(consumer, 100);
        byte[] expected = new byte[500_000];
        for (int i = 0; i < 100; i++) {
            new Random(i).nextBytes(expected);
            assertEquals(i, records.get(i).offset());
            assertTrue(Arrays.equals(expected, records.get(i).value()), "value of record " + i);
        }
    }

    /** Random blocks, seeded by their number in the partition, each in a batch of its own. */
    private void sendBlocks(String topic, int partitions, int count, int sizeBytes) {
        try (var producer = clients.bytesProducer(Map.of("batch.size", "0"))) {
            for (int partition = 0; partition < partitions; partition++) {
                for (int i = 0; i < count; i++) {
                    byte[] block = new byte[sizeBytes];
                    new Random(i).nextBytes(block);
                    producer.send(new ProducerRecord<>(topic, partition, null, block));
                }
            }
        }
    }

    private static List<TopicPartition> partitions(String topic, int count) {
        return IntStream.range(0, count).mapToObj(partition -> new TopicPartition(topic, partition)).toList();
    }
}
