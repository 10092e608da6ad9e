// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.network.ConnectionLimits;
import io.ottla.network.NetworkServer;
import io.ottla.network.NetworkSettings;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.RawClient;
import io.ottla.topic.AppendOrigin;
import io.ottla.topic.FakeCatalog;
import io.ottla.topic.FakePartition;
import io.ottla.world.Clock;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** ListOffsets over the wire, with a topic in memory that is flushed by hand. */
class ListOffsetsTest {
    private final FakeCatalog catalog = new FakeCatalog(true);
    private NetworkServer server;
    private RawClient client;
    private FakePartition partition;

    @BeforeEach
    void start() throws IOException {
        server = new NetworkServer(new NetworkSettings(1, 1 << 20, -1, new ConnectionLimits(100, 100, Map.of(), Integer.MAX_VALUE), -1, -1, 50, 64 << 20), Clock.SYSTEM);
        int port = server.bind("PLAINTEXT", "localhost", 0);
        server.start(new ApiTable(List.of(new ListOffsetsApi(catalog))));
        client = RawClient.connect("localhost:" + port);
        catalog.create("t", 1, Map.of());
        partition = catalog.partition("t", 0);
        partition.append(MemoryRecords.withRecords(Compression.NONE, new SimpleRecord("acks=1".getBytes())).buffer(), AppendOrigin.CLIENT);
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void theEndCountsWhatWasAcknowledgedBeforeItsFlush() {
        CompletableFuture<Long> asked = CompletableFuture.supplyAsync(() -> offset(ListOffsetsRequest.LATEST_TIMESTAMP));
        Eventually.until(() -> "the question waits for the flush", partition::awaited);
        partition.flush();
        assertEquals(1, asked.join());
    }

    @Test
    void theStartWaitsForNothing() {
        assertEquals(0, offset(ListOffsetsRequest.EARLIEST_TIMESTAMP));
    }

    private long offset(long timestamp) {
        ListOffsetsPartition asked = new ListOffsetsPartition().setPartitionIndex(0).setTimestamp(timestamp);
        ListOffsetsRequestData request = new ListOffsetsRequestData().setReplicaId(-1)
                .setTopics(List.of(new ListOffsetsTopic().setName("t").setPartitions(List.of(asked))));
        return client.call(request, 7, ListOffsetsResponseData.class).topics().getFirst().partitions().getFirst().offset();
    }
}
