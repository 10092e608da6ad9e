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
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponsePartition;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponseTopic;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponsePartition;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/** OffsetCommit and TxnOffsetCommit as commands: topics and partitions are looked up here, so that a shard need not ask. Safe for any thread. */
final class OffsetCommits {
    private static final short COMMIT_WITH_NOT_FOUND = 9;
    private static final short COMMIT_BY_TOPIC_ID = 10;
    private static final short TXN_COMMIT_BY_TOPIC_ID = 6;

    private final Shards<GroupCommand> shards;
    private final ToIntFunction<String> shardOf;
    private final TopicCatalog catalog;
    private final int metadataMaxBytes;

    OffsetCommits(Shards<GroupCommand> shards, ToIntFunction<String> shardOf, TopicCatalog catalog, int metadataMaxBytes) {
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
        commit(request, null, context.apiVersion() >= COMMIT_BY_TOPIC_ID, context.apiVersion() >= COMMIT_WITH_NOT_FOUND, reply);
    }

    private void commit(OffsetCommitRequestData request, GroupCommand.Producer producer, boolean byId, boolean tellsMissing,
            Consumer<OffsetCommitResponseData> reply) {
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
        submit(request, producer, tellsMissing, commits, error -> {
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

    private void submit(OffsetCommitRequestData request, GroupCommand.Producer producer, boolean tellsMissing,
            List<GroupCommand.Commit> commits, Consumer<Errors> reply) {
        Caller<Errors> caller = new CommitCaller(new OnceCaller<>(reply, error -> error));
        shards.submit(shardOf.applyAsInt(request.groupId()), new GroupCommand.CommitOffsets(request.groupId(), request.memberId(),
                request.groupInstanceId(), request.generationIdOrMemberEpoch(), tellsMissing, request.retentionTimeMs(), producer,
                commits, caller));
    }

    /** As {@link #commit(RequestContext, OffsetCommitRequestData, Consumer)}, with offsets that wait for the transaction to end; also INVALID_PRODUCER_EPOCH. */
    void commit(RequestContext context, TxnOffsetCommitRequestData request, Consumer<TxnOffsetCommitResponseData> reply) {
        OffsetCommitRequestData plain = new OffsetCommitRequestData()
                .setGroupId(request.groupId())
                .setMemberId(request.memberId())
                .setGroupInstanceId(request.groupInstanceId())
                .setGenerationIdOrMemberEpoch(request.generationIdOrMemberEpoch());
        request.topics().forEach(topic -> {
            OffsetCommitRequestTopic asked = new OffsetCommitRequestTopic().setName(topic.name()).setTopicId(topic.topicId());
            topic.partitions().forEach(each -> asked.partitions().add(new OffsetCommitRequestPartition()
                    .setPartitionIndex(each.partitionIndex())
                    .setCommittedOffset(each.committedOffset())
                    .setCommittedLeaderEpoch(each.committedLeaderEpoch())
                    .setCommittedMetadata(each.committedMetadata())));
            plain.topics().add(asked);
        });
        boolean newest = context.apiVersion() >= TXN_COMMIT_BY_TOPIC_ID;
        commit(plain, new GroupCommand.Producer(request.producerId(), request.producerEpoch()), newest, newest,
                response -> reply.accept(transactional(response)));
    }

    private static TxnOffsetCommitResponseData transactional(OffsetCommitResponseData plain) {
        TxnOffsetCommitResponseData response = new TxnOffsetCommitResponseData();
        plain.topics().stream().filter(topic -> !topic.partitions().isEmpty()).forEach(topic -> {
            TxnOffsetCommitResponseTopic answered = new TxnOffsetCommitResponseTopic().setName(topic.name()).setTopicId(topic.topicId());
            topic.partitions().forEach(each -> answered.partitions().add(new TxnOffsetCommitResponsePartition()
                    .setPartitionIndex(each.partitionIndex()).setErrorCode(each.errorCode())));
            response.topics().add(answered);
        });
        return response;
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
}
