// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.InternalTopics;
import io.ottla.topic.Partition;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * DescribeTopicPartitions, 0 (KIP-966): topics in the order of their names, at most a limited number of partitions a reply, and
 * a cursor to go on from. No topics asked for means all. Errors per topic: UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION;
 * INVALID_REQUEST for a cursor that makes no sense.
 */
final class DescribeTopicPartitionsApi implements Api<DescribeTopicPartitionsRequestData> {
    /** Kafka's max.request.partition.size.limit. */
    private static final int MOST_PARTITIONS = 2000;

    private final Cluster cluster;
    private final TopicCatalog catalog;

    DescribeTopicPartitionsApi(Cluster cluster, TopicCatalog catalog) {
        this.cluster = cluster;
        this.catalog = catalog;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DESCRIBE_TOPIC_PARTITIONS;
    }

    @Override
    public void answer(DescribeTopicPartitionsRequestData body, Request request) {
        TreeSet<String> names = names(body);
        check(body, names);
        DescribeTopicPartitionsResponseData reply = new DescribeTopicPartitionsResponseData();
        int room = Math.clamp(body.responsePartitionLimit(), 1, MOST_PARTITIONS);
        String from = body.cursor() == null ? "" : body.cursor().topicName();
        for (String name : names.tailSet(from)) {
            int first = body.cursor() != null && name.equals(from) ? body.cursor().partitionIndex() : 0;
            if (room == 0) {
                reply.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(first));
                break;
            }
            Topic topic = catalog.topics().get(name);
            if (topic == null) {
                reply.topics().add(unknown(name));
                continue;
            }
            int count = topic.partitions().size();
            int end = Math.min(count, first + room);
            reply.topics().add(describe(topic, first < end ? topic.partitions().subList(first, end) : List.of()));
            if (end < count) {
                reply.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(end));
                break;
            }
            room -= Math.max(0, end - first);
        }
        request.reply(reply);
    }

    private TreeSet<String> names(DescribeTopicPartitionsRequestData body) {
        Collection<String> asked = body.topics().isEmpty()
                ? catalog.topics().keySet()
                : body.topics().stream().map(TopicRequest::name).toList();
        return new TreeSet<>(asked);
    }

    private static void check(DescribeTopicPartitionsRequestData body, Set<String> names) {
        if (body.cursor() == null) {
            return;
        }
        if (body.cursor().partitionIndex() < 0) {
            throw new InvalidRequestException("The cursor points to partition " + body.cursor().partitionIndex());
        }
        if (!body.topics().isEmpty() && !names.contains(body.cursor().topicName())) {
            throw new InvalidRequestException("The cursor points to a topic that is not asked for");
        }
    }

    private DescribeTopicPartitionsResponseTopic describe(Topic topic, List<Partition> partitions) {
        List<Integer> self = List.of(cluster.nodeId());
        DescribeTopicPartitionsResponseTopic described = new DescribeTopicPartitionsResponseTopic()
                .setName(topic.name()).setTopicId(topic.id()).setIsInternal(topic.internal())
                .setTopicAuthorizedOperations(Operations.ON_TOPIC);
        for (Partition partition : partitions) {
            Leaders.Leader leader = Leaders.of(partition, cluster.nodeId());
            described.partitions().add(new DescribeTopicPartitionsResponsePartition()
                    .setErrorCode(leader.error().code())
                    .setPartitionIndex(partition.id().index())
                    .setLeaderId(leader.id())
                    .setLeaderEpoch(leader.epoch())
                    .setReplicaNodes(self)
                    .setIsrNodes(leader.id() < 0 ? List.of() : self)
                    .setEligibleLeaderReplicas(List.of())
                    .setLastKnownElr(List.of())
                    .setOfflineReplicas(leader.id() < 0 ? self : List.of()));
        }
        return described;
    }

    private static DescribeTopicPartitionsResponseTopic unknown(String name) {
        return new DescribeTopicPartitionsResponseTopic().setErrorCode(TopicNames.errorOfUnknown(name).code()).setName(name)
                .setIsInternal(InternalTopics.NAMES.contains(name)).setTopicAuthorizedOperations(Operations.ON_TOPIC);
    }
}
