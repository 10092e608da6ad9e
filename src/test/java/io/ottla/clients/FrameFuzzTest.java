// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.broker.Ottla;
import io.ottla.testkit.Clients;
import io.ottla.testkit.RawClient;
import io.ottla.testkit.SampleRequests;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;

/**
 * Damaged requests of every API and version: whatever comes, the broker lives, other connections are served, and memory stays bounded.
 * Number of frames and seed by the system properties {@code ottla.fuzz.frames} and {@code ottla.fuzz.seed}.
 */
class FrameFuzzTest {
    private static final int FRAMES = Integer.getInteger("ottla.fuzz.frames", 3_000);
    private static final long SEED = Long.getLong("ottla.fuzz.seed", 7);
    private static final int ANSWER_WITHIN_MS = 50;
    private static final int HEADER_BYTES = 8;
    private static final long MAX_HEAP_GROWTH_BYTES = 200L << 20;
    private static final int[] EXTREMES = {0, 1, -1, -2, 127, 128, 255, 32_767, 65_536, Integer.MAX_VALUE, Integer.MIN_VALUE, 0x7fff_ffff - 4};

    private final Random random = new Random(SEED);
    private final List<ApiKeys> apis = List.copyOf(SampleRequests.APIS);

    @Test
    void noDamagedRequestHarmsTheBrokerOrOtherConnections() {
        try (Ottla broker = Ottla.startTemporary(Map.of()); Clients clients = new Clients(broker.bootstrapServers());
                RawClient healthy = RawClient.connect(broker.bootstrapServers())) {
            String topic = clients.topic("fuzz", 1);
            Uuid id = Clients.await(clients.admin().describeTopics(List.of(topic)).allTopicNames()).get(topic).topicId();
            SampleRequests samples = new SampleRequests(topic, id, "fuzz");
            long heapBefore = usedHeap();
            for (int i = 0; i < FRAMES; i++) {
                byte[] frame = damaged(samples);
                send(broker.bootstrapServers(), frame, i);
                if (i % 20 == 0) {
                    assertWorks(healthy, i);
                }
            }
            String after = clients.topic("after", 1);
            clients.sendNumbers(after, 0, 0, 9);
            var consumer = clients.consumer("after");
            consumer.subscribe(List.of(after));
            assertEquals(10, Clients.poll(consumer, 10).size());
            long growth = usedHeap() - heapBefore;
            assertTrue(growth < MAX_HEAP_GROWTH_BYTES, () -> "the heap grew by " + growth + " bytes, seed " + SEED);
        }
    }

    private void send(String server, byte[] frame, int number) {
        try (RawClient connection = RawClient.connect(server)) {
            connection.sendFrame(ByteBuffer.wrap(frame));
            if (connection.responseWithin(ANSWER_WITHIN_MS)) {
                connection.receiveFrame();
            }
        } catch (UncheckedIOException e) {
            assertTrue(RawClient.isClosedByPeer(e), () -> "frame " + number + ", seed " + SEED + ": " + e);
        }
    }

    private static void assertWorks(RawClient connection, int number) {
        try {
            var metadata = connection.call(new MetadataRequestData().setTopics(List.of()), 12, MetadataResponseData.class);
            assertEquals(1, metadata.brokers().size());
        } catch (UncheckedIOException e) {
            throw new AssertionError("a healthy connection failed after frame " + number + ", seed " + SEED, e);
        }
    }

    private byte[] damaged(SampleRequests samples) {
        ApiKeys api = apis.get(random.nextInt(apis.size()));
        ApiVersion range = api.toApiVersionForApiResponse(false, ListenerType.BROKER).orElseThrow();
        int lowest = Math.max(range.minVersion(), api.oldestVersion());
        int version = lowest + random.nextInt(range.maxVersion() - lowest + 1);
        byte[] frame = RawClient.encode(samples.of(api, version), (short) version, random.nextInt()).array();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            frame = damage(frame);
        }
        return frame;
    }

    private byte[] damage(byte[] frame) {
        int at = random.nextInt(10) == 0 ? random.nextInt(frame.length) : Math.min(frame.length - 1, HEADER_BYTES + random.nextInt(Math.max(1, frame.length - HEADER_BYTES)));
        switch (random.nextInt(6)) {
            case 0 -> frame[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> frame[at] = (byte) random.nextInt();
            case 2 -> {
                if (at + 4 <= frame.length) {
                    ByteBuffer.wrap(frame).putInt(at, EXTREMES[random.nextInt(EXTREMES.length)]);
                }
            }
            case 3 -> {
                return Arrays.copyOf(frame, Math.max(1, at));
            }
            case 4 -> {
                return Arrays.copyOf(frame, frame.length + 1 + random.nextInt(40));
            }
            default -> {
                return withInsertion(frame, at);
            }
        }
        return frame;
    }

    private byte[] withInsertion(byte[] frame, int at) {
        byte[] inserted = new byte[1 + random.nextInt(8)];
        random.nextBytes(inserted);
        return ByteBuffer.allocate(frame.length + inserted.length)
                .put(frame, 0, at).put(inserted).put(frame, at, frame.length - at).array();
    }

    private static long usedHeap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
