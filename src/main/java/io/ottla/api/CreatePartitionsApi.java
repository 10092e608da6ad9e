// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.Topic;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * CreatePartitions, 0 to 3, also as a dry run. Errors per topic: UNKNOWN_TOPIC_OR_PARTITION, INVALID_PARTITIONS,
 * INVALID_REPLICA_ASSIGNMENT, INVALID_REQUEST (named twice), POLICY_VIOLATION (too many at once), KAFKA_STORAGE_ERROR.
 */
final class CreatePartitionsApi implements Api<CreatePartitionsRequestData> {
    private final TopicAdmin admin;

    CreatePartitionsApi(TopicAdmin admin) {
        this.admin = admin;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.CREATE_PARTITIONS;
    }

    @Override
    public void answer(CreatePartitionsRequestData body, Request request) {
        Blocking.run(request, body, () -> {
            checkSum(body);
            CreatePartitionsResponseData reply = new CreatePartitionsResponseData();
            Map<String, List<CreatePartitionsTopic>> byName = body.topics().stream()
                    .collect(Collectors.groupingBy(CreatePartitionsTopic::name, LinkedHashMap::new, Collectors.toList()));
            byName.values().forEach(same -> reply.results().add(grow(same, body.validateOnly())));
            request.reply(reply);
        });
    }

    private void checkSum(CreatePartitionsRequestData body) {
        long sum = 0;
        for (CreatePartitionsTopic asked : body.topics()) {
            Topic topic = admin.catalog().topics().get(asked.name());
            sum += topic == null ? 0 : Math.max(0, asked.count() - topic.partitions().size());
        }
        PartitionLimit.check(sum, "additional partitions");
    }

    private CreatePartitionsTopicResult grow(List<CreatePartitionsTopic> same, boolean validateOnly) {
        CreatePartitionsTopic asked = same.getFirst();
        CreatePartitionsTopicResult result = new CreatePartitionsTopicResult().setName(asked.name());
        try {
            if (same.size() > 1) {
                throw new InvalidRequestException("the topic is named more than once");
            }
            check(asked);
            if (!validateOnly) {
                admin.catalog().grow(asked.name(), asked.count());
            }
            return result;
        } catch (ApiException e) {
            return result.setErrorCode(Errors.forException(e).code()).setErrorMessage(e.getMessage());
        }
    }

    private void check(CreatePartitionsTopic asked) {
        Topic topic = admin.catalog().topics().get(asked.name());
        if (topic == null) {
            throw new UnknownTopicOrPartitionException();
        }
        int now = topic.partitions().size();
        if (asked.count() == now) {
            throw new InvalidPartitionsException("Topic already has " + now + " partition(s).");
        }
        if (asked.count() < now) {
            throw new InvalidPartitionsException("The topic " + asked.name() + " currently has " + now + " partition(s); "
                    + asked.count() + " would not be an increase.");
        }
        if (asked.assignments() != null) {
            if (asked.assignments().size() != asked.count() - now) {
                throw new InvalidReplicaAssignmentException("Attempted to add " + (asked.count() - now)
                        + " additional partition(s), but only " + asked.assignments().size() + " assignment(s) were specified.");
            }
            asked.assignments().forEach(assignment -> ManualAssignment.check(assignment.brokerIds(), admin.cluster().nodeId()));
        }
    }
}
