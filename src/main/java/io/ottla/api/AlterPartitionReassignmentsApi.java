// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignableTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * AlterPartitionReassignments, 0 to 1 (KIP-455, KIP-860): with one broker a partition can only be asked to stay. Errors per
 * partition: UNKNOWN_TOPIC_OR_PARTITION, INVALID_REPLICA_ASSIGNMENT for any other replicas, NO_REASSIGNMENT_IN_PROGRESS for a
 * move to be cancelled.
 */
final class AlterPartitionReassignmentsApi implements Api<AlterPartitionReassignmentsRequestData> {
    private final TopicCatalog catalog;
    private final int nodeId;

    AlterPartitionReassignmentsApi(TopicCatalog catalog, int nodeId) {
        this.catalog = catalog;
        this.nodeId = nodeId;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.ALTER_PARTITION_REASSIGNMENTS;
    }

    @Override
    public void answer(AlterPartitionReassignmentsRequestData body, Request request) {
        AlterPartitionReassignmentsResponseData reply = new AlterPartitionReassignmentsResponseData()
                .setErrorMessage(body.topics().isEmpty() ? "" : null).setAllowReplicationFactorChange(body.allowReplicationFactorChange());
        body.topics().forEach(asked -> {
            ReassignableTopicResponse answered = new ReassignableTopicResponse().setName(asked.name());
            Topic topic = catalog.topics().get(asked.name());
            asked.partitions().forEach(partition -> answered.partitions().add(reassign(topic, partition)));
            reply.responses().add(answered);
        });
        request.reply(reply);
    }

    private ReassignablePartitionResponse reassign(Topic topic, ReassignablePartition asked) {
        ReassignablePartitionResponse answer = new ReassignablePartitionResponse().setPartitionIndex(asked.partitionIndex()).setErrorMessage(null);
        try {
            check(topic, asked);
            return answer;
        } catch (ApiException e) {
            return answer.setErrorCode(Errors.forException(e).code()).setErrorMessage(e.getMessage());
        }
    }

    private void check(Topic topic, ReassignablePartition asked) {
        if (topic == null || asked.partitionIndex() < 0 || asked.partitionIndex() >= topic.partitions().size()) {
            throw new UnknownTopicOrPartitionException("Unable to find partition " + asked.partitionIndex() + " of the topic.");
        }
        if (asked.replicas() == null) {
            throw new NoReassignmentInProgressException(null);
        }
        ManualAssignment.check(asked.replicas(), nodeId);
    }
}
