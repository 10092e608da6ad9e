// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ElectLeadersResponseData.ReplicaElectionResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * ElectLeaders, 0 to 2 (KIP-183, KIP-460): the one replica leads already. Errors per partition: ELECTION_NOT_NEEDED,
 * UNKNOWN_TOPIC_OR_PARTITION; PREFERRED_LEADER_NOT_AVAILABLE or ELIGIBLE_LEADERS_NOT_AVAILABLE if its storage is offline. Asked
 * for all partitions, it names the topics without those that need no election. INVALID_REQUEST for an unknown kind of election.
 */
final class ElectLeadersApi implements Api<ElectLeadersRequestData> {
    private final TopicCatalog catalog;
    private final int nodeId;

    ElectLeadersApi(TopicCatalog catalog, int nodeId) {
        this.catalog = catalog;
        this.nodeId = nodeId;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.ELECT_LEADERS;
    }

    @Override
    public void answer(ElectLeadersRequestData body, Request request) {
        if (body.electionType() < 0 || body.electionType() >= ElectionType.values().length) {
            throw new InvalidRequestException("Unknown election type " + body.electionType());
        }
        Errors offline = body.electionType() == ElectionType.PREFERRED.value
                ? Errors.PREFERRED_LEADER_NOT_AVAILABLE : Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE;
        ElectLeadersResponseData reply = new ElectLeadersResponseData();
        if (body.topicPartitions() == null) {
            catalog.topics().values().forEach(topic -> reply.replicaElectionResults().add(ofAll(topic, offline)));
        } else {
            body.topicPartitions().forEach(asked -> {
                ReplicaElectionResult result = new ReplicaElectionResult().setTopic(asked.topic());
                asked.partitions().forEach(index -> result.partitionResult().add(elect(asked.topic(), index, offline)));
                reply.replicaElectionResults().add(result);
            });
        }
        request.reply(reply);
    }

    private ReplicaElectionResult ofAll(Topic topic, Errors offline) {
        ReplicaElectionResult result = new ReplicaElectionResult().setTopic(topic.name());
        for (int index = 0; index < topic.partitions().size(); index++) {
            PartitionResult elected = elect(topic.name(), index, offline);
            if (elected.errorCode() != Errors.ELECTION_NOT_NEEDED.code()) {
                result.partitionResult().add(elected);
            }
        }
        return result;
    }

    private PartitionResult elect(String name, int index, Errors offline) {
        Topic topic = catalog.topics().get(name);
        if (topic == null || index < 0 || index >= topic.partitions().size()) {
            return result(index, Errors.UNKNOWN_TOPIC_OR_PARTITION, topic == null ? "No such topic as " + name : "No such partition as " + name + "-" + index);
        }
        Errors error = Leaders.of(topic.partitions().get(index), nodeId).id() == nodeId ? Errors.ELECTION_NOT_NEEDED : offline;
        return result(index, error, error.message());
    }

    private static PartitionResult result(int index, Errors error, String message) {
        return new PartitionResult().setPartitionId(index).setErrorCode(error.code()).setErrorMessage(message);
    }
}
