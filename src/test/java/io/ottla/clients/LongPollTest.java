// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.RawClient;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How long a fetch waits: until there is enough, until its time is up, or not at all. */
@ExtendWith(BrokerUnderTest.Extension.class)
class LongPollTest {
    private static final int VERSION = 17;
    /** Longer than a client waits here: who is answered has not waited so long. */
    private static final int LONG_MS = 2 * (int) Eventually.DEADLINE.toMillis();

    private final Clients clients;
    private final RawClient raw;
    private final String topic;
    private final Uuid topicId;

    LongPollTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
        raw = RawClient.connect(broker.bootstrapServers());
        topic = clients.topic("longpoll", 2);
        topicId = Clients.await(clients.admin().describeTopics(List.of(topic)).allTopicNames()).get(topic).topicId();
    }

    @AfterEach
    void close() {
        raw.close();
        clients.close();
    }

    @Test
    void anEmptyFetchWaitsItsTimeAndNoLonger() {
        long start = System.nanoTime();
        FetchResponseData response = raw.call(fetch(0, 300, 1), VERSION, FetchResponseData.class);
        long elapsedMs = elapsedMs(start);
        assertEquals(0, bytes(response));
        assertTrue(elapsedMs >= 290, () -> "waited " + elapsedMs + " ms");
    }

    @Test
    void aFetchWithoutMinimumAnswersAtOnce() {
        assertEquals(0, bytes(raw.call(fetch(0, LONG_MS, 0), VERSION, FetchResponseData.class)));
    }

    @Test
    void aWaitingFetchIsAnsweredAsSoonAsARecordComes() {
        int waiting = raw.send(fetch(0, LONG_MS, 1), VERSION);
        clients.sendNumbers(topic, 1, 0, 0);
        assertTrue(bytes(raw.receive(waiting, VERSION, FetchResponseData.class)) > 0);
    }

    @Test
    void aFetchWaitsForItsMinimumOfBytes() {
        int waiting = raw.send(fetch(0, LONG_MS, 3_000), VERSION);
        try (var producer = clients.bytesProducer(Map.of())) {
            Clients.await(producer.send(new ProducerRecord<>(topic, 0, null, new byte[1_000])));
            assertTrue(!raw.responseWithin(300), "answered with a third of the minimum");
            Clients.await(producer.send(new ProducerRecord<>(topic, 1, null, new byte[2_000])));
        }
        assertTrue(bytes(raw.receive(waiting, VERSION, FetchResponseData.class)) >= 3_000);
    }

    @Test
    void anErrorInOnePartitionAnswersAtOnce() {
        FetchRequestData request = fetch(0, LONG_MS, 1);
        request.topics().getFirst().partitions().getLast().setFetchOffset(99);
        FetchResponseData response = raw.call(request, VERSION, FetchResponseData.class);
        assertEquals(Errors.OFFSET_OUT_OF_RANGE.code(), response.responses().getFirst().partitions().getLast().errorCode());
    }

    @Test
    void otherConnectionsAreServedWhileOneWaits() {
        int waiting = raw.send(fetch(0, LONG_MS, 1), VERSION);
        try (RawClient other = RawClient.connect(clients.bootstrapServers())) {
            assertEquals(0, bytes(other.call(fetch(0, 0, 1), VERSION, FetchResponseData.class)));
        }
        assertFalse(raw.responseWithin(50), "still waits");
        clients.sendNumbers(topic, 0, 0, 0);
        assertTrue(bytes(raw.receive(waiting, VERSION, FetchResponseData.class)) > 0);
    }

    private FetchRequestData fetch(long offset, int maxWaitMs, int minBytes) {
        var partitions = List.of(0, 1).stream().map(partition -> new FetchRequestData.FetchPartition()
                .setPartition(partition).setFetchOffset(offset).setPartitionMaxBytes(1 << 20)).toList();
        return new FetchRequestData().setReplicaState(new FetchRequestData.ReplicaState()).setMaxWaitMs(maxWaitMs).setMinBytes(minBytes)
                .setMaxBytes(50 << 20).setSessionEpoch(-1)
                .setTopics(List.of(new FetchRequestData.FetchTopic().setTopicId(topicId).setPartitions(partitions)));
    }

    private static int bytes(FetchResponseData response) {
        assertEquals(Errors.NONE.code(), response.errorCode());
        return response.responses().stream().flatMap(topic -> topic.partitions().stream())
                .mapToInt(partition -> partition.records() == null ? 0 : partition.records().sizeInBytes()).sum();
    }

    private static long elapsedMs(long startNanos) {
        return (System.nanoTime() - startNanos) / 1_000_000;
    }
}
