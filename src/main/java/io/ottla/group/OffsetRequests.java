// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Shards;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import io.ottla.wire.RequestContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponsePartition;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponseTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponsePartition;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/** OffsetCommit and OffsetDelete as commands: topics and partitions are looked up here, so that a shard need not ask. Safe for any thread. */
final class OffsetRequests {
    private static final short COMMIT_BY_TOPIC_ID = 10;

    private final Shards<GroupCommand> shards;
    private final ToIntFunction<String> shardOf;
    private final TopicCatalog catalog;
    private final int metadataMaxBytes;

    OffsetRequests(Shards<GroupCommand> shards, ToIntFunction<String> shardOf, TopicCatalog catalog, int metadataMaxBytes) {
        this.shards = shards;
        this.shardOf = shardOf;
        this.catalog = catalog;
        this.metadataMaxBytes = metadataMaxBytes;
    }

    /**
     * Answers by partition UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, OFFSET_METADATA_TOO_LARGE, or what the whole
     * group gets; the other partitions are committed all the same.
     */
    void commit(RequestContext context, OffsetCommitRequestData request, Consumer<OffsetCommitResponseData> reply) {
        boolean byId = context.apiVersion() >= COMMIT_BY_TOPIC_ID;
        OffsetCommitResponseData response = new OffsetCommitResponseData();
        List<OffsetCommitResponsePartition> accepted = new ArrayList<>();
        List<OffsetCommitResponsePartition> tooLarge = new ArrayList<>();
        List<GroupCommand.Commit> commits = new ArrayList<>();
        for (OffsetCommitRequestTopic asked : request.topics()) {
            Topic topic = byId ? catalog.find(asked.topicId()) : catalog.topics().get(asked.name());
            OffsetCommitResponseTopic answered = new OffsetCommitResponseTopic().setName(asked.name()).setTopicId(asked.topicId());
            for (OffsetCommitRequestPartition each : asked.partitions()) {
                Errors error = check(topic, each, byId);
                OffsetCommitResponsePartition partition = new OffsetCommitResponsePartition()
                        .setPartitionIndex(each.partitionIndex()).setErrorCode(error.code());
                answered.partitions().add(partition);
                if (error == Errors.NONE) {
                    accepted.add(partition);
                    commits.add(commitOf(topic, each));
                } else if (error == Errors.OFFSET_METADATA_TOO_LARGE) {
                    tooLarge.add(partition);
                }
            }
            response.topics().add(answered);
        }
        if (accepted.isEmpty() && tooLarge.isEmpty()) {
            reply.accept(response);
            return;
        }
        submit(context, request, commits, error -> {
            accepted.forEach(each -> each.setErrorCode(error.code()));
            if (error != Errors.NONE) {
                tooLarge.forEach(each -> each.setErrorCode(error.code()));
            }
            reply.accept(response);
        });
    }

    private Errors check(Topic topic, OffsetCommitRequestPartition partition, boolean byId) {
        if (topic == null) {
            return byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
        }
        if (!has(topic, partition.partitionIndex())) {
            return Errors.UNKNOWN_TOPIC_OR_PARTITION;
        }
        String metadata = partition.committedMetadata();
        return metadata != null && metadata.length() > metadataMaxBytes ? Errors.OFFSET_METADATA_TOO_LARGE : Errors.NONE;
    }

    private static boolean has(Topic topic, int partition) {
        return partition >= 0 && partition < topic.partitions().size();
    }

    private static GroupCommand.Commit commitOf(Topic topic, OffsetCommitRequestPartition partition) {
        return new GroupCommand.Commit(topic.name(), topic.id(), partition.partitionIndex(), partition.committedOffset(),
                partition.committedLeaderEpoch(), partition.committedMetadata() == null ? "" : partition.committedMetadata());
    }

    private void submit(RequestContext context, OffsetCommitRequestData request, List<GroupCommand.Commit> commits, Consumer<Errors> reply) {
        Caller<Errors> caller = new CommitCaller(new OnceCaller<>(reply, error -> error));
        shards.submit(shardOf.applyAsInt(request.groupId()), new GroupCommand.CommitOffsets(request.groupId(), request.memberId(),
                request.groupInstanceId(), request.generationIdOrMemberEpoch(), context.apiVersion(), request.retentionTimeMs(), commits, caller));
    }

    /** A commit that does not fit into one batch has an error of its own. */
    private record CommitCaller(Caller<Errors> caller) implements Caller<Errors> {
        @Override
        public void answer(Errors response) {
            caller.answer(response);
        }

        @Override
        public void refuse(Errors error) {
            caller.refuse(error == Errors.MESSAGE_TOO_LARGE ? Errors.INVALID_COMMIT_OFFSET_SIZE : error);
        }
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
