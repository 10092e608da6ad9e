// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.OffsetMetadataTooLarge;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Committing offsets by hand, in the background and by interval; what is committed is where the next consumer starts. */
@ExtendWith(BrokerUnderTest.Extension.class)
class CommitTest {
    private final Clients clients;
    private final String topic;
    private final TopicPartition partition;
    private final String group = Clients.unique("commit");

    CommitTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
        topic = clients.topic("commit", 1);
        partition = new TopicPartition(topic, 0);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void theNextConsumerStartsWhereCommitSyncStopped() {
        clients.sendNumbers(topic, 0, 0, 19);
        try (var consumer = subscribed(Map.of("max.poll.records", "5"))) {
            assertEquals(numbers(0, 4), Clients.values(Clients.poll(consumer, 5)));
            consumer.commitSync();
            assertEquals(numbers(5, 9), Clients.values(Clients.poll(consumer, 5)));
        }
        try (var consumer = subscribed(Map.of())) {
            assertEquals(numbers(5, 19), Clients.values(Clients.poll(consumer, 15)));
        }
    }

    @Test
    void commitAsyncCallsBackWithTheOffsets() {
        clients.sendNumbers(topic, 0, 0, 9);
        var consumer = subscribed(Map.of());
        Clients.poll(consumer, 10);
        CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> done = new CompletableFuture<>();
        consumer.commitAsync((offsets, error) -> {
            if (error == null) {
                done.complete(offsets);
            } else {
                done.completeExceptionally(error);
            }
        });
        Eventually.until(() -> "the callback", () -> {
            consumer.poll(Duration.ofMillis(10));
            return done.isDone();
        });
        assertEquals(10, Clients.await(done).get(partition).offset());
        assertEquals(10, consumer.committed(Set.of(partition)).get(partition).offset());
    }

    @Test
    void autoCommitHappensByIntervalWithoutAClose() {
        clients.sendNumbers(topic, 0, 0, 9);
        var consumer = subscribed(Map.of("enable.auto.commit", "true", "auto.commit.interval.ms", "100"));
        Clients.poll(consumer, 10);
        Eventually.until(() -> "10 committed", () -> {
            consumer.poll(Duration.ofMillis(20));
            OffsetAndMetadata committed = committed();
            return committed != null && committed.offset() == 10;
        });
    }

    @Test
    void autoCommitHappensOnClose() {
        clients.sendNumbers(topic, 0, 0, 9);
        try (var consumer = subscribed(Map.of("enable.auto.commit", "true", "auto.commit.interval.ms", "3600000"))) {
            Clients.poll(consumer, 10);
            assertNull(committed());
        }
        assertEquals(10, committed().offset());
    }

    @Test
    void recordsComeAgainWhenTheirConsumerWasKilledBetweenPollAndCommit() {
        clients.sendNumbers(topic, 0, 0, 9);
        try (ChildProcess victim = ConsumerProcess.start(clients.bootstrapServers(), group, topic, false)) {
            victim.awaitLine(Eventually.DEADLINE, "record 0 9"::equals);
            victim.kill();
        }
        assertEquals(numbers(0, 9), Clients.values(Clients.poll(subscribed(Map.of()), 10)));
    }

    @Test
    void offsetsMetadataAndLeaderEpochAreKeptAsCommitted() {
        clients.sendNumbers(topic, 0, 0, 9);
        var consumer = clients.consumer(group);
        consumer.assign(List.of(partition));
        consumer.commitSync(Map.of(partition, new OffsetAndMetadata(7, Optional.of(0), "noted: é✓")));
        OffsetAndMetadata committed = consumer.committed(Set.of(partition)).get(partition);
        assertEquals(new OffsetAndMetadata(7, Optional.of(0), "noted: é✓"), committed);
        assertEquals(7, consumer.position(partition));
    }

    @Test
    void metadataHasALimitOf4096Bytes() {
        var consumer = clients.consumer(group);
        consumer.assign(List.of(partition));
        consumer.commitSync(Map.of(partition, new OffsetAndMetadata(1, "x".repeat(4096))));
        assertThrows(OffsetMetadataTooLarge.class,
                () -> consumer.commitSync(Map.of(partition, new OffsetAndMetadata(2, "x".repeat(4097)))));
        assertEquals(1, consumer.committed(Set.of(partition)).get(partition).offset());
    }

    @Test
    void nothingIsCommittedForPartitionsThatNobodyCommitted() {
        var consumer = clients.consumer(group);
        consumer.assign(List.of(partition));
        assertNull(consumer.committed(Set.of(partition)).get(partition));
    }

    @Test
    void anOffsetCanBeCommittedBackwards() {
        clients.sendNumbers(topic, 0, 0, 9);
        var consumer = subscribed(Map.of());
        Clients.poll(consumer, 10);
        consumer.commitSync();
        consumer.commitSync(Map.of(partition, new OffsetAndMetadata(3)));
        consumer.close();
        assertEquals(numbers(3, 9), Clients.values(Clients.poll(subscribed(Map.of()), 7)));
    }

    @Test
    void aMemberThatWasThrownOutCannotCommit() {
        clients.sendNumbers(topic, 0, 0, 9);
        var slow = subscribed(Map.of("max.poll.interval.ms", "1000", "session.timeout.ms", "6000", "heartbeat.interval.ms", "100"));
        Clients.poll(slow, 10);
        try (var next = subscribed(Map.of())) {
            assertEquals(numbers(0, 9), Clients.values(Clients.poll(next, 10)));
            next.commitSync(Map.of(partition, new OffsetAndMetadata(4)));
            assertThrows(CommitFailedException.class, slow::commitSync);
            assertEquals(4, committed().offset());
        }
    }

    @Test
    void anOutsiderCannotCommitForAGroupWithMembers() {
        clients.sendNumbers(topic, 0, 0, 9);
        Clients.poll(subscribed(Map.of()), 10);
        var outsider = clients.consumer(group);
        outsider.assign(List.of(partition));
        assertThrows(CommitFailedException.class, () -> outsider.commitSync(Map.of(partition, new OffsetAndMetadata(9))));
        assertNull(committed());
    }

    private KafkaConsumer<String, String> subscribed(Map<String, ?> overrides) {
        KafkaConsumer<String, String> consumer = clients.consumer(group, overrides);
        consumer.subscribe(List.of(topic));
        return consumer;
    }

    private OffsetAndMetadata committed() {
        return Clients.await(clients.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).get(partition);
    }

    private static List<String> numbers(int first, int last) {
        return IntStream.rangeClosed(first, last).mapToObj(Integer::toString).toList();
    }
}
