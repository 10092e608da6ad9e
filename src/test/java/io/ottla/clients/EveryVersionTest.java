// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import io.ottla.testkit.RawClient;
import io.ottla.testkit.SampleRequests;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Old clients and new ones: each API speaks all versions that Apache Kafka 4.4 speaks. */
@ExtendWith(BrokerUnderTest.Extension.class)
class EveryVersionTest {
    private final Clients clients;
    private final RawClient raw;

    EveryVersionTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
        raw = RawClient.connect(broker.bootstrapServers());
    }

    @AfterEach
    void close() {
        raw.close();
        clients.close();
    }

    @Test
    void theAdvertisedVersionsAreThoseOfApacheKafka() {
        ApiVersionsResponseData response = raw.call(
                new ApiVersionsRequestData().setClientSoftwareName("test").setClientSoftwareVersion("1"), 4, ApiVersionsResponseData.class);
        assertEquals(Errors.NONE.code(), response.errorCode());
        List<String> wrong = new ArrayList<>();
        for (ApiKeys api : SampleRequests.APIS) {
            ApiVersion advertised = response.apiKeys().find(api.id);
            ApiVersion expected = api.toApiVersionForApiResponse(false, ListenerType.BROKER).orElseThrow();
            if (advertised == null || advertised.minVersion() != expected.minVersion() || advertised.maxVersion() != expected.maxVersion()) {
                wrong.add(api + ": " + advertised + " instead of " + expected);
            }
        }
        assertEquals(List.of(), wrong);
    }

    @ParameterizedTest
    @MethodSource("apis")
    void everyVersionIsAnswered(ApiKeys api) {
        String topic = clients.topic("versions", 1);
        clients.sendNumbers(topic, 0, 0, 4);
        Uuid id = Clients.await(clients.admin().describeTopics(List.of(topic)).allTopicNames()).get(topic).topicId();
        ApiVersion range = api.toApiVersionForApiResponse(false, ListenerType.BROKER).orElseThrow();
        // Produce advertises versions that it no longer speaks, for the sake of librdkafka (KAFKA-18659).
        for (int version = Math.max(range.minVersion(), api.oldestVersion()); version <= range.maxVersion(); version++) {
            SampleRequests samples = new SampleRequests(topic, id, Clients.unique("versions"));
            Class<? extends ApiMessage> type = api.messageType.newResponse().getClass();
            try {
                assertNotNull(raw.call(samples.of(api, version), version, type));
            } catch (RuntimeException e) {
                throw new AssertionError(api + " version " + version, e);
            }
        }
    }

    static List<ApiKeys> apis() {
        return List.copyOf(SampleRequests.APIS);
    }
}
