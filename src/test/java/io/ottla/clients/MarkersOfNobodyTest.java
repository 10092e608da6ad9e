// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.broker.Ottla;
import io.ottla.testkit.Clients;
import io.ottla.testkit.RawClient;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarkerTopic;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Markers that an operator writes by hand for a producer that can't be. */
class MarkersOfNobodyTest {
    @Test
    void theyAreRefusedAndThoseBesideThemAreWritten() {
        try (Ottla broker = Ottla.start();
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
                RawClient raw = RawClient.connect(broker.bootstrapServers())) {
            Clients.await(admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all());
            WriteTxnMarkersRequestData request = new WriteTxnMarkersRequestData()
                    .setMarkers(List.of(marker(-1, 0), marker(1, -1), marker(2, 0)));
            Map<Long, Errors> answers = new TreeMap<>();
            raw.call(request, 1, WriteTxnMarkersResponseData.class).markers().forEach(marker ->
                    answers.put(marker.producerId(), Errors.forCode(marker.topics().getFirst().partitions().getFirst().errorCode())));
            assertEquals(Map.of(-1L, Errors.UNKNOWN_SERVER_ERROR, 1L, Errors.UNKNOWN_SERVER_ERROR, 2L, Errors.NONE), answers);
        }
    }

    private static WritableTxnMarker marker(long producerId, int epoch) {
        return new WritableTxnMarker().setProducerId(producerId).setProducerEpoch((short) epoch)
                .setTopics(List.of(new WritableTxnMarkerTopic().setName("t").setPartitionIndexes(List.of(0))));
    }
}
