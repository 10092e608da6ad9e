// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicConfig;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;

/**
 * CreateTopics, 2 to 7, also as a dry run. Errors per topic: TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION,
 * INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR (more than this one broker), INVALID_REPLICA_ASSIGNMENT, INVALID_CONFIG,
 * INVALID_REQUEST (named twice, counts beside an assignment, or a reserved name), POLICY_VIOLATION (too many at once), KAFKA_STORAGE_ERROR.
 */
final class CreateTopicsApi implements Api<CreateTopicsRequestData> {
    private final TopicAdmin admin;

    CreateTopicsApi(TopicAdmin admin) {
        this.admin = admin;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.CREATE_TOPICS;
    }

    @Override
    public void answer(CreateTopicsRequestData body, Request request) {
        Blocking.run(request, body, () -> request.reply(reply(body)));
    }

    private CreateTopicsResponseData reply(CreateTopicsRequestData body) {
        PartitionLimit.check(body.topics().stream().mapToLong(this::partitionsAsked).sum(), "partitions");
        CreateTopicsResponseData reply = new CreateTopicsResponseData();
        Set<String> repeated = repeatedNames(body);
        repeated.forEach(name -> reply.topics().add(failure(name, new InvalidRequestException("Duplicate topic name."))));
        for (CreatableTopic asked : body.topics()) {
            if (!repeated.contains(asked.name())) {
                reply.topics().add(create(asked, body.validateOnly()));
            }
        }
        return reply;
    }

    private long partitionsAsked(CreatableTopic asked) {
        if (!asked.assignments().isEmpty()) {
            return asked.assignments().size();
        }
        return asked.numPartitions() == -1 ? admin.defaultPartitions() : Math.max(0, asked.numPartitions());
    }

    private static Set<String> repeatedNames(CreateTopicsRequestData body) {
        Set<String> seen = new HashSet<>();
        Set<String> repeated = new HashSet<>();
        body.topics().forEach(asked -> {
            if (!seen.add(asked.name())) {
                repeated.add(asked.name());
            }
        });
        return repeated;
    }

    private CreatableTopicResult create(CreatableTopic asked, boolean validateOnly) {
        try {
            org.apache.kafka.common.internals.Topic.validate(asked.name());
            if (asked.name().equals(org.apache.kafka.common.internals.Topic.CLUSTER_METADATA_TOPIC_NAME)) {
                throw new InvalidRequestException("Creation of internal topic " + asked.name() + " is prohibited.");
            }
            if (admin.catalog().topics().containsKey(asked.name())) {
                throw new TopicExistsException("Topic '" + asked.name() + "' already exists.");
            }
            int partitions = partitions(asked);
            Map<String, String> configs = configs(asked);
            TopicConfig config = TopicConfig.of(admin.topicDefaults(), configs);
            CreatableTopicResult result = new CreatableTopicResult().setName(asked.name()).setErrorMessage(null).setTopicId(Uuid.randomUuid())
                    .setNumPartitions(partitions).setReplicationFactor((short) 1);
            if (!validateOnly) {
                Topic topic = admin.catalog().create(asked.name(), partitions, configs);
                result.setTopicId(topic.id());
                config = topic.config();
            }
            return describe(result, config);
        } catch (ApiException e) {
            return failure(asked.name(), e);
        }
    }

    private int partitions(CreatableTopic asked) {
        if (!asked.assignments().isEmpty()) {
            return assignedPartitions(asked);
        }
        if (asked.numPartitions() == 0 || asked.numPartitions() < -1) {
            throw new InvalidPartitionsException("Number of partitions was set to an invalid non-positive value.");
        }
        if (asked.replicationFactor() == 0 || asked.replicationFactor() < -1) {
            throw new InvalidReplicationFactorException("Replication factor must be larger than 0, or -1 to use the default value.");
        }
        if (asked.replicationFactor() > 1) {
            throw new InvalidReplicationFactorException("Unable to replicate the partition " + asked.replicationFactor()
                    + " time(s): The target replication factor of " + asked.replicationFactor()
                    + " cannot be reached because only 1 broker(s) are registered or some brokers have all their log directories cordoned.");
        }
        return asked.numPartitions() == -1 ? admin.defaultPartitions() : asked.numPartitions();
    }

    private int assignedPartitions(CreatableTopic asked) {
        if (asked.replicationFactor() != -1) {
            throw new InvalidRequestException("A manual partition assignment was specified, but replication factor was not set to -1.");
        }
        if (asked.numPartitions() != -1) {
            throw new InvalidRequestException("A manual partition assignment was specified, but numPartitions was not set to -1.");
        }
        Set<Integer> indexes = new HashSet<>();
        for (CreatableReplicaAssignment assignment : asked.assignments()) {
            ManualAssignment.check(assignment.brokerIds(), admin.cluster().nodeId());
            indexes.add(assignment.partitionIndex());
        }
        for (int i = 0; i < asked.assignments().size(); i++) {
            if (!indexes.contains(i)) {
                throw new InvalidReplicaAssignmentException("partitions should be a consecutive 0-based integer sequence");
            }
        }
        return indexes.size();
    }

    private static Map<String, String> configs(CreatableTopic asked) {
        Map<String, String> configs = new HashMap<>();
        asked.configs().forEach(config -> {
            if (config.value() == null) {
                throw new InvalidConfigurationException("Null value not supported for topic configs: " + config.name());
            }
            configs.put(config.name(), config.value());
        });
        return configs;
    }

    /** All configs by name; those that were set as they were written, even those that are not shown elsewhere. */
    private CreatableTopicResult describe(CreatableTopicResult result, TopicConfig config) {
        Map<String, CreatableTopicConfigs> configs = new TreeMap<>();
        ConfigDescriptions.ofTopic(admin, config).forEach(entry -> configs.put(entry.name(), new CreatableTopicConfigs()
                .setName(entry.name()).setValue(entry.value()).setConfigSource(entry.source().id())));
        config.overrides().forEach((name, value) -> configs.put(name, new CreatableTopicConfigs()
                .setName(name).setValue(value).setConfigSource(ConfigSource.TOPIC_CONFIG.id())));
        return result.setConfigs(List.copyOf(configs.values()));
    }

    private static CreatableTopicResult failure(String name, ApiException e) {
        return new CreatableTopicResult().setName(name).setErrorCode(Errors.forException(e).code()).setErrorMessage(e.getMessage());
    }
}
