// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.network.ConnectionLimits;
import io.ottla.network.NetworkServer;
import io.ottla.network.NetworkSettings;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.RawClient;
import io.ottla.topic.FakeCatalog;
import io.ottla.topic.FakePartition;
import io.ottla.world.Clock;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Produce over the wire to one event loop, with compressed batches that take as long to check as the test wants. */
class ProduceAsideTest {
    private static final int VERSION = 9;

    private final FakeCatalog catalog = new FakeCatalog(false);
    private final Semaphore patience = new Semaphore(0);
    private NetworkServer server;
    private RawClient slow;
    private RawClient other;
    private FakePartition partition;

    @BeforeEach
    void start() throws IOException {
        server = new NetworkServer(new NetworkSettings(1, 1 << 20, -1, new ConnectionLimits(100, 100, Map.of(), Integer.MAX_VALUE), -1, -1, 50, 64 << 10), Clock.SYSTEM);
        int port = server.bind("PLAINTEXT", "localhost", 0);
        server.start(new ApiTable(List.of(new ProduceApi(catalog, null))));
        slow = RawClient.connect("localhost:" + port);
        other = RawClient.connect("localhost:" + port);
        catalog.create("t", 1, Map.of());
        partition = catalog.partition("t", 0);
        partition.costly(patience);
    }

    @AfterEach
    void stop() {
        patience.release(1000);
        slow.close();
        other.close();
        server.close();
    }

    @Test
    void othersAreServedWhileABatchIsCostlyToCheck() {
        int costly = slow.send(produce(1, "costly", Compression.gzip().build()), VERSION);
        awaitCostly(1);
        for (int i = 0; i < 10; i++) {
            assertEquals(i, offset(other, other.send(produce(1, "plain", Compression.NONE), VERSION)));
        }
        assertFalse(slow.responseWithin(1), "the costly one is not done");
        patience.release();
        assertEquals(10, offset(slow, costly));
    }

    @Test
    void aConnectionsOwnBatchesKeepTheirOrder() {
        int first = slow.send(produce(1, "costly", Compression.gzip().build()), VERSION);
        int second = slow.send(produce(-1, "plain", Compression.NONE), VERSION);
        int third = slow.send(produce(1, "costly too", Compression.gzip().build()), VERSION);
        awaitCostly(1);
        assertEquals(0, offset(other, other.send(produce(1, "plain", Compression.NONE), VERSION)));
        patience.release();
        assertEquals(1, offset(slow, first));
        assertEquals(2, offset(slow, second));
        patience.release();
        assertEquals(3, offset(slow, third));
        Eventually.until(() -> "the connection is back to normal", () -> partition.batchCount() == 4);
        assertEquals(4, offset(slow, slow.send(produce(1, "plain", Compression.NONE), VERSION)));
    }

    /** Whoever wants to fill the memory with what waits loses the connection instead. */
    @Test
    void whatWaitsIsCountedWithAllBuffers() {
        for (int i = 0; i < 12; i++) {
            slow.send(produce(1, "x".repeat(8000), Compression.NONE, Compression.gzip().build()), VERSION);
        }
        awaitCostly(1);
        patience.release(1000);
        Eventually.until(() -> "the connection was closed in its turn", () -> slow.closedWithin(1));
        assertTrue(partition.batchCount() < 24, () -> partition.batchCount() + " were appended");
        assertTrue(offset(other, other.send(produce(1, "plain", Compression.NONE), VERSION)) > 0);
    }

    private void awaitCostly(int count) {
        Eventually.until(() -> "a worker is at it", () -> patience.getQueueLength() == count);
    }

    private static ProduceRequestData produce(int acks, String value, Compression... compressions) {
        TopicProduceDataCollection topics = new TopicProduceDataCollection();
        TopicProduceData topic = new TopicProduceData().setName("t");
        topics.add(topic);
        for (Compression compression : compressions) {
            topic.partitionData().add(new PartitionProduceData().setIndex(0)
                    .setRecords(MemoryRecords.withRecords(compression, new SimpleRecord(value.getBytes()))));
        }
        return new ProduceRequestData().setAcks((short) acks).setTimeoutMs(10_000).setTopicData(topics);
    }

    private static long offset(RawClient client, int correlationId) {
        ProduceResponseData reply = client.receive(correlationId, VERSION, ProduceResponseData.class);
        return reply.responses().iterator().next().partitionResponses().getFirst().baseOffset();
    }
}
