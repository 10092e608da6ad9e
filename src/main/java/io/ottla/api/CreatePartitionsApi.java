// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.Topic;
import java.util.HashSet;
import java.util.Set;
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
 * INVALID_REPLICA_ASSIGNMENT, INVALID_REQUEST (named twice), POLICY_VIOLATION (more than 10,000 new partitions asked for),
 * KAFKA_STORAGE_ERROR.
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
        Blocking.run(request, () -> {
            CreatePartitionsResponseData reply = new CreatePartitionsResponseData();
            Set<String> seen = new HashSet<>();
            long additional = body.topics().stream().mapToLong(this::additional).sum();
            body.topics().forEach(asked -> reply.results().add(grow(asked, seen, additional, body.validateOnly())));
            request.reply(reply);
        });
    }

    private long additional(CreatePartitionsTopic asked) {
        Topic topic = admin.catalog().topics().get(asked.name());
        return topic == null ? 0 : Math.max(0, asked.count() - topic.partitions().size());
    }

    private CreatePartitionsTopicResult grow(CreatePartitionsTopic asked, Set<String> seen, long additional, boolean validateOnly) {
        CreatePartitionsTopicResult result = new CreatePartitionsTopicResult().setName(asked.name());
        try {
            PartitionLimit.check(additional, "additional partitions");
            if (!seen.add(asked.name())) {
                throw new InvalidRequestException("Duplicate topic name.");
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
