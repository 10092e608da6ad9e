// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.CoordinatorRuntime;
import io.ottla.coordinator.PartitionJournal;
import io.ottla.coordinator.Shards;
import io.ottla.group.GroupCoordinator;
import io.ottla.group.OnceCaller;
import io.ottla.topic.InternalTopics;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import io.ottla.topic.TopicView;
import io.ottla.wire.RequestContext;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.message.AlterShareGroupOffsetsRequestData;
import org.apache.kafka.common.message.AlterShareGroupOffsetsResponseData;
import org.apache.kafka.common.message.DeleteShareGroupOffsetsRequestData;
import org.apache.kafka.common.message.DeleteShareGroupOffsetsResponseData;
import org.apache.kafka.common.message.DeleteShareGroupStateRequestData;
import org.apache.kafka.common.message.DeleteShareGroupStateResponseData;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsRequestData;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsResponseData;
import org.apache.kafka.common.message.InitializeShareGroupStateRequestData;
import org.apache.kafka.common.message.InitializeShareGroupStateResponseData;
import org.apache.kafka.common.message.ReadShareGroupStateRequestData;
import org.apache.kafka.common.message.ReadShareGroupStateResponseData;
import org.apache.kafka.common.message.ReadShareGroupStateSummaryRequestData;
import org.apache.kafka.common.message.ReadShareGroupStateSummaryResponseData;
import org.apache.kafka.common.message.ShareGroupDescribeRequestData;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData;
import org.apache.kafka.common.message.ShareGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ShareGroupHeartbeatResponseData;
import org.apache.kafka.common.message.WriteShareGroupStateRequestData;
import org.apache.kafka.common.message.WriteShareGroupStateResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * The door of the room: members and offsets of share groups, and the locks on records that their members hold. Members live
 * beside other groups in __consumer_offsets, deliveries in __share_group_state. Everything is answered exactly once, from any
 * thread, when what the answer tells of is durable; safe for any thread.
 */
public final class ShareCoordinator {
    private final TopicCatalog catalog;
    private final Map<String, ?> brokerConfigs;
    private final Shards<ShareCommand> shards;
    private final MemberRequests members;
    private final OffsetRequests offsets;
    private final LeaderRequests leaders;

    /**
     * Takes part in {@code groups}; creates __share_group_state when it is first needed.
     *
     * @param brokerConfigs the broker's configs by name
     */
    public ShareCoordinator(CoordinatorRuntime runtime, TopicCatalog catalog, GroupCoordinator groups, Map<String, ?> brokerConfigs) {
        this.catalog = catalog;
        this.brokerConfigs = brokerConfigs;
        Topic existing = catalog.topics().get(InternalTopics.SHARE_GROUP_STATE);
        int count = existing != null ? existing.partitions().size() : intOf("share.coordinator.state.topic.num.partitions", 50);
        Map<String, String> configs = Map.of(
                TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE,
                TopicConfig.RETENTION_MS_CONFIG, "-1",
                TopicConfig.SEGMENT_BYTES_CONFIG, Integer.toString(intOf("share.coordinator.state.topic.segment.bytes", 104_857_600)),
                TopicConfig.COMPRESSION_TYPE_CONFIG, "producer");
        DeadLetterWriter deadLetters = new DeadLetterWriter(catalog, this::configOf, brokerConfigs,
                letter -> submit(letter.key(), new ShareCommand.DeadLetterWritten(letter.key(), letter.first(), letter.last())));
        long pruneMs = intOf("share.coordinator.state.topic.prune.interval.ms", 300_000);
        shards = runtime.host(InternalTopics.SHARE_GROUP_STATE, count,
                PartitionJournal.over(catalog, InternalTopics.SHARE_GROUP_STATE, count, configs), () -> new ShareShard(this::configOf, deadLetters, new JournalPruner(catalog, this::condense), pruneMs));
        StateRequests state = new StateRequests(this::submit);
        members = new MemberRequests(groups, state);
        offsets = new OffsetRequests(groups, state, catalog);
        leaders = new LeaderRequests(catalog, this::submit);
        groups.host(tenants -> new ShareGroups(this::configOf, TopicView.of(catalog), tenants, members.deletions()));
        catalog.watch(members::topicChanged);
    }

    private int intOf(String name, int defaultValue) {
        return brokerConfigs.get(name) instanceof Number number ? number.intValue() : defaultValue;
    }

    /** What is in force for a group. */
    public ShareGroupConfig configOf(String groupId) {
        return ShareGroupConfig.of(catalog.configs(new ConfigResource(ConfigResource.Type.GROUP, groupId)), brokerConfigs);
    }

    /** ShareGroupHeartbeat 1. */
    public void heartbeat(RequestContext context, ShareGroupHeartbeatRequestData request, Consumer<ShareGroupHeartbeatResponseData> reply) {
        members.heartbeat(context, request, reply);
    }

    /** ShareGroupDescribe 1. */
    public void describe(RequestContext context, ShareGroupDescribeRequestData request, Consumer<ShareGroupDescribeResponseData> reply) {
        members.describe(request, reply);
    }

    /** DescribeShareGroupOffsets 0 to 1. */
    public void describeOffsets(
            RequestContext context, DescribeShareGroupOffsetsRequestData request, Consumer<DescribeShareGroupOffsetsResponseData> reply) {
        offsets.describe(request, reply);
    }

    /** AlterShareGroupOffsets 0. */
    public void alterOffsets(
            RequestContext context, AlterShareGroupOffsetsRequestData request, Consumer<AlterShareGroupOffsetsResponseData> reply) {
        offsets.alter(request, reply);
    }

    /** DeleteShareGroupOffsets 0. */
    public void deleteOffsets(
            RequestContext context, DeleteShareGroupOffsetsRequestData request, Consumer<DeleteShareGroupOffsetsResponseData> reply) {
        offsets.delete(request, reply);
    }

    /** InitializeShareGroupState 0. */
    public void initializeState(
            RequestContext context, InitializeShareGroupStateRequestData request, Consumer<InitializeShareGroupStateResponseData> reply) {
        leaders.initialize(request, reply);
    }

    /** ReadShareGroupState 0. */
    public void readState(RequestContext context, ReadShareGroupStateRequestData request, Consumer<ReadShareGroupStateResponseData> reply) {
        leaders.read(request, reply);
    }

    /** WriteShareGroupState 0 to 1. */
    public void writeState(RequestContext context, WriteShareGroupStateRequestData request, Consumer<WriteShareGroupStateResponseData> reply) {
        leaders.write(request, reply);
    }

    /** DeleteShareGroupState 0. */
    public void deleteState(RequestContext context, DeleteShareGroupStateRequestData request, Consumer<DeleteShareGroupStateResponseData> reply) {
        leaders.delete(request, reply);
    }

    /** ReadShareGroupStateSummary 0 to 1. */
    public void readStateSummary(
            RequestContext context, ReadShareGroupStateSummaryRequestData request, Consumer<ReadShareGroupStateSummaryResponseData> reply) {
        leaders.readSummary(request, reply);
    }

    /** Asks where a member may read next. @param logStart the first offset that the log still has */
    public void look(SharePartitionKey key, long logStart, int maxRecords, Consumer<Answered<Position>> reply) {
        submit(key, new ShareCommand.Look(key, logStart, maxRecords, answering(reply)));
    }

    /** Says where the group begins in a partition that is {@link Position.NotStarted}; the first to say so is right. */
    public void start(SharePartitionKey key, long offset, Consumer<Errors> reply) {
        submit(key, new ShareCommand.Start(key, offset, new OnceCaller<>(reply, error -> error)));
    }

    /** Locks records for a member; none if others were faster. */
    public void acquire(
            SharePartitionKey key, String memberId, Acquisition wanted, Consumer<Answered<List<Acquisition.Acquired>>> reply) {
        submit(key, new ShareCommand.Acquire(key, memberId, wanted, answering(reply)));
    }

    /**
     * Says what a member did with records that it holds, all or none of it.
     *
     * @param reply NONE; INVALID_RECORD_STATE if it does not hold one of them (any more); INVALID_REQUEST for records that
     *     were never handed out; UNKNOWN_TOPIC_OR_PARTITION; or a coordinator's error
     */
    public void acknowledge(SharePartitionKey key, String memberId, List<Acknowledgement> acknowledgements, Consumer<Errors> reply) {
        submit(key, new ShareCommand.Acknowledge(key, memberId, acknowledgements, new OnceCaller<>(reply, error -> error)));
    }

    /** Gives up all locks of a member, which has gone away. */
    public void release(SharePartitionKey key, String memberId, Consumer<Errors> reply) {
        submit(key, new ShareCommand.Release(key, memberId, new OnceCaller<>(reply, error -> error)));
    }

    /**
     * Calls back once when records have become available again or locks free since {@code seen}, or the partition is of no
     * use any more.
     *
     * @param seen {@link Position.Read#lookAgain()} or {@link Position.Full#lookAgain()}
     * @return ends the waiting; harmless when repeated or late
     */
    public Runnable awaitMore(SharePartitionKey key, long seen, Runnable onMore) {
        Caller<Boolean> caller = new OnceCaller<>(ignored -> onMore.run(), error -> false);
        submit(key, new ShareCommand.Wait(key, seen, caller));
        return () -> submit(key, new ShareCommand.WaitNoMore(key, caller));
    }

    private void submit(SharePartitionKey key, ShareCommand command) {
        shards.submit(key.shardOf(shards.count()), command);
    }

    /** Answered with the number of partitions that are left, or -1 if the shard cannot do it now. */
    private void condense(int shard, long beforeMs, Consumer<Integer> reply) {
        shards.submit(shard, new ShareCommand.Condense(beforeMs, new OnceCaller<>(reply, error -> -1)));
    }

    private static <T> Caller<T> answering(Consumer<Answered<T>> reply) {
        return Answered.caller(new OnceCaller<>(reply, Answered::refused));
    }
}
