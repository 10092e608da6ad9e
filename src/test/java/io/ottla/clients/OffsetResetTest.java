// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a consumer starts that has nothing committed, or whose offset is out of range. */
@ExtendWith(BrokerUnderTest.Extension.class)
class OffsetResetTest {
    private final Clients clients;
    private final String topic;
    private final TopicPartition partition;

    OffsetResetTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
        topic = clients.topic("reset", 1);
        partition = new TopicPartition(topic, 0);
        clients.sendNumbers(topic, 0, 0, 9);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @ParameterizedTest
    @CsvSource({"earliest,0", "latest,10"})
    void aNewGroupStartsAtTheEarliestOrTheLatestRecord(String reset, long expected) {
        var consumer = consumer(reset);
        consumer.assign(List.of(partition));
        assertEquals(expected, consumer.position(partition));
        clients.sendNumbers(topic, 0, 10, 10);
        var records = Clients.poll(consumer, (int) (11 - expected));
        assertEquals(expected, records.getFirst().offset());
        assertEquals(11 - expected, records.size());
    }

    @Test
    void aNewGroupStartsAtTheTimeThatIsADurationAgo() {
        long now = System.currentTimeMillis();
        String old = clients.topic("reset", 1);
        try (var producer = clients.producer()) {
            producer.send(new ProducerRecord<>(old, 0, now - 7_200_000, null, "two hours ago"));
            producer.flush();
            producer.send(new ProducerRecord<>(old, 0, now - 60_000, null, "a minute ago"));
        }
        var consumer = consumer("by_duration:PT1H");
        consumer.subscribe(List.of(old));
        assertEquals(List.of("a minute ago"), Clients.values(Clients.poll(consumer, 1)));
    }

    @Test
    void noneFailsWithTheClientsOwnErrorWhenNothingIsCommitted() {
        var consumer = consumer("none");
        consumer.subscribe(List.of(topic));
        NoOffsetForPartitionException error = assertThrows(NoOffsetForPartitionException.class, () -> Clients.poll(consumer, 1));
        assertEquals(Set.of(partition), error.partitions());
    }

    @Test
    void noneFailsWithTheClientsOwnErrorWhenTheOffsetIsOutOfRange() {
        var consumer = consumer("none");
        consumer.assign(List.of(partition));
        consumer.seek(partition, 11);
        OffsetOutOfRangeException error = assertThrows(OffsetOutOfRangeException.class, () -> Clients.poll(consumer, 1));
        assertEquals(Map.of(partition, 11L), error.offsetOutOfRangePartitions());
    }

    @Test
    void theEndIsNotOutOfRange() {
        var consumer = consumer("none");
        consumer.assign(List.of(partition));
        consumer.seek(partition, 10);
        assertEquals(List.of(), Clients.pollFor(consumer, Duration.ofMillis(200)));
        clients.sendNumbers(topic, 0, 10, 10);
        assertEquals(List.of("10"), Clients.values(Clients.poll(consumer, 1)));
    }

    @ParameterizedTest
    @CsvSource({"earliest,0", "latest,10"})
    void anOffsetOutOfRangeIsReset(String reset, long expected) {
        var consumer = consumer(reset);
        consumer.assign(List.of(partition));
        consumer.seek(partition, 1_000);
        Eventually.until(() -> "a reset", () -> {
            consumer.poll(Duration.ofMillis(20));
            return consumer.position(partition) < 1_000;
        });
        consumer.seek(partition, expected);
        clients.sendNumbers(topic, 0, 10, 10);
        assertEquals(expected, Clients.poll(consumer, (int) (11 - expected)).getFirst().offset());
    }

    private KafkaConsumer<String, String> consumer(String reset) {
        return clients.consumer(Clients.unique("reset"), Map.of("auto.offset.reset", reset));
    }
}
