// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.Eventually;
import io.ottla.testkit.RawClient;
import io.ottla.wire.InMemoryRecords;
import io.ottla.world.Clock;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Heartbeats are pipelined here and answered when the test says so; ListGroups is answered at once, Fetch with records. */
class NetworkServerTest {
    private static final int MAX_REQUEST_BYTES = 1 << 20;
    private static final long MAX_BUFFER_BYTES = 8 << 20;

    private final ConcurrentLinkedQueue<Request> parked = new ConcurrentLinkedQueue<>();
    private volatile ByteBuffer fetched = ByteBuffer.allocate(0);
    private NetworkServer server;
    private int port;

    private final RequestHandler handler = new RequestHandler() {
        @Override
        public void handle(Request request) {
            switch (request.head().api()) {
                case HEARTBEAT -> parked.add(request);
                case LIST_GROUPS -> request.reply(new ListGroupsResponseData());
                case FETCH -> request.reply(reply());
                default -> throw new IllegalStateException("not for this test");
            }
        }

        @Override
        public boolean pipelined(ApiKeys api) {
            return api == ApiKeys.HEARTBEAT;
        }
    };

    private FetchResponseData reply() {
        FetchResponseData reply = new FetchResponseData();
        FetchResponseData.FetchableTopicResponse topic = new FetchResponseData.FetchableTopicResponse().setTopic("t");
        for (int i = 0; i < 3; i++) {
            topic.partitions().add(new FetchResponseData.PartitionData().setPartitionIndex(i).setHighWatermark(i)
                    .setRecords(new InMemoryRecords(fetched)));
        }
        reply.responses().add(topic);
        return reply;
    }

    private void start(int maxConnections, int maxPerIp, long idleMs) throws IOException {
        server = new NetworkServer(
                new NetworkSettings(2, MAX_REQUEST_BYTES, idleMs, limits(maxConnections, maxPerIp), -1, -1, 50, MAX_BUFFER_BYTES), Clock.SYSTEM);
        port = server.bind("PLAINTEXT", "localhost", 0);
        server.start(handler);
    }

    private static ConnectionLimits limits(int total, int ofAnAddress) {
        return new ConnectionLimits(total, ofAnAddress, Map.of(), Integer.MAX_VALUE);
    }

    private RawClient connect() {
        return RawClient.connect("localhost:" + port);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void repliesLeaveInTheOrderOfRequestsWhateverOrderTheyAreGivenIn() throws IOException {
        start(100, 100, -1);
        try (RawClient client = connect()) {
            List<Integer> ids = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                ids.add(client.send(heartbeat(), 4));
            }
            Eventually.until(() -> "all are in hand", () -> parked.size() == 100);
            List<Request> backwards = new ArrayList<>(parked).reversed();
            backwards.forEach(request -> request.reply(new HeartbeatResponseData()));
            for (int id : ids) {
                client.receive(id, 4, HeartbeatResponseData.class);
            }
        }
    }

    @Test
    void aRequestThatIsNotPipelinedWaitsForItsTurn() throws IOException {
        start(100, 100, -1);
        try (RawClient client = connect()) {
            int first = client.send(heartbeat(), 4);
            int second = client.send(new ListGroupsRequestData(), 5);
            int third = client.send(heartbeat(), 4);
            Eventually.until(() -> "the first is in hand", () -> parked.size() == 1);
            parked.poll().reply(new HeartbeatResponseData());
            client.receive(first, 4, HeartbeatResponseData.class);
            client.receive(second, 5, ListGroupsResponseData.class);
            Eventually.until(() -> "the third is in hand", () -> parked.size() == 1);
            parked.poll().reply(new HeartbeatResponseData());
            client.receive(third, 4, HeartbeatResponseData.class);
        }
    }

    @Test
    void moreRequestsThanMayBeInHandAreAllAnswered() throws IOException {
        start(100, 100, -1);
        try (RawClient client = connect()) {
            List<Integer> ids = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                ids.add(client.send(heartbeat(), 4));
            }
            for (int id : ids) {
                Eventually.until(() -> "one is in hand", () -> !parked.isEmpty());
                assertTrue(parked.size() <= 256, "bounded");
                parked.poll().reply(new HeartbeatResponseData());
                client.receive(id, 4, HeartbeatResponseData.class);
            }
        }
    }

    @Test
    void framesMayArriveInPiecesOfAnySize() throws IOException {
        start(100, 100, -1);
        long seed = 7;
        Random random = new Random(seed);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            ByteBuffer bytes = ByteBuffer.allocate(4 << 20);
            int requests = 60;
            for (int i = 0; i < requests; i++) {
                ListGroupsRequestData request = new ListGroupsRequestData();
                request.setStatesFilter(List.of("x".repeat(random.nextInt(1, 30_000))));
                ByteBuffer frame = RawClient.encode(request, (short) 5, i);
                bytes.putInt(frame.remaining()).put(frame);
            }
            bytes.flip();
            Thread writer = Thread.startVirtualThread(() -> {
                try {
                    while (bytes.hasRemaining()) {
                        byte[] piece = new byte[Math.min(bytes.remaining(), random.nextInt(1, 50_000))];
                        bytes.get(piece);
                        socket.getOutputStream().write(piece);
                        socket.getOutputStream().flush();
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            InputStream in = socket.getInputStream();
            for (int i = 0; i < requests; i++) {
                ByteBuffer head = ByteBuffer.wrap(in.readNBytes(8));
                int size = head.getInt();
                assertEquals(i, head.getInt(), "seed " + seed);
                in.readNBytes(size - 4);
            }
            writer.interrupt();
        }
    }

    @Test
    void recordsOfEverySizeArriveWholeEvenWhenTheReaderIsSlow() throws IOException {
        start(100, 100, -1);
        for (int size : new int[] {0, 100, 40_000, 3_000_000}) {
            byte[] content = new byte[size];
            new Random(size).nextBytes(content);
            fetched = ByteBuffer.wrap(content);
            try (RawClient client = connect()) {
                List<Integer> ids = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    ids.add(client.send(new FetchRequestData(), 12));
                }
                for (int id : ids) {
                    FetchResponseData reply = client.receive(id, 12, FetchResponseData.class);
                    for (FetchResponseData.PartitionData data : reply.responses().getFirst().partitions()) {
                        assertArrayEquals(content, bytes((MemoryRecords) data.records()));
                    }
                }
            }
        }
    }

    @Test
    void absurdLengthsCloseOnlyTheirOwnConnection() throws IOException {
        start(100, 100, -1);
        try (RawClient healthy = connect()) {
            for (int length : new int[] {-1, Integer.MIN_VALUE, MAX_REQUEST_BYTES + 1, Integer.MAX_VALUE, 0, 7}) {
                try (RawClient bad = connect()) {
                    byte[] frame = new byte[4 + Math.clamp(length, 0, 7)];
                    ByteBuffer.wrap(frame).putInt(length);
                    bad.sendBytes(frame);
                    assertTrue(bad.closed(), "length " + length);
                }
                healthy.call(new ListGroupsRequestData(), 5, ListGroupsResponseData.class);
            }
        }
    }

    @Test
    void unfinishedFramesHoldABoundedAmountOfMemoryAndKeepNobodyElseOut() throws IOException {
        start(1_000, 1_000, -1);
        List<RawClient> greedy = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            RawClient client = connect();
            try {
                client.sendBytes(ByteBuffer.allocate(900_000).putInt(1_000_000).array());
                greedy.add(client);
            } catch (UncheckedIOException refused) {
                client.close();
            }
        }
        Eventually.until(() -> "some have to go", () -> {
            greedy.removeIf(client -> client.closedWithin(20));
            return greedy.size() < 10;
        });
        assertTrue(greedy.size() >= 3, () -> "only " + greedy.size() + " may hold a megabyte of " + MAX_BUFFER_BYTES);
        try (RawClient other = connect()) {
            ByteBuffer frame = RawClient.encode(new ListGroupsRequestData().setStatesFilter(List.of("x".repeat(20_000))), (short) 5, 1);
            byte[] bytes = ByteBuffer.allocate(4 + frame.remaining()).putInt(frame.remaining()).put(frame).array();
            other.sendBytes(Arrays.copyOf(bytes, 9_000));
            other.sendBytes(Arrays.copyOfRange(bytes, 9_000, bytes.length));
            other.receive(1, 5, ListGroupsResponseData.class);
        }
        try (RawClient patient = connect()) {
            Eventually.until(() -> "those who do not go on make room", () -> {
                try (RawClient large = connect()) {
                    large.sendBytes(ByteBuffer.allocate(900_000).putInt(1_000_000).array());
                    return !large.closedWithin(300);
                } catch (UncheckedIOException refused) {
                    return false;
                }
            });
            patient.call(new ListGroupsRequestData(), 5, ListGroupsResponseData.class);
        }
        greedy.forEach(RawClient::close);
        Eventually.until(() -> "what was held is free again", () -> server.heldBytes() == 0);
    }

    @Test
    void aServerThatWasNeverStartedLeavesItsPortsFree() throws IOException {
        start(100, 100, -1);
        NetworkServer never = new NetworkServer(new NetworkSettings(1, MAX_REQUEST_BYTES, -1, limits(10, 10), -1, -1, 50, MAX_BUFFER_BYTES), Clock.SYSTEM);
        int free = never.bind("FIRST", "localhost", 0);
        assertThrows(IOException.class, () -> never.bind("SECOND", "localhost", port));
        never.close();
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), free));
        }
    }

    @Test
    void connectionsPastTheLimitsAreClosedAndRoomIsMadeAgain() throws IOException {
        start(100, 2, -1);
        RawClient first = connect();
        try (RawClient second = connect()) {
            first.call(new ListGroupsRequestData(), 5, ListGroupsResponseData.class);
            second.call(new ListGroupsRequestData(), 5, ListGroupsResponseData.class);
            try (RawClient third = connect()) {
                assertTrue(third.closed());
            }
            first.close();
            Eventually.until(() -> "there is room again", () -> {
                try (RawClient fourth = connect()) {
                    return !fourth.closedWithin(200);
                }
            });
        }
    }

    @Test
    void otherLimitsCountFromTheNextConnectionOn() throws IOException {
        start(100, 100, -1);
        try (RawClient first = connect()) {
            first.call(new ListGroupsRequestData(), 5, ListGroupsResponseData.class);
            server.limit(limits(100, 0), 2);
            try (RawClient second = connect()) {
                assertTrue(second.closed());
            }
            InetAddress peer = InetAddress.getByName("localhost");
            server.limit(new ConnectionLimits(100, 0, Map.of(peer, 2), Integer.MAX_VALUE), 2);
            try (RawClient second = connect()) {
                second.call(new ListGroupsRequestData(), 5, ListGroupsResponseData.class);
            }
            first.call(new ListGroupsRequestData(), 5, ListGroupsResponseData.class);
        }
    }

    @Test
    void connectionsAreServedByMoreLoopsOrFewerWhenTheirNumberChanges() throws IOException {
        start(100, 100, -1);
        List<RawClient> all = new ArrayList<>();
        for (int threads : List.of(4, 1, 3)) {
            server.limit(limits(100, 100), threads);
            for (int i = 0; i < 4; i++) {
                all.add(connect());
            }
            all.forEach(client -> client.call(new ListGroupsRequestData(), 5, ListGroupsResponseData.class));
        }
        all.forEach(RawClient::close);
    }

    @Test
    void whoComesFasterThanAllowedWaitsAndIsServed() throws IOException {
        start(100, 100, -1);
        server.limit(new ConnectionLimits(100, 100, Map.of(), 2), 2);
        long start = System.nanoTime();
        List<RawClient> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            all.add(connect());
            all.getLast().call(new ListGroupsRequestData(), 5, ListGroupsResponseData.class);
        }
        // Two at once, and half a second for each of the others.
        assertTrue(System.nanoTime() - start >= 1_400_000_000L);
        all.forEach(RawClient::close);
    }

    @Test
    void idleConnectionsAreClosedButNotWhileARequestIsInHand() throws IOException {
        start(100, 100, 2_000);
        try (RawClient waiting = connect()) {
            int id = waiting.send(heartbeat(), 4);
            Eventually.until(() -> "the request is in hand", () -> parked.size() == 1);
            try (RawClient idle = connect()) {
                assertTrue(idle.closed());
            }
            parked.poll().reply(new HeartbeatResponseData());
            waiting.receive(id, 4, HeartbeatResponseData.class);
        }
    }

    @Test
    void aClientThatDoesNotTakeItsRepliesIsClosedAsIdle() throws IOException {
        start(100, 1, 1_000);
        fetched = ByteBuffer.allocate(8_000_000);
        try (RawClient stuck = connect()) {
            for (int i = 0; i < 3; i++) {
                stuck.send(new FetchRequestData(), 12);
            }
            Eventually.until(() -> "its place is free", () -> {
                try (RawClient next = connect()) {
                    return !next.closedWithin(200);
                }
            });
        }
    }

    @Test
    void aHandlerThatFailsClosesItsConnectionOnly() throws IOException {
        start(100, 100, -1);
        try (RawClient bad = connect(); RawClient healthy = connect()) {
            bad.send(new org.apache.kafka.common.message.ApiVersionsRequestData(), 0);
            assertTrue(bad.closed());
            healthy.call(new ListGroupsRequestData(), 5, ListGroupsResponseData.class);
        }
    }

    private static HeartbeatRequestData heartbeat() {
        return new HeartbeatRequestData().setGroupId("g").setMemberId("m");
    }

    private static byte[] bytes(MemoryRecords records) {
        byte[] bytes = new byte[records.sizeInBytes()];
        records.buffer().get(bytes);
        return bytes;
    }
}
