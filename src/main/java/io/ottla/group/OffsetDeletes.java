// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Shards;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponsePartition;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/** OffsetDelete as a command, for the topics and partitions that exist. Safe for any thread. */
final class OffsetDeletes {
    private final Shards<GroupCommand> shards;
    private final ToIntFunction<String> shardOf;
    private final TopicCatalog catalog;

    OffsetDeletes(Shards<GroupCommand> shards, ToIntFunction<String> shardOf, TopicCatalog catalog) {
        this.shards = shards;
        this.shardOf = shardOf;
        this.catalog = catalog;
    }

    /** Answers for the whole INVALID_GROUP_ID, GROUP_ID_NOT_FOUND or NON_EMPTY_GROUP, or by partition UNKNOWN_TOPIC_OR_PARTITION or GROUP_SUBSCRIBED_TO_TOPIC. */
    void delete(OffsetDeleteRequestData request, Consumer<OffsetDeleteResponseData> reply) {
        if (request.groupId().isEmpty()) {
            reply.accept(new OffsetDeleteResponseData().setErrorCode(Errors.INVALID_GROUP_ID.code()));
            return;
        }
        List<GroupCommand.TopicPartitions> topics = new ArrayList<>();
        request.topics().forEach(asked -> {
            Topic topic = catalog.topics().get(asked.name());
            List<Integer> partitions = new ArrayList<>();
            asked.partitions().forEach(each -> {
                if (topic != null && has(topic, each.partitionIndex())) {
                    partitions.add(each.partitionIndex());
                }
            });
            if (!partitions.isEmpty()) {
                topics.add(new GroupCommand.TopicPartitions(asked.name(), Uuid.ZERO_UUID, partitions));
            }
        });
        Caller<GroupCommand.OffsetsDeleted> caller = new OnceCaller<>(
                deleted -> reply.accept(answer(request, deleted)), error -> new GroupCommand.OffsetsDeleted(error, Set.of()));
        shards.submit(shardOf.applyAsInt(request.groupId()), new GroupCommand.DeleteOffsets(request.groupId(), topics, caller));
    }

    private static boolean has(Topic topic, int partition) {
        return partition >= 0 && partition < topic.partitions().size();
    }

    private OffsetDeleteResponseData answer(OffsetDeleteRequestData request, GroupCommand.OffsetsDeleted deleted) {
        OffsetDeleteResponseData response = new OffsetDeleteResponseData().setErrorCode(deleted.error().code());
        if (deleted.error() != Errors.NONE) {
            return response;
        }
        request.topics().forEach(asked -> {
            Topic topic = catalog.topics().get(asked.name());
            OffsetDeleteResponseTopic answered = new OffsetDeleteResponseTopic().setName(asked.name());
            asked.partitions().forEach(each -> {
                Errors error = topic == null || !has(topic, each.partitionIndex()) ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                        : deleted.subscribed().contains(asked.name()) ? Errors.GROUP_SUBSCRIBED_TO_TOPIC : Errors.NONE;
                answered.partitions().add(new OffsetDeleteResponsePartition()
                        .setPartitionIndex(each.partitionIndex()).setErrorCode(error.code()));
            });
            response.topics().add(answered);
        });
        return response;
    }
}
