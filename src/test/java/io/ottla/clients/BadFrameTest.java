// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import io.ottla.testkit.RawClient;
import io.ottla.testkit.SampleRequests;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames that are no requests: the connection is closed where Kafka closes it, and other connections do not notice. */
@ExtendWith(BrokerUnderTest.Extension.class)
class BadFrameTest {
    private final BrokerUnderTest broker;
    private final RawClient raw;
    private final RawClient healthy;

    BadFrameTest(BrokerUnderTest broker) {
        this.broker = broker;
        raw = RawClient.connect(broker.bootstrapServers());
        healthy = RawClient.connect(broker.bootstrapServers());
        assertWorks(healthy);
    }

    @AfterEach
    void otherConnectionsDidNotNotice() {
        assertWorks(healthy);
        healthy.close();
        raw.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0x7fff_fff0, 104_857_601, 0x4745_5420})
    void aLengthThatNoRequestHasClosesTheConnection(int length) {
        raw.sendBytes(ByteBuffer.allocate(12).putInt(length).putLong(0).array());
        assertTrue(raw.closed());
    }

    @Test
    void anEmptyFrameClosesTheConnection() {
        raw.sendBytes(new byte[4]);
        assertTrue(raw.closed());
    }

    @Test
    void aFrameTooShortForAHeaderClosesTheConnection() {
        raw.sendFrame(ByteBuffer.wrap(new byte[] {0, 18, 0}));
        assertTrue(raw.closed());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void garbageClosesTheConnection(long seed) {
        byte[] garbage = new byte[200];
        new Random(seed).nextBytes(garbage);
        garbage[0] |= 0x40;
        raw.sendFrame(ByteBuffer.wrap(garbage));
        assertTrue(raw.closed(), () -> "seed " + seed);
    }

    @Test
    void anUnknownApiClosesTheConnection() {
        raw.sendFrame(ByteBuffer.allocate(14).putShort((short) 9_999).putShort((short) 0).putInt(1).putShort((short) 4).put("test".getBytes(StandardCharsets.UTF_8)).flip());
        assertTrue(raw.closed());
    }

    @Test
    void anUnsupportedVersionOfApiVersionsIsAnsweredInVersion0() {
        ByteBuffer frame = RawClient.encode(new ApiVersionsRequestData().setClientSoftwareName("a").setClientSoftwareVersion("1"), (short) 4, 77);
        frame.putShort(2, (short) 99);
        raw.sendFrame(frame);
        ApiVersionsResponseData response = raw.receive(77, 0, ApiVersionsResponseData.class);
        assertEquals(Errors.UNSUPPORTED_VERSION.code(), response.errorCode());
        var advertised = response.apiKeys().find(ApiKeys.API_VERSIONS.id);
        assertEquals(0, advertised.minVersion());
        assertEquals(ApiKeys.API_VERSIONS.latestVersion(false), advertised.maxVersion());
        assertWorks(raw);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 2, 99})
    void anUnsupportedVersionOfAnotherApiClosesTheConnection(int version) {
        ByteBuffer frame = RawClient.encode(new SampleRequests("t", Uuid.ZERO_UUID, "g").of(ApiKeys.PRODUCE, 9), (short) 9, 1);
        frame.putShort(2, (short) version);
        raw.sendFrame(frame);
        assertTrue(raw.closed());
    }

    @ParameterizedTest
    @MethodSource("apis")
    void aTruncatedRequestClosesTheConnection(ApiKeys api) {
        int version = api.latestVersion(false);
        ByteBuffer whole = RawClient.encode(new SampleRequests("topic", Uuid.randomUuid(), "group").of(api, version), (short) version, 1);
        List<Integer> answered = new ArrayList<>();
        int headerBytes = 8 + 2 + "raw-client".length() + 1;
        for (int length = headerBytes; length < whole.remaining(); length = Math.max(length + 1, length + whole.remaining() / 8)) {
            try (RawClient connection = RawClient.connect(broker.bootstrapServers())) {
                connection.sendFrame(whole.duplicate().limit(length));
                if (!connection.closed()) {
                    answered.add(length);
                }
            }
        }
        assertEquals(List.of(), answered, () -> "of " + whole.remaining() + " bytes");
    }

    @Test
    void anArrayLengthBeyondTheFrameClosesTheConnection() {
        ByteBuffer frame = RawClient.encode(new MetadataRequestData().setTopics(List.of()), (short) 1, 1);
        frame.putInt(frame.limit() - 4, Integer.MAX_VALUE);
        raw.sendFrame(frame);
        assertTrue(raw.closed());
    }

    @Test
    void aFrameInManyPiecesIsARequestAllTheSame() throws InterruptedException {
        ByteBuffer frame = RawClient.encode(new ApiVersionsRequestData(), (short) 0, 5);
        byte[] bytes = ByteBuffer.allocate(4 + frame.remaining()).putInt(frame.remaining()).put(frame).array();
        for (byte b : bytes) {
            raw.sendBytes(new byte[] {b});
            Thread.sleep(1);
        }
        assertEquals(Errors.NONE.code(), raw.receive(5, 0, ApiVersionsResponseData.class).errorCode());
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() {
        try (Clients clients = new Clients(broker)) {
            String topic = clients.topic("pipeline", 1);
            Uuid id = Clients.await(clients.admin().describeTopics(List.of(topic)).allTopicNames()).get(topic).topicId();
            SampleRequests samples = new SampleRequests(topic, id, "group");
            List<Integer> ids = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                ids.add(raw.send(samples.of(ApiKeys.PRODUCE, 13), 13));
                ids.add(raw.send(samples.of(ApiKeys.FETCH, 17), 17));
                ids.add(raw.send(samples.of(ApiKeys.METADATA, 13), 13));
            }
            for (int i = 0; i < 50; i++) {
                var produced = raw.receive(ids.get(3 * i), 13, ProduceResponseData.class);
                assertEquals(2L * i, produced.responses().iterator().next().partitionResponses().getFirst().baseOffset());
                raw.receive(ids.get(3 * i + 1), 17, FetchResponseData.class);
                raw.receive(ids.get(3 * i + 2), 13, MetadataResponseData.class);
            }
        }
    }

    @Test
    void aClientThatSaysGoodbyeAfterItsRequestMayStillBeAnsweredOrNotButHarmsNobody() {
        raw.send(new ApiVersionsRequestData(), 0);
        raw.shutdownOutput();
        try {
            raw.receiveFrame();
        } catch (UncheckedIOException e) {
            assertTrue(RawClient.isClosedByPeer(e), e::toString);
        }
    }

    @Test
    void manyConnectionsThatSayNothingHarmNobody() {
        List<RawClient> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 200; i++) {
                silent.add(RawClient.connect(broker.bootstrapServers()));
                silent.getLast().sendBytes(new byte[] {0, 0});
            }
            assertWorks(healthy);
            assertThrows(UncheckedIOException.class, () -> RawClient.connect("localhost:1"));
        } finally {
            silent.forEach(RawClient::close);
        }
    }

    static List<ApiKeys> apis() {
        return SampleRequests.APIS.stream().filter(api -> api != ApiKeys.API_VERSIONS).toList();
    }

    private static void assertWorks(RawClient connection) {
        var metadata = connection.call(new MetadataRequestData().setTopics(List.of()), 12, MetadataResponseData.class);
        assertEquals(1, metadata.brokers().size());
    }
}
