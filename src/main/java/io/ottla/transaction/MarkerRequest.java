// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarkerTopic;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerPartitionResult;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerResult;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerTopicResult;
import org.apache.kafka.common.protocol.Errors;

/** One WriteTxnMarkers request under way. Its markers end whatever the partitions have open, whoever coordinates it. */
final class MarkerRequest {
    private final WriteTxnMarkersRequestData request;
    private final Consumer<WriteTxnMarkersResponseData> reply;
    private final WriteTxnMarkersResponseData response = new WriteTxnMarkersResponseData();
    private final AtomicInteger open;

    MarkerRequest(WriteTxnMarkersRequestData request, Consumer<WriteTxnMarkersResponseData> reply) {
        this.request = request;
        this.reply = reply;
        open = new AtomicInteger((int) request.markers().stream().filter(MarkerRequest::hasPartitions).count());
    }

    private static boolean hasPartitions(WritableTxnMarker marker) {
        return marker.topics().stream().anyMatch(topic -> !topic.partitionIndexes().isEmpty());
    }

    void write(MarkerWriter writer, long nowMs) {
        if (open.get() == 0) {
            reply.accept(response);
        }
        for (WritableTxnMarker marker : request.markers().stream().filter(MarkerRequest::hasPartitions).toList()) {
            MarkerOrder order = new MarkerOrder(null, marker.producerId(), marker.producerEpoch(), marker.transactionResult(), partitions(marker), nowMs, null);
            boolean raisesEpoch = marker.transactionVersion() >= Transaction.SECOND_PROTOCOL;
            writer.write(order, marker.coordinatorEpoch(), raisesEpoch, failed -> written(marker, failed));
        }
    }

    private static Set<TopicPartition> partitions(WritableTxnMarker marker) {
        Set<TopicPartition> partitions = new HashSet<>();
        marker.topics().forEach(topic -> topic.partitionIndexes().forEach(index -> partitions.add(new TopicPartition(topic.name(), index))));
        return partitions;
    }

    private void written(WritableTxnMarker marker, Map<TopicPartition, Errors> failed) {
        List<WritableTxnMarkerTopicResult> topics = marker.topics().stream().map(topic -> result(topic, failed)).toList();
        synchronized (response) {
            response.markers().add(new WritableTxnMarkerResult().setProducerId(marker.producerId()).setTopics(topics));
        }
        if (open.decrementAndGet() == 0) {
            reply.accept(response);
        }
    }

    private static WritableTxnMarkerTopicResult result(WritableTxnMarkerTopic topic, Map<TopicPartition, Errors> failed) {
        return new WritableTxnMarkerTopicResult().setName(topic.name()).setPartitions(topic.partitionIndexes().stream()
                .map(index -> new WritableTxnMarkerPartitionResult().setPartitionIndex(index)
                        .setErrorCode(failed.getOrDefault(new TopicPartition(topic.name(), index), Errors.NONE).code())).toList());
    }
}
