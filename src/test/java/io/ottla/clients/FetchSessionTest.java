// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import io.ottla.testkit.RawClient;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Incremental fetch sessions (KIP-227): only what changed travels, in both directions. */
@ExtendWith(BrokerUnderTest.Extension.class)
class FetchSessionTest {
    private static final int VERSION = 17;

    private final Clients clients;
    private final RawClient raw;
    private final String topic;
    private final Uuid topicId;

    FetchSessionTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
        raw = RawClient.connect(broker.bootstrapServers());
        topic = clients.topic("session", 3);
        topicId = Clients.await(clients.admin().describeTopics(List.of(topic)).allTopicNames()).get(topic).topicId();
    }

    @AfterEach
    void close() {
        raw.close();
        clients.close();
    }

    @Test
    void aSessionAnswersOnlyWithPartitionsThatHaveNews() {
        FetchResponseData full = raw.call(fetch(0, 0, 0, 1, 2), VERSION, FetchResponseData.class);
        assertNotEquals(0, full.sessionId());
        assertEquals(3, partitions(full).size());
        FetchResponseData nothing = raw.call(fetch(full.sessionId(), 1), VERSION, FetchResponseData.class);
        assertEquals(full.sessionId(), nothing.sessionId());
        assertEquals(List.of(), partitions(nothing));
        clients.sendNumbers(topic, 1, 0, 0);
        FetchResponseData news = raw.call(fetch(full.sessionId(), 2), VERSION, FetchResponseData.class);
        assertEquals(List.of(1), partitions(news));
    }

    @Test
    void aWrongEpochOrAnUnknownSessionIsRefused() {
        FetchResponseData full = raw.call(fetch(0, 0, 0), VERSION, FetchResponseData.class);
        assertEquals(Errors.INVALID_FETCH_SESSION_EPOCH.code(),
                raw.call(fetch(full.sessionId(), 5), VERSION, FetchResponseData.class).errorCode());
        assertEquals(Errors.FETCH_SESSION_ID_NOT_FOUND.code(),
                raw.call(fetch(full.sessionId() ^ 1, 1), VERSION, FetchResponseData.class).errorCode());
    }

    @Test
    void forgottenPartitionsAreNotFetchedAnyMore() {
        FetchResponseData full = raw.call(fetch(0, 0, 0, 1), VERSION, FetchResponseData.class);
        clients.sendNumbers(topic, 0, 0, 0);
        clients.sendNumbers(topic, 1, 0, 0);
        FetchRequestData forget = fetch(full.sessionId(), 1).setForgottenTopicsData(List.of(
                new FetchRequestData.ForgottenTopic().setTopicId(topicId).setPartitions(List.of(0))));
        assertEquals(List.of(1), partitions(raw.call(forget, VERSION, FetchResponseData.class)));
    }

    @Test
    void theFinalEpochEndsTheSessionAndAnswersInFull() {
        FetchResponseData full = raw.call(fetch(0, 0, 0, 1), VERSION, FetchResponseData.class);
        FetchResponseData last = raw.call(fetch(full.sessionId(), -1, 0, 1), VERSION, FetchResponseData.class);
        assertEquals(0, last.sessionId());
        assertEquals(2, partitions(last).size());
        assertEquals(Errors.FETCH_SESSION_ID_NOT_FOUND.code(),
                raw.call(fetch(full.sessionId(), 1), VERSION, FetchResponseData.class).errorCode());
    }

    private FetchRequestData fetch(int sessionId, int epoch, int... partitions) {
        FetchRequestData request = new FetchRequestData().setReplicaState(new FetchRequestData.ReplicaState()).setMaxWaitMs(0)
                .setMinBytes(0).setMaxBytes(50 << 20).setSessionId(sessionId).setSessionEpoch(epoch);
        if (partitions.length > 0) {
            request.setTopics(List.of(new FetchRequestData.FetchTopic().setTopicId(topicId).setPartitions(IntStream.of(partitions)
                    .mapToObj(partition -> new FetchRequestData.FetchPartition().setPartition(partition).setPartitionMaxBytes(1 << 20)).toList())));
        }
        return request;
    }

    private static List<Integer> partitions(FetchResponseData response) {
        assertEquals(Errors.NONE.code(), response.errorCode());
        return response.responses().stream().flatMap(topic -> topic.partitions().stream())
                .map(FetchResponseData.PartitionData::partitionIndex).toList();
    }
}
