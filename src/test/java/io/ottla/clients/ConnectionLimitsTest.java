// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.broker.BrokerConfig;
import io.ottla.broker.Ottla;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.RawClient;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kafka's limits on connections and frames. */
class ConnectionLimitsTest {
    private static final int MAX_IDLE_MS = 1_500;

    @Test
    void aConnectionOverTheLimitOfAnAddressIsClosedAndOneThatEndsMakesRoom() {
        try (Ottla broker = Ottla.startTemporary(Map.of("max.connections.per.ip", "3"))) {
            List<RawClient> open = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                open.add(RawClient.connect(broker.bootstrapServers()));
                assertWorks(open.getLast());
            }
            try (RawClient tooMany = RawClient.connect(broker.bootstrapServers())) {
                assertTrue(tooMany.closed());
            }
            open.removeFirst().close();
            Eventually.until(() -> "room for another", () -> works(broker));
            open.forEach(ConnectionLimitsTest::assertWorks);
            open.forEach(RawClient::close);
        }
    }

    /** Where the machine lets this test pause so long that the busy connection is idle too, it says nothing and is done again. */
    @Test
    void aLimitThatIsSetWhileTheBrokerRunsCountsAtOnceAndAfterARestart(@TempDir Path directory) throws Exception {
        BrokerConfig config = BrokerConfig.of(Map.of("listeners", "PLAINTEXT://localhost:0", "log.dirs", directory.toString()));
        try (Ottla broker = Ottla.start(config); Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            limit(admin, "1");
            try (RawClient refused = RawClient.connect(broker.bootstrapServers())) {
                assertTrue(refused.closed());
            }
            limit(admin, "10");
            assertTrue(works(broker));
            limit(admin, "1");
        }
        try (Ottla broker = Ottla.start(config); RawClient only = RawClient.connect(broker.bootstrapServers())) {
            assertWorks(only);
            try (RawClient refused = RawClient.connect(broker.bootstrapServers())) {
                assertTrue(refused.closed());
            }
        }
    }

    private static void limit(Admin admin, String value) throws Exception {
        AlterConfigOp change = new AlterConfigOp(new ConfigEntry("max.connections.per.ip", value), AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.BROKER, ""), List.of(change))).all().get(30, TimeUnit.SECONDS);
    }

    @Test
    void anIdleConnectionIsClosedAndABusyOneIsNot() {
        try (Ottla broker = Ottla.startTemporary(Map.of("connections.max.idle.ms", Integer.toString(MAX_IDLE_MS)))) {
            Eventually.until(() -> "a try without a pause", () -> closesTheIdleOne(broker));
        }
    }

    private static boolean closesTheIdleOne(Ottla broker) {
        long pausedMs = 0;
        try (RawClient idle = RawClient.connect(broker.bootstrapServers()); RawClient busy = RawClient.connect(broker.bootstrapServers())) {
            long deadline = System.nanoTime() + Eventually.DEADLINE.toNanos();
            boolean closed = false;
            while (!closed) {
                assertTrue(System.nanoTime() < deadline, "the idle connection stays open");
                long start = System.nanoTime();
                closed = idle.closedWithin(50);
                try {
                    assertWorks(busy);
                } finally {
                    pausedMs = Math.max(pausedMs, (System.nanoTime() - start) / 1_000_000);
                }
            }
            return true;
        } catch (UncheckedIOException e) {
            long paused = pausedMs;
            assertTrue(paused >= MAX_IDLE_MS / 2, () -> "closed after a pause of " + paused + " ms: " + e);
            return false;
        }
    }

    @Test
    void aFrameOverTheLimitClosesTheConnection() {
        try (Ottla broker = Ottla.startTemporary(Map.of("socket.request.max.bytes", "1000"));
                RawClient raw = RawClient.connect(broker.bootstrapServers())) {
            assertWorks(raw);
            raw.sendBytes(ByteBuffer.allocate(4).putInt(1_001).array());
            assertTrue(raw.closed());
        }
    }

    private static boolean works(Ottla broker) {
        try (RawClient another = RawClient.connect(broker.bootstrapServers())) {
            assertWorks(another);
            return true;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    private static void assertWorks(RawClient connection) {
        assertEquals(Errors.NONE.code(), connection.call(new ApiVersionsRequestData(), 0, ApiVersionsResponseData.class).errorCode());
    }
}
