// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.RawClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What clients learn of the cluster, of topics made by using them, and of offsets. */
@ExtendWith(BrokerUnderTest.Extension.class)
class MetadataTest {
    private static final long T0 = 1_700_000_000_000L;

    private final Clients clients;

    MetadataTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void theClusterHasAnIdOneBrokerAndAController() {
        var cluster = clients.admin().describeCluster();
        assertEquals(1, Clients.await(cluster.nodes()).size());
        assertEquals(Clients.await(cluster.nodes()).iterator().next(), Clients.await(cluster.controller()));
        assertEquals(22, Clients.await(cluster.clusterId()).length());
        assertFalse(Clients.await(cluster.nodes()).iterator().next().isFenced());
    }

    @Test
    void aTopicIsMadeByProducingToIt() {
        String topic = Clients.unique("auto");
        assertEquals(0, Clients.await(clients.producer().send(new ProducerRecord<>(topic, "first"))).offset());
        var consumer = clients.consumer(null);
        assertEquals(1, consumer.partitionsFor(topic).size());
        consumer.assign(List.of(new TopicPartition(topic, 0)));
        assertEquals(List.of("first"), Clients.values(Clients.poll(consumer, 1)));
    }

    @Test
    void aTopicIsMadeBySubscribingToIt() {
        String topic = Clients.unique("auto");
        var consumer = clients.consumer(Clients.unique("auto"), Map.of("metadata.max.age.ms", "200"));
        consumer.subscribe(List.of(topic));
        Eventually.until(() -> "an assignment", () -> {
            consumer.poll(Duration.ofMillis(50));
            return !consumer.assignment().isEmpty();
        });
    }

    /** kafka-go's tests, and many others, look whether a topic is gone with a client that would make it. */
    @Test
    void whoeverAsksForATopicThatWasDeletedIsToldSoOnceAndGetsANewOneThen() {
        String topic = clients.topic("deleted", 3);
        Clients.await(clients.admin().deleteTopics(List.of(topic)).all());
        try (RawClient client = RawClient.connect(clients.bootstrapServers())) {
            assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION.code(), describe(client, topic).errorCode());
            Eventually.until(() -> topic + " is made again", () -> describe(client, topic).partitions().size() == 1);
        }
    }

    private static MetadataResponseTopic describe(RawClient client, String topic) {
        var request = new MetadataRequestData().setAllowAutoTopicCreation(true).setTopics(List.of(new MetadataRequestTopic().setName(topic)));
        return client.call(request, (short) 9, MetadataResponseData.class).topics().iterator().next();
    }

    @Test
    void aConsumerThatDoesNotAllowItMakesNoTopic() {
        String topic = Clients.unique("auto");
        var consumer = clients.consumer(null, Map.of("allow.auto.create.topics", "false"));
        assertEquals(List.of(), consumer.partitionsFor(topic));
        assertFalse(Clients.await(clients.admin().listTopics().names()).contains(topic));
    }

    @Test
    void anImpossibleNameIsAnErrorOfTheProducer() {
        var producer = clients.producer();
        assertInstanceOf(InvalidTopicException.class, Clients.awaitFailure(producer.send(new ProducerRecord<>("no such/topic", "value"))));
    }

    @Test
    void aPartitionThatDoesNotExistIsWaitedForInVain() {
        String topic = clients.topic("metadata", 1);
        var producer = clients.producer(Map.of("max.block.ms", "500"));
        assertInstanceOf(TimeoutException.class, Clients.awaitFailure(producer.send(new ProducerRecord<>(topic, 5, null, "value"))));
    }

    @Test
    void offsetsAreListedByEndsTimeAndMaximumTime() {
        String topic = clients.topic("offsets", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var producer = clients.producer()) {
            for (long age : new long[] {1_000, 9_000, 3_000, 9_000, 2_000}) {
                Clients.await(producer.send(new ProducerRecord<>(topic, 0, T0 + age, null, "value")));
            }
        }
        assertEquals(0, list(partition, OffsetSpec.earliest()).offset());
        assertEquals(5, list(partition, OffsetSpec.latest()).offset());
        assertEquals(1, list(partition, OffsetSpec.maxTimestamp()).offset());
        assertEquals(T0 + 9_000, list(partition, OffsetSpec.maxTimestamp()).timestamp());
        assertEquals(1, list(partition, OffsetSpec.forTimestamp(T0 + 2_000)).offset());
        assertEquals(-1, list(partition, OffsetSpec.forTimestamp(T0 + 9_001)).offset());
        assertEquals(0, list(partition, OffsetSpec.latest()).leaderEpoch().orElseThrow());
    }

    @Test
    void anEmptyPartitionHasNoMaximumTime() {
        TopicPartition partition = new TopicPartition(clients.topic("offsets", 1), 0);
        assertEquals(-1, list(partition, OffsetSpec.maxTimestamp()).offset());
        assertEquals(0, list(partition, OffsetSpec.latest()).offset());
    }

    @Test
    void theAdminClientSeesTheFeaturesOfTheCluster() {
        var features = Clients.await(clients.admin().describeFeatures().featureMetadata());
        assertNotNull(features.finalizedFeatures().get("metadata.version"));
    }

    @Test
    void aConsumerOfAnUnknownPartitionTimesOut() {
        var consumer = clients.consumer(null, Map.of("default.api.timeout.ms", "500", "allow.auto.create.topics", "false"));
        assertThrows(TimeoutException.class, () -> consumer.endOffsets(List.of(new TopicPartition(Clients.unique("nothing"), 0))));
    }

    private ListOffsetsResultInfo list(TopicPartition partition, OffsetSpec spec) {
        return Clients.await(clients.admin().listOffsets(Map.of(partition, spec)).partitionResult(partition));
    }
}
