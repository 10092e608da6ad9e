// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Shards;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import io.ottla.wire.RequestContext;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartition;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopic;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.Errors;

/** OffsetFetch in its three shapes: one group (before 8), many groups by topic name (8 and 9), many groups by topic id (10). Safe for any thread. */
final class OffsetFetches {
    private static final short FIRST_WITH_GROUP_ERROR = 2;
    private static final short FIRST_WITH_GROUPS = 8;
    private static final short FIRST_BY_TOPIC_ID = 10;
    private static final long NO_OFFSET = -1;

    private final Shards<GroupCommand> shards;
    private final ToIntFunction<String> shardOf;
    private final TopicCatalog catalog;

    OffsetFetches(Shards<GroupCommand> shards, ToIntFunction<String> shardOf, TopicCatalog catalog) {
        this.shards = shards;
        this.shardOf = shardOf;
        this.catalog = catalog;
    }

    void fetch(RequestContext context, OffsetFetchRequestData request, Consumer<OffsetFetchResponseData> reply) {
        short version = context.apiVersion();
        if (version < FIRST_WITH_GROUPS) {
            fetch(only(request), request.requireStable(), false, group -> reply.accept(alone(request, group, version)));
            return;
        }
        List<OffsetFetchRequestGroup> groups = request.groups();
        if (groups.isEmpty()) {
            reply.accept(new OffsetFetchResponseData());
            return;
        }
        Gather<OffsetFetchResponseGroup> gather = new Gather<>(groups.size(), all -> reply.accept(new OffsetFetchResponseData().setGroups(all)));
        for (int i = 0; i < groups.size(); i++) {
            fetch(groups.get(i), request.requireStable(), version >= FIRST_BY_TOPIC_ID, gather.slot(i));
        }
    }

    private static OffsetFetchRequestGroup only(OffsetFetchRequestData request) {
        List<OffsetFetchRequestTopics> topics = null;
        if (request.topics() != null) {
            topics = new ArrayList<>();
            for (OffsetFetchRequestData.OffsetFetchRequestTopic each : request.topics()) {
                topics.add(new OffsetFetchRequestTopics().setName(each.name()).setPartitionIndexes(each.partitionIndexes()));
            }
        }
        return new OffsetFetchRequestGroup().setGroupId(request.groupId()).setTopics(topics);
    }

    private void fetch(OffsetFetchRequestGroup asked, boolean requireStable, boolean byId, Consumer<OffsetFetchResponseGroup> reply) {
        List<OffsetFetchResponseTopics> unknown = new ArrayList<>();
        Caller<OffsetFetchResponseGroup> caller = new OnceCaller<>(group -> {
            if (byId) {
                nameById(group);
            }
            if (group.errorCode() == Errors.NONE.code()) {
                group.topics().addAll(unknown);
            }
            reply.accept(group);
        }, error -> new OffsetFetchResponseGroup().setGroupId(asked.groupId()).setErrorCode(error.code()));
        shards.submit(shardOf.applyAsInt(asked.groupId()), new GroupCommand.FetchOffsets(asked.groupId(), asked.memberId(),
                asked.memberEpoch(), asked.topics() == null ? null : resolve(asked.topics(), byId, unknown), requireStable, caller));
    }

    private List<GroupCommand.TopicPartitions> resolve(
            List<OffsetFetchRequestTopics> asked, boolean byId, List<OffsetFetchResponseTopics> unknown) {
        List<GroupCommand.TopicPartitions> topics = new ArrayList<>(asked.size());
        for (OffsetFetchRequestTopics each : asked) {
            Topic topic = byId ? catalog.find(each.topicId()) : catalog.topics().get(each.name());
            if (topic == null && byId) {
                unknown.add(unknown(each));
            } else {
                Uuid id = topic == null ? Uuid.ZERO_UUID : topic.id();
                topics.add(new GroupCommand.TopicPartitions(topic == null ? each.name() : topic.name(), id, each.partitionIndexes()));
            }
        }
        return topics;
    }

    private static OffsetFetchResponseTopics unknown(OffsetFetchRequestTopics asked) {
        OffsetFetchResponseTopics topic = new OffsetFetchResponseTopics().setTopicId(asked.topicId());
        asked.partitionIndexes().forEach(index -> topic.partitions().add(new OffsetFetchResponsePartitions()
                .setPartitionIndex(index).setCommittedOffset(NO_OFFSET).setMetadata("").setErrorCode(Errors.UNKNOWN_TOPIC_ID.code())));
        return topic;
    }

    /** Gives each topic the id it has now, and leaves out those that are gone. */
    private void nameById(OffsetFetchResponseGroup group) {
        group.topics().removeIf(each -> !catalog.topics().containsKey(each.name()));
        group.topics().forEach(each -> each.setTopicId(catalog.topics().get(each.name()).id()));
    }

    private static OffsetFetchResponseData alone(OffsetFetchRequestData request, OffsetFetchResponseGroup group, short version) {
        OffsetFetchResponseData response = new OffsetFetchResponseData().setErrorCode(group.errorCode());
        if (group.errorCode() != Errors.NONE.code() && version < FIRST_WITH_GROUP_ERROR) {
            request.topics().forEach(each -> response.topics().add(refused(each, group.errorCode())));
            return response;
        }
        for (OffsetFetchResponseTopics each : group.topics()) {
            OffsetFetchResponseTopic topic = new OffsetFetchResponseTopic().setName(each.name());
            each.partitions().forEach(partition -> topic.partitions().add(new OffsetFetchResponsePartition()
                    .setPartitionIndex(partition.partitionIndex())
                    .setCommittedOffset(partition.committedOffset())
                    .setCommittedLeaderEpoch(partition.committedLeaderEpoch())
                    .setMetadata(partition.metadata())
                    .setErrorCode(partition.errorCode())));
            response.topics().add(topic);
        }
        return response;
    }

    /** Version 1 has no place for an error of the group. */
    private static OffsetFetchResponseTopic refused(OffsetFetchRequestData.OffsetFetchRequestTopic asked, short error) {
        OffsetFetchResponseTopic topic = new OffsetFetchResponseTopic().setName(asked.name());
        asked.partitionIndexes().forEach(index -> topic.partitions().add(new OffsetFetchResponsePartition()
                .setPartitionIndex(index).setCommittedOffset(NO_OFFSET).setMetadata("").setErrorCode(error)));
        return topic;
    }
}
