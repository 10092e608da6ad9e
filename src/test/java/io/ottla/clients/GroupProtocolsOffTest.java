// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.broker.Ottla;
import io.ottla.testkit.RawClient;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.ShareGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ShareGroupHeartbeatResponseData;
import org.apache.kafka.common.message.StreamsGroupDescribeRequestData;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** group.coordinator.rebalance.protocols turns the protocols of consumer and streams groups off; share groups it does not, as in Kafka. */
class GroupProtocolsOffTest {
    private static final short REFUSED = Errors.UNSUPPORTED_VERSION.code();

    @AutoClose
    private final Ottla broker = Ottla.startTemporary(Map.of("group.coordinator.rebalance.protocols", "classic"));

    @AutoClose
    private final RawClient client = RawClient.connect(broker.bootstrapServers());

    @Test
    void heartbeatsAreRefusedBeforeTheyAreLookedAt() {
        assertEquals(new ConsumerGroupHeartbeatResponseData().setErrorCode(REFUSED), client.call(new ConsumerGroupHeartbeatRequestData(), 1, ConsumerGroupHeartbeatResponseData.class));
        assertEquals(new StreamsGroupHeartbeatResponseData().setErrorCode(REFUSED), client.call(new StreamsGroupHeartbeatRequestData(), 0, StreamsGroupHeartbeatResponseData.class));
    }

    @Test
    void descriptionsSaySoOfEveryGroup() {
        ConsumerGroupDescribeResponseData consumers =
                client.call(new ConsumerGroupDescribeRequestData().setGroupIds(List.of("a", "b")), 1, ConsumerGroupDescribeResponseData.class);
        assertEquals(List.of("a " + REFUSED, "b " + REFUSED), consumers.groups().stream().map(group -> group.groupId() + " " + group.errorCode()).toList());
        StreamsGroupDescribeResponseData streams =
                client.call(new StreamsGroupDescribeRequestData().setGroupIds(List.of("c")), 0, StreamsGroupDescribeResponseData.class);
        assertEquals(List.of("c " + REFUSED), streams.groups().stream().map(group -> group.groupId() + " " + group.errorCode()).toList());
    }

    @Test
    void shareGroupsStayOn() {
        ShareGroupHeartbeatResponseData answer = client.call(new ShareGroupHeartbeatRequestData(), 1, ShareGroupHeartbeatResponseData.class);
        assertEquals(Errors.INVALID_REQUEST.code(), answer.errorCode());
    }
}
