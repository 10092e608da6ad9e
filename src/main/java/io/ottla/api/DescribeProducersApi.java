// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.message.DescribeProducersResponseData.TopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeProducers, 0 (KIP-664): the idempotent producers that a partition remembers. Errors per partition: UNKNOWN_TOPIC_OR_PARTITION,
 * INVALID_TOPIC_EXCEPTION, KAFKA_STORAGE_ERROR.
 */
final class DescribeProducersApi implements Api<DescribeProducersRequestData> {
    private final TopicCatalog catalog;

    DescribeProducersApi(TopicCatalog catalog) {
        this.catalog = catalog;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DESCRIBE_PRODUCERS;
    }

    @Override
    public void answer(DescribeProducersRequestData body, Request request) {
        DescribeProducersResponseData reply = new DescribeProducersResponseData();
        body.topics().forEach(asked -> {
            TopicResponse answered = new TopicResponse().setName(asked.name());
            asked.partitionIndexes().forEach(index -> answered.partitions().add(describe(asked.name(), index)));
            reply.topics().add(answered);
        });
        request.reply(reply);
    }

    private PartitionResponse describe(String name, int index) {
        PartitionResponse response = new PartitionResponse().setPartitionIndex(index);
        if (!org.apache.kafka.common.internals.Topic.isValid(name)) {
            return response.setErrorCode(Errors.INVALID_TOPIC_EXCEPTION.code());
        }
        Topic topic = catalog.topics().get(name);
        if (topic == null || index < 0 || index >= topic.partitions().size()) {
            return response.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        }
        try {
            topic.partitions().get(index).describe().producers().forEach(state -> response.activeProducers().add(new ProducerState()
                    .setProducerId(state.producerId())
                    .setProducerEpoch(state.producerEpoch())
                    .setCoordinatorEpoch(state.coordinatorEpoch())
                    .setLastSequence(state.lastSequence())
                    .setLastTimestamp(state.lastTimestampMs())
                    .setCurrentTxnStartOffset(state.currentTransactionStartOffset())));
            return response;
        } catch (ApiException e) {
            return response.setErrorCode(Errors.forException(e).code());
        }
    }
}
