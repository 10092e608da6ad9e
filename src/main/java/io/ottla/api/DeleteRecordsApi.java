// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.Partition;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * DeleteRecords, 0 to 2: moves the log start; -1 means up to the high watermark. What was acknowledged before may be deleted.
 * Errors per partition: UNKNOWN_TOPIC_OR_PARTITION, OFFSET_OUT_OF_RANGE, POLICY_VIOLATION (the topic is only compacted),
 * INVALID_TOPIC_EXCEPTION (the topic is internal), KAFKA_STORAGE_ERROR.
 */
final class DeleteRecordsApi implements Api<DeleteRecordsRequestData> {
    private final TopicCatalog catalog;

    DeleteRecordsApi(TopicCatalog catalog) {
        this.catalog = catalog;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DELETE_RECORDS;
    }

    @Override
    public void answer(DeleteRecordsRequestData body, Request request) {
        Acknowledged.await(asked(body), () -> Blocking.run(request, body, () -> {
            DeleteRecordsResponseData reply = new DeleteRecordsResponseData();
            body.topics().forEach(asked -> {
                DeleteRecordsTopicResult result = new DeleteRecordsTopicResult().setName(asked.name());
                asked.partitions().forEach(partition -> result.partitions().add(delete(asked.name(), partition)));
                reply.topics().add(result);
            });
            request.reply(reply);
        }));
    }

    private List<Partition> asked(DeleteRecordsRequestData body) {
        List<Partition> partitions = new ArrayList<>();
        for (DeleteRecordsTopic asked : body.topics()) {
            Topic topic = catalog.topics().get(asked.name());
            asked.partitions().stream().filter(each -> exists(topic, each))
                    .forEach(each -> partitions.add(topic.partitions().get(each.partitionIndex())));
        }
        return partitions;
    }

    private static boolean exists(Topic topic, DeleteRecordsPartition asked) {
        return topic != null && asked.partitionIndex() >= 0 && asked.partitionIndex() < topic.partitions().size();
    }

    private DeleteRecordsPartitionResult delete(String name, DeleteRecordsPartition asked) {
        DeleteRecordsPartitionResult result = new DeleteRecordsPartitionResult().setPartitionIndex(asked.partitionIndex()).setLowWatermark(-1);
        Topic topic = catalog.topics().get(name);
        if (!exists(topic, asked)) {
            return result.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        }
        if (topic.internal()) {
            return result.setErrorCode(Errors.INVALID_TOPIC_EXCEPTION.code());
        }
        if (!topic.config().deleted() && topic.config().compacted()) {
            return result.setErrorCode(Errors.POLICY_VIOLATION.code());
        }
        try {
            return result.setLowWatermark(topic.partitions().get(asked.partitionIndex()).deleteRecordsBefore(asked.offset()));
        } catch (ApiException e) {
            return result.setErrorCode(Errors.forException(e).code());
        }
    }
}
