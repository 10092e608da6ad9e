// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.InternalTopics;
import io.ottla.topic.Partition;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * Metadata, 0 to 13: brokers, topics and partition leaders. No topics asked for means all in version 0, none from 1 on,
 * where null means all. Topics may be named by id from version 12 on. A topic that does not exist is created where the
 * client (from version 4 on) and auto.create.topics.enable allow it, and unless it was deleted a moment ago and this is the first question for it.
 * Errors per topic: UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, INVALID_TOPIC_EXCEPTION; INVALID_REQUEST for ids before version 12.
 */
final class MetadataApi implements Api<MetadataRequestData> {
    private static final int FIRST_VERSION_WITH_IDS = 12;

    private final Cluster cluster;
    private final TopicCatalog catalog;
    private final TopicCreation creation;
    private final RecentDeletions deletions;

    MetadataApi(Cluster cluster, TopicCatalog catalog, TopicCreation creation) {
        this.cluster = cluster;
        this.catalog = catalog;
        this.creation = creation;
        deletions = new RecentDeletions(catalog);
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.METADATA;
    }

    @Override
    public void answer(MetadataRequestData body, Request request) {
        check(body, request.head().version());
        boolean creates = creation.enabled() && body.allowAutoTopicCreation() && !asksForAll(body, request.head().version())
                && body.topics().stream().anyMatch(asked -> asked.name() != null && !catalog.topics().containsKey(asked.name()));
        if (creates) {
            // Creating a topic waits for the disk.
            Blocking.run(request, body, () -> request.reply(reply(body, request)));
        } else {
            request.reply(reply(body, request));
        }
    }

    /** Versions 10 and 11 have a place for ids, but no meaning for it yet (KIP-516). */
    private static void check(MetadataRequestData body, short version) {
        boolean tooEarly = version < FIRST_VERSION_WITH_IDS && body.topics() != null
                && body.topics().stream().anyMatch(asked -> asked.name() == null || !asked.topicId().equals(Uuid.ZERO_UUID));
        if (tooEarly) {
            throw new InvalidRequestException("Metadata of version " + version + " finds topics by name only");
        }
    }

    private MetadataResponseData reply(MetadataRequestData body, Request request) {
        short version = request.head().version();
        Cluster.Endpoint endpoint = cluster.endpoint(request);
        MetadataResponseData reply = new MetadataResponseData().setClusterId(cluster.id()).setControllerId(cluster.nodeId());
        reply.brokers().add(new MetadataResponseBroker()
                .setNodeId(cluster.nodeId()).setHost(endpoint.host()).setPort(endpoint.port()).setRack(cluster.rack()));
        if (body.includeClusterAuthorizedOperations()) {
            reply.setClusterAuthorizedOperations(Operations.ON_CLUSTER);
        }
        if (asksForAll(body, version)) {
            catalog.topics().values().forEach(topic -> reply.topics().add(describe(topic, body)));
        } else {
            asked(body).forEach(asked -> reply.topics().add(find(asked, body)));
        }
        return reply;
    }

    /** Each topic once. Where one is named by its id, only ids count. */
    private static Set<MetadataRequestTopic> asked(MetadataRequestData body) {
        boolean byId = body.topics().stream().anyMatch(asked -> !asked.topicId().equals(Uuid.ZERO_UUID));
        Set<MetadataRequestTopic> topics = new LinkedHashSet<>();
        for (MetadataRequestTopic asked : body.topics()) {
            if (!byId) {
                topics.add(asked);
            } else if (!asked.topicId().equals(Uuid.ZERO_UUID)) {
                topics.add(new MetadataRequestTopic().setTopicId(asked.topicId()).setName(null));
            }
        }
        return topics;
    }

    private static boolean asksForAll(MetadataRequestData body, short version) {
        return body.topics() == null || version == 0 && body.topics().isEmpty();
    }

    private MetadataResponseTopic find(MetadataRequestTopic asked, MetadataRequestData body) {
        if (!asked.topicId().equals(Uuid.ZERO_UUID)) {
            Topic topic = catalog.find(asked.topicId());
            return topic != null ? describe(topic, body) : unknown(asked, Errors.UNKNOWN_TOPIC_ID, body);
        }
        if (asked.name() == null) {
            return unknown(asked, Errors.INVALID_REQUEST, body);
        }
        Topic topic = catalog.topics().get(asked.name());
        if (topic != null) {
            return describe(topic, body);
        }
        if (!creation.enabled() || !body.allowAutoTopicCreation() || InternalTopics.NAMES.contains(asked.name())
                || deletions.firstQuestionSince(asked.name())) {
            return unknown(asked, TopicNames.errorOfUnknown(asked.name()), body);
        }
        try {
            return describe(creation.findOrCreate(asked.name()), body);
        } catch (ApiException e) {
            return unknown(asked, Errors.forException(e), body);
        }
    }

    private MetadataResponseTopic unknown(MetadataRequestTopic asked, Errors error, MetadataRequestData body) {
        return new MetadataResponseTopic().setErrorCode(error.code()).setName(asked.name()).setTopicId(asked.topicId())
                .setIsInternal(asked.name() != null && InternalTopics.NAMES.contains(asked.name()))
                .setTopicAuthorizedOperations(body.includeTopicAuthorizedOperations() && asked.name() != null ? Operations.ON_TOPIC : Operations.NOT_ASKED);
    }

    private MetadataResponseTopic describe(Topic topic, MetadataRequestData body) {
        MetadataResponseTopic described = new MetadataResponseTopic()
                .setName(topic.name()).setTopicId(topic.id()).setIsInternal(topic.internal());
        if (body.includeTopicAuthorizedOperations()) {
            described.setTopicAuthorizedOperations(Operations.ON_TOPIC);
        }
        List<Integer> self = List.of(cluster.nodeId());
        for (Partition partition : topic.partitions()) {
            Leaders.Leader leader = Leaders.of(partition, cluster.nodeId());
            described.partitions().add(new MetadataResponsePartition()
                    .setErrorCode(leader.error().code())
                    .setPartitionIndex(partition.id().index())
                    .setLeaderId(leader.id())
                    .setLeaderEpoch(leader.epoch())
                    .setReplicaNodes(self)
                    .setIsrNodes(leader.id() < 0 ? List.of() : self)
                    .setOfflineReplicas(leader.id() < 0 ? self : List.of()));
        }
        return described;
    }
}
