// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.network.ConnectionLimits;
import io.ottla.network.NetworkServer;
import io.ottla.network.NetworkSettings;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.RawClient;
import io.ottla.topic.AppendOrigin;
import io.ottla.topic.FakeCatalog;
import io.ottla.topic.Topic;
import io.ottla.world.Clock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Fetch and what it needs, over the wire, with topics in memory. */
class FetchTest {
    /** Longer than a client waits here: who is answered has not waited so long. */
    private static final int LONG_MS = 2 * (int) Eventually.DEADLINE.toMillis();

    private final FakeCatalog catalog = new FakeCatalog(false);
    private NetworkServer server;
    private RawClient client;
    private String address;
    private Topic topic;

    @BeforeEach
    void start() throws IOException {
        server = new NetworkServer(new NetworkSettings(2, 1 << 20, -1, new ConnectionLimits(100, 100, Map.of(), Integer.MAX_VALUE), -1, -1, 50, 64 << 20), Clock.SYSTEM);
        int port = server.bind("PLAINTEXT", "localhost", 0);
        Cluster cluster = new Cluster("cluster", 1, null, Map.of("PLAINTEXT", new Cluster.Endpoint("localhost", port)));
        server.start(new ApiTable(List.of(
                new MetadataApi(cluster, catalog, new TopicCreation(catalog, true, 1)),
                new ProduceApi(catalog, null),
                new FetchApi(catalog, 2, 1 << 20))));
        address = "localhost:" + port;
        client = RawClient.connect(address);
        topic = catalog.create("t", 3, Map.of());
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void whatWasProducedIsFetched() {
        ProduceResponseData produced = client.call(produce(13, 1, "a", "b"), 13, ProduceResponseData.class);
        assertEquals(0, produced.responses().find("", topic.id()).partitionResponses().getFirst().errorCode());
        assertEquals(List.of("a", "b"), values(fetch(client, fetchRequest(0, 0, 0, 1)).get(0)));
    }

    @Test
    void aFetchWaitsForRecordsAndIsAnsweredWhenTheyCome() {
        CompletableFuture<FetchResponseData> waiting = CompletableFuture.supplyAsync(() -> {
            try (RawClient other = RawClient.connect(address)) {
                return other.call(fetchRequest(0, 0, LONG_MS, 1), 17, FetchResponseData.class);
            }
        });
        append(1, "late");
        FetchResponseData reply = waiting.join();
        assertEquals(List.of("late"), reply.responses().getFirst().partitions().stream().flatMap(data -> values(data).stream()).toList());
    }

    @Test
    void aFetchThatFindsNothingIsAnsweredEmptyAfterTheLongestWait() {
        long start = System.nanoTime();
        FetchResponseData reply = client.call(fetchRequest(0, 0, 300, 1), 17, FetchResponseData.class);
        assertTrue(System.nanoTime() - start >= 290_000_000L, "waited");
        assertTrue(reply.responses().getFirst().partitions().stream().allMatch(data -> values(data).isEmpty()));
    }

    @Test
    void minBytesIsWaitedForOverSeveralPartitions() {
        append(0, "x".repeat(100));
        CompletableFuture<FetchResponseData> waiting = CompletableFuture.supplyAsync(() -> {
            try (RawClient other = RawClient.connect(address)) {
                return other.call(fetchRequest(0, 0, LONG_MS, 400), 17, FetchResponseData.class);
            }
        });
        append(1, "y".repeat(100));
        append(2, "z".repeat(100));
        FetchResponseData reply = waiting.join();
        assertEquals(3, reply.responses().getFirst().partitions().stream().filter(data -> !values(data).isEmpty()).count());
    }

    @Test
    void anIncrementalSessionTellsOnlyWhatChanged() {
        FetchResponseData first = client.call(fetchRequest(0, 0, 0, 1), 17, FetchResponseData.class);
        int session = first.sessionId();
        assertTrue(session != 0);
        assertEquals(3, first.responses().getFirst().partitions().size());
        FetchRequestData next = new FetchRequestData().setMaxWaitMs(0).setMinBytes(1).setSessionId(session).setSessionEpoch(1);
        assertEquals(List.of(), client.call(next, 17, FetchResponseData.class).responses());
        append(2, "news");
        FetchResponseData third = client.call(next.duplicate().setSessionEpoch(2), 17, FetchResponseData.class);
        assertEquals(2, third.responses().getFirst().partitions().getFirst().partitionIndex());
        assertEquals(1, third.responses().getFirst().partitions().size());
        FetchResponseData stale = client.call(next.duplicate().setSessionEpoch(2), 17, FetchResponseData.class);
        assertEquals(Errors.INVALID_FETCH_SESSION_EPOCH.code(), stale.errorCode());
        FetchResponseData unknown = client.call(next.duplicate().setSessionId(session + 1), 17, FetchResponseData.class);
        assertEquals(Errors.FETCH_SESSION_ID_NOT_FOUND.code(), unknown.errorCode());
    }

    @Test
    void aHighWatermarkThatMovedWhileAFetchWaitedInVainIsStillNews() {
        FetchResponseData first = client.call(fetchRequest(0, 0, 0, 1), 17, FetchResponseData.class);
        append(0, "small");
        FetchRequestData next = new FetchRequestData().setMaxWaitMs(200).setMinBytes(100_000).setSessionId(first.sessionId()).setSessionEpoch(1);
        FetchResponseData second = client.call(next, 17, FetchResponseData.class);
        assertEquals(1, second.responses().getFirst().partitions().getFirst().highWatermark());
    }

    @Test
    void clientsWithoutASlotGoOnWithoutASession() {
        for (int i = 0; i < 3; i++) {
            int session = client.call(fetchRequest(0, 0, 0, 1), 17, FetchResponseData.class).sessionId();
            assertEquals(i == 2, session == 0);
        }
    }

    @Test
    void offsetsOutOfRangeAndUnknownPartitionsAreErrorsAtOnce() {
        assertEquals(Errors.OFFSET_OUT_OF_RANGE.code(), fetch(client, fetchRequest(0, 5, LONG_MS, 1)).get(0).errorCode());
        FetchRequestData unknown = fetchRequest(0, 0, LONG_MS, 1);
        unknown.topics().getFirst().partitions().getFirst().setPartition(99);
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION.code(), fetch(client, unknown).get(99).errorCode());
    }

    @Test
    void theFirstBatchComesWholeEvenPastTheLimits() {
        append(0, "x".repeat(5000));
        append(1, "y".repeat(5000));
        FetchRequestData request = fetchRequest(0, 0, 0, 1).setMaxBytes(10);
        Map<Integer, PartitionData> reply = fetch(client, request);
        assertEquals(1, reply.values().stream().filter(data -> !values(data).isEmpty()).count());
    }

    /** Versions below 10 were of clients without zstd (KIP-110), but others ask in them, too; Kafka 4 does not look any more. */
    @Test
    void recordsWithZstdAreSentInEveryVersion() {
        MemoryRecords records = MemoryRecords.withRecords(Compression.zstd().build(), new SimpleRecord("packed".getBytes(StandardCharsets.UTF_8)));
        topic.partitions().getFirst().append(records.buffer(), AppendOrigin.CLIENT);
        for (int version = 4; version <= 12; version++) {
            FetchResponseData reply = client.call(fetchRequest(0, 0, 0, 1), version, FetchResponseData.class);
            assertEquals(List.of("packed"), values(reply.responses().getFirst().partitions().getFirst()), "version " + version);
        }
    }

    @Test
    void theReplyHasThePartitionsInTheOrderOfTheRequest() {
        catalog.create("u", 1, Map.of());
        FetchRequestData request = new FetchRequestData().setMaxWaitMs(0).setMinBytes(1);
        for (String asked : List.of("t-2", "u-0", "t-0", "t-1")) {
            FetchPartition partition = new FetchPartition().setPartition(asked.charAt(2) - '0').setPartitionMaxBytes(1 << 20);
            request.topics().add(new FetchTopic().setTopic(asked.substring(0, 1)).setPartitions(List.of(partition)));
        }
        List<String> order = client.call(request, 12, FetchResponseData.class).responses().stream()
                .flatMap(topic -> topic.partitions().stream().map(data -> topic.topic() + "-" + data.partitionIndex()))
                .toList();
        assertEquals(List.of("t-2", "u-0", "t-0", "t-1"), order);
    }

    @Test
    void metadataCreatesTopicsThatItMay() {
        MetadataRequestData request = new MetadataRequestData().setAllowAutoTopicCreation(true);
        request.setTopics(List.of(new MetadataRequestData.MetadataRequestTopic().setName("fresh")));
        MetadataResponseData reply = client.call(request, 12, MetadataResponseData.class);
        assertEquals(1, reply.topics().find("fresh").partitions().size());
    }

    @Test
    void aRequestThatDoesNotFitItsVersionClosesItsConnection() {
        ByteBuffer frame = RawClient.encode(fetchRequest(0, 0, 0, 1), (short) 17, 1);
        client.sendFrame(frame.limit(frame.limit() - 3));
        assertTrue(client.closed());
    }

    private void append(int partition, String... values) {
        topic.partitions().get(partition).append(batch(values), AppendOrigin.CLIENT);
    }

    private static ByteBuffer batch(String... values) {
        SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] = new SimpleRecord(1_000, values[i].getBytes(StandardCharsets.UTF_8));
        }
        return MemoryRecords.withRecords(Compression.NONE, records).buffer();
    }

    private ProduceRequestData produce(int version, int acks, String... values) {
        ProduceRequestData request = new ProduceRequestData().setAcks((short) acks).setTimeoutMs(1000);
        request.topicData().add(new TopicProduceData().setTopicId(topic.id()).setPartitionData(List.of(
                new PartitionProduceData().setIndex(0).setRecords(MemoryRecords.readableRecords(batch(values))))));
        return request;
    }

    private FetchRequestData fetchRequest(int sessionEpoch, long offset, int maxWaitMs, int minBytes) {
        FetchTopic asked = new FetchTopic().setTopicId(topic.id()).setTopic("t");
        for (int i = 0; i < 3; i++) {
            asked.partitions().add(new FetchPartition().setPartition(i).setFetchOffset(offset).setPartitionMaxBytes(1 << 20));
        }
        return new FetchRequestData().setMaxWaitMs(maxWaitMs).setMinBytes(minBytes).setSessionEpoch(sessionEpoch).setTopics(List.of(asked));
    }

    private static Map<Integer, PartitionData> fetch(RawClient client, FetchRequestData request) {
        FetchResponseData reply = client.call(request, 17, FetchResponseData.class);
        return reply.responses().stream().flatMap(answered -> answered.partitions().stream())
                .collect(java.util.stream.Collectors.toMap(PartitionData::partitionIndex, data -> data));
    }

    private static List<String> values(PartitionData data) {
        List<String> values = new java.util.ArrayList<>();
        ((MemoryRecords) data.records()).records().forEach(record -> {
            byte[] bytes = new byte[record.valueSize()];
            record.value().get(bytes);
            values.add(new String(bytes, StandardCharsets.UTF_8));
        });
        return values;
    }
}
