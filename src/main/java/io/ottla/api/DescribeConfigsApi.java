// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.Topic;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeConfigs, 1 to 4, of topics, of this broker and its loggers, of groups and of client metrics. Errors per resource: UNKNOWN_TOPIC_OR_PARTITION,
 * INVALID_REQUEST for another broker or another kind of resource.
 */
final class DescribeConfigsApi implements Api<DescribeConfigsRequestData> {
    private static final Set<ConfigResource.Type> KINDS = EnumSet.complementOf(EnumSet.of(ConfigResource.Type.UNKNOWN));

    private final TopicAdmin admin;
    private final GroupConfigs groupConfigs;

    DescribeConfigsApi(TopicAdmin admin, GroupConfigs groupConfigs) {
        this.admin = admin;
        this.groupConfigs = groupConfigs;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DESCRIBE_CONFIGS;
    }

    @Override
    public void answer(DescribeConfigsRequestData body, Request request) {
        if (body.resources().stream().anyMatch(resource -> !KINDS.contains(ConfigResource.Type.forId(resource.resourceType())))) {
            throw new InvalidRequestException("configs of an unknown kind of resource are asked for");
        }
        DescribeConfigsResponseData reply = new DescribeConfigsResponseData();
        for (DescribeConfigsResource resource : body.resources()) {
            DescribeConfigsResult result = new DescribeConfigsResult()
                    .setResourceType(resource.resourceType()).setResourceName(resource.resourceName());
            try {
                for (ConfigDescriptions.Entry entry : entries(resource)) {
                    if (resource.configurationKeys() == null || resource.configurationKeys().isEmpty()
                            || resource.configurationKeys().contains(entry.name())) {
                        result.configs().add(describe(entry, body));
                    }
                }
            } catch (ApiException e) {
                result.setErrorCode(Errors.forException(e).code()).setErrorMessage(e.getMessage());
            }
            reply.results().add(result);
        }
        request.reply(reply);
    }

    private List<ConfigDescriptions.Entry> entries(DescribeConfigsResource resource) {
        return switch (ConfigResource.Type.forId(resource.resourceType())) {
            case TOPIC -> {
                Topic topic = admin.catalog().topics().get(resource.resourceName());
                if (topic == null) {
                    org.apache.kafka.common.internals.Topic.validate(resource.resourceName());
                    throw new UnknownTopicOrPartitionException("");
                }
                yield ConfigDescriptions.ofTopic(admin, topic.config());
            }
            case BROKER -> ofBroker(resource.resourceName());
            case GROUP -> groupConfigs.describe(resource.resourceName());
            case CLIENT_METRICS -> ClientMetricsConfigs.describe(resource.resourceName(),
                    admin.catalog().configs(new ConfigResource(ConfigResource.Type.CLIENT_METRICS, resource.resourceName())));
            case BROKER_LOGGER -> {
                checkThisBroker(resource.resourceName());
                yield ConfigDescriptions.ofLoggers();
            }
            case UNKNOWN -> throw new InvalidRequestException(
                    "Unsupported resource type: " + ConfigResource.Type.forId(resource.resourceType()));
        };
    }

    private List<ConfigDescriptions.Entry> ofBroker(String name) {
        if (name.isEmpty()) {
            return ConfigDescriptions.ofAllBrokers(admin);
        }
        checkThisBroker(name);
        return ConfigDescriptions.ofBroker(admin);
    }

    private void checkThisBroker(String name) {
        if (!name.equals(Integer.toString(admin.cluster().nodeId()))) {
            throw new InvalidRequestException("Unexpected broker id, expected " + admin.cluster().nodeId() + ", but received " + name);
        }
    }

    private static DescribeConfigsResourceResult describe(ConfigDescriptions.Entry entry, DescribeConfigsRequestData body) {
        DescribeConfigsResourceResult result = new DescribeConfigsResourceResult()
                .setName(entry.name()).setValue(entry.value()).setReadOnly(entry.readOnly())
                .setConfigSource(entry.source().id()).setConfigType(entry.type().id())
                .setDocumentation(body.includeDocumentation() ? entry.documentation() : null);
        if (body.includeSynonyms()) {
            entry.synonyms().forEach(synonym -> result.synonyms().add(new DescribeConfigsSynonym()
                    .setName(synonym.name()).setValue(synonym.value()).setSource(synonym.source().id())));
        }
        return result;
    }
}
