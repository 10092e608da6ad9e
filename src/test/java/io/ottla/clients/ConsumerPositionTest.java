// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A consumer that goes where it wants: by offset, to the ends, by time; that pauses, resumes and is woken. */
@ExtendWith(BrokerUnderTest.Extension.class)
class ConsumerPositionTest {
    private static final long T0 = 1_700_000_000_000L;

    private final Clients clients;
    private final String topic;
    private final TopicPartition p0;
    private final TopicPartition p1;

    ConsumerPositionTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
        topic = clients.topic("position", 2);
        p0 = new TopicPartition(topic, 0);
        p1 = new TopicPartition(topic, 1);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void anAssignedPartitionIsReadAloneAndWithoutAGroup() {
        clients.sendNumbers(topic, 0, 0, 9);
        clients.sendNumbers(topic, 1, 100, 109);
        assertEquals(numbers(100, 109), Clients.values(Clients.poll(assigned(p1), 10)));
    }

    @Test
    void seekGoesToAnOffsetToTheBeginningAndToTheEnd() {
        clients.sendNumbers(topic, 0, 0, 99);
        var consumer = assigned(p0);
        consumer.seek(p0, 42);
        assertEquals(numbers(42, 99), Clients.values(Clients.poll(consumer, 58)));
        consumer.seekToBeginning(List.of(p0));
        assertEquals(0, consumer.position(p0));
        assertEquals(numbers(0, 99), Clients.values(Clients.poll(consumer, 100)));
        consumer.seekToEnd(List.of(p0));
        assertEquals(100, consumer.position(p0));
        clients.sendNumbers(topic, 0, 100, 100);
        assertEquals(List.of("100"), Clients.values(Clients.poll(consumer, 1)));
    }

    @Test
    void seekIntoTheMiddleOfACompressedBatchDeliversFromThatOffsetOn() {
        try (var producer = clients.producer(Map.of("compression.type", "lz4", "linger.ms", "1000", "batch.size", "100000"))) {
            for (int i = 0; i < 100; i++) {
                producer.send(new ProducerRecord<>(topic, 0, null, Integer.toString(i)));
            }
        }
        var consumer = assigned(p0);
        consumer.seek(p0, 57);
        assertEquals(numbers(57, 99), Clients.values(Clients.poll(consumer, 43)));
    }

    @Test
    void offsetsForTimesFindsTheFirstRecordNotOlder() {
        try (var producer = clients.producer()) {
            for (int i = 0; i < 50; i++) {
                producer.send(new ProducerRecord<>(topic, 0, T0 + 1_000L * i, null, Integer.toString(i)));
            }
        }
        var consumer = assigned(p0);
        assertEquals(new OffsetAndTimestamp(0, T0, Optional.of(0)), at(consumer, T0 - 1));
        assertEquals(new OffsetAndTimestamp(7, T0 + 7_000, Optional.of(0)), at(consumer, T0 + 7_000));
        assertEquals(new OffsetAndTimestamp(8, T0 + 8_000, Optional.of(0)), at(consumer, T0 + 7_001));
        assertNull(at(consumer, T0 + 49_001));
        consumer.seek(p0, at(consumer, T0 + 40_000).offset());
        assertEquals(numbers(40, 49), Clients.values(Clients.poll(consumer, 10)));
    }

    @Test
    void beginningAndEndOffsetsAndLagAreKnown() {
        clients.sendNumbers(topic, 0, 0, 9);
        var consumer = assigned(p0, p1);
        assertEquals(Map.of(p0, 0L, p1, 0L), consumer.beginningOffsets(List.of(p0, p1)));
        assertEquals(Map.of(p0, 10L, p1, 0L), consumer.endOffsets(List.of(p0, p1)));
        consumer.seek(p0, 4);
        Clients.poll(consumer, 6);
        Eventually.until(() -> "lag", () -> {
            consumer.poll(Duration.ofMillis(10));
            return consumer.currentLag(p0).equals(OptionalLong.of(0));
        });
    }

    @Test
    void aPausedPartitionIsSilentUntilItIsResumed() {
        clients.sendNumbers(topic, 0, 0, 9);
        clients.sendNumbers(topic, 1, 100, 109);
        var consumer = assigned(p0, p1);
        consumer.pause(List.of(p0));
        assertEquals(numbers(100, 109), Clients.values(Clients.poll(consumer, 10)));
        clients.sendNumbers(topic, 1, 110, 110);
        assertEquals(List.of("110"), Clients.values(Clients.poll(consumer, 1)));
        consumer.resume(List.of(p0));
        assertEquals(numbers(0, 9), Clients.values(Clients.poll(consumer, 10)));
    }

    @Test
    void everyPartitionGetsItsTurnHoweverMuchTheOthersHold() {
        clients.sendNumbers(topic, 0, 0, 4_999);
        clients.sendNumbers(topic, 1, 0, 9);
        try (var consumer = clients.consumer(null, Map.of("max.partition.fetch.bytes", "2000", "fetch.max.bytes", "2000", "max.poll.records", "50"))) {
            consumer.assign(List.of(p0, p1));
            Map<Integer, Integer> counts = new HashMap<>();
            Eventually.until(() -> "both partitions read " + counts, () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> counts.merge(record.partition(), 1, Integer::sum));
                return counts.getOrDefault(1, 0) == 10;
            });
            assertTrue(counts.getOrDefault(0, 0) < 5_000, () -> "partition 1 had to wait until all of partition 0 was read: " + counts);
        }
    }

    @Test
    void wakeupFromAShutdownHookEndsTheLoopAndLeavesTheGroup() {
        clients.sendNumbers(topic, 0, 0, 9);
        String group = Clients.unique("hook");
        try (ChildProcess consumer = ConsumerProcess.start(clients.bootstrapServers(), group, topic, true)) {
            consumer.awaitLine(Eventually.DEADLINE, "committed"::equals);
            consumer.terminate();
            consumer.awaitExit(Eventually.DEADLINE);
            List<String> lines = consumer.output();
            assertEquals(List.of("woken", "revoked 2", "closed"), lines.subList(lines.size() - 3, lines.size()));
        }
        var description = Clients.await(clients.admin().describeConsumerGroups(List.of(group)).describedGroups().get(group));
        assertEquals(List.of(), List.copyOf(description.members()));
    }

    private KafkaConsumer<String, String> assigned(TopicPartition... partitions) {
        KafkaConsumer<String, String> consumer = clients.consumer(null);
        consumer.assign(List.of(partitions));
        return consumer;
    }

    private OffsetAndTimestamp at(KafkaConsumer<?, ?> consumer, long timestamp) {
        return consumer.offsetsForTimes(Map.of(p0, timestamp)).get(p0);
    }

    private static List<String> numbers(int first, int last) {
        return IntStream.rangeClosed(first, last).mapToObj(Integer::toString).toList();
    }
}
