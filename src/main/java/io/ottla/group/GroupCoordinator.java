// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.CoordinatorRuntime;
import io.ottla.coordinator.Decider;
import io.ottla.coordinator.PartitionJournal;
import io.ottla.coordinator.Shards;
import io.ottla.topic.InternalTopics;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import io.ottla.wire.RequestContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DeleteGroupsResponseData.DeletableGroupResult;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The door of the room: each request is answered exactly once, from any thread, when what the answer tells of is durable.
 * Every API may answer COORDINATOR_LOAD_IN_PROGRESS while its part of __consumer_offsets is being read or has too much to
 * do, and NOT_COORDINATOR or COORDINATOR_NOT_AVAILABLE while that cannot be written; clients then come again. Safe for any thread.
 */
public final class GroupCoordinator implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GroupCoordinator.class);
    private static final short DESCRIBE_WITH_NOT_FOUND = 6;

    private final TopicCatalog catalog;
    private final Shards<GroupCommand> shards;
    private final MembershipRequests memberships;
    private final OffsetCommits commits;
    private final OffsetFetches fetches;
    private final OffsetDeletes deletes;
    private final ConsumerRequests consumers;
    private final Surroundings surroundings;
    private final List<GuestGroups.Factory> guests = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    /** Creates __consumer_offsets when it is first needed; {@link #start} reads it if it is there. */
    public GroupCoordinator(CoordinatorRuntime runtime, TopicCatalog catalog, GroupSettings settings) {
        this(runtime, catalog, settings, UnaryOperator.identity());
    }

    /** @param around stands before each shard's decisions */
    GroupCoordinator(CoordinatorRuntime runtime, TopicCatalog catalog, GroupSettings settings, UnaryOperator<Decider<GroupCommand, GroupEvent>> around) {
        this.catalog = catalog;
        Topic existing = catalog.topics().get(InternalTopics.CONSUMER_OFFSETS);
        int count = existing == null ? settings.offsets().topicPartitions() : existing.partitions().size();
        Map<String, String> configs = Map.of(
                TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT,
                TopicConfig.SEGMENT_BYTES_CONFIG, Integer.toString(settings.offsets().topicSegmentBytes()),
                TopicConfig.COMPRESSION_TYPE_CONFIG, "producer");
        Caller<Rebalance> log = new RebalanceLog();
        surroundings = new Surroundings(catalog, settings.consumer());
        shards = runtime.host(InternalTopics.CONSUMER_OFFSETS, count,
                PartitionJournal.over(catalog, InternalTopics.CONSUMER_OFFSETS, count, configs),
                () -> around.apply(new GroupShard(settings, log, surroundings::image, guests)));
        memberships = new MembershipRequests(shards, this::partitionFor, surroundings, settings.classic());
        commits = new OffsetCommits(shards, this::partitionFor, catalog, settings.offsets().metadataMaxBytes());
        fetches = new OffsetFetches(shards, this::partitionFor, catalog);
        deletes = new OffsetDeletes(shards, this::partitionFor, catalog);
        consumers = new ConsumerRequests(shards, this::partitionFor, surroundings, settings.consumer());
        catalog.watch(this::topicChanged);
    }

    /** Takes in groups of another kind; before anything is asked of this coordinator. */
    public void host(GuestGroups.Factory factory) {
        guests.add(factory);
    }

    /** Hands a command to the guests that live beside a group. */
    public void submit(String groupId, GuestGroups.GuestCommand command) {
        submit(partitionFor(groupId), command);
    }

    /** Hands a command to the guests of one partition of __consumer_offsets. */
    public void submit(int partition, GuestGroups.GuestCommand command) {
        shards.submit(partition, new GroupCommand.ForGuests(command));
    }

    /** Partitions of __consumer_offsets; none if there never was a group. */
    public int partitions() {
        return catalog.topics().containsKey(InternalTopics.CONSUMER_OFFSETS) ? shards.count() : 0;
    }

    /** Reads all groups in the background; without it each partition is read at its first use. */
    public void start() {
        if (catalog.topics().containsKey(InternalTopics.CONSUMER_OFFSETS)) {
            for (int shard = 0; shard < shards.count(); shard++) {
                shards.load(shard);
            }
        }
    }

    private void topicChanged(TopicCatalog.Change change) {
        surroundings.topicsChanged();
        boolean gone = change.before() != null && change.after() == null && !change.before().internal();
        if (gone && !closed && catalog.topics().containsKey(InternalTopics.CONSUMER_OFFSETS)) {
            for (int shard = 0; shard < shards.count(); shard++) {
                shards.submit(shard, new GroupCommand.ForgetTopic(change.before().name(), change.before().id()));
            }
        }
    }

    /** The partition of __consumer_offsets that keeps a group. */
    public int partitionFor(String groupId) {
        return Utils.abs(groupId.hashCode()) % shards.count();
    }

    /** JoinGroup 0 to 9. */
    public void joinGroup(RequestContext context, JoinGroupRequestData request, Consumer<JoinGroupResponseData> reply) {
        memberships.join(context, request, reply);
    }

    /** SyncGroup 0 to 5. */
    public void syncGroup(RequestContext context, SyncGroupRequestData request, Consumer<SyncGroupResponseData> reply) {
        memberships.sync(context, request, reply);
    }

    /** Heartbeat 0 to 4. */
    public void heartbeat(RequestContext context, HeartbeatRequestData request, Consumer<HeartbeatResponseData> reply) {
        memberships.heartbeat(request, reply);
    }

    /** LeaveGroup 0 to 5. */
    public void leaveGroup(RequestContext context, LeaveGroupRequestData request, Consumer<LeaveGroupResponseData> reply) {
        memberships.leave(context, request, reply);
    }

    /** ConsumerGroupHeartbeat 0 and 1 (KIP-848). */
    public void consumerGroupHeartbeat(
            RequestContext context, ConsumerGroupHeartbeatRequestData request, Consumer<ConsumerGroupHeartbeatResponseData> reply) {
        consumers.heartbeat(context, request, reply);
    }

    /** ConsumerGroupDescribe 0 and 1. */
    public void consumerGroupDescribe(
            RequestContext context, ConsumerGroupDescribeRequestData request, Consumer<ConsumerGroupDescribeResponseData> reply) {
        consumers.describe(request, reply);
    }

    /** OffsetCommit 2 to 10. */
    public void offsetCommit(RequestContext context, OffsetCommitRequestData request, Consumer<OffsetCommitResponseData> reply) {
        commits.commit(context, request, reply);
    }

    /**
     * TxnOffsetCommit 0 to 6. That the producer's transaction is open and has this partition of __consumer_offsets in it
     * is for the caller to see to. The offsets count once {@link #completeTransaction} says so.
     */
    public void txnOffsetCommit(RequestContext context, TxnOffsetCommitRequestData request, Consumer<TxnOffsetCommitResponseData> reply) {
        commits.commit(context, request, reply);
    }

    /**
     * Writes the end marker of a producer's transaction into a partition of __consumer_offsets, and makes its offsets
     * count or forgets them. Answers NONE, INVALID_PRODUCER_EPOCH or TRANSACTION_COORDINATOR_FENCED.
     */
    public void completeTransaction(
            int partition, long producerId, short producerEpoch, int coordinatorEpoch, boolean committed, Consumer<Errors> reply) {
        if (partition < 0 || partition >= shards.count()) {
            reply.accept(Errors.UNKNOWN_TOPIC_OR_PARTITION);
            return;
        }
        shards.submit(partition, new GroupCommand.EndTransaction(new GroupCommand.Producer(producerId, producerEpoch),
                coordinatorEpoch, committed, new OnceCaller<>(reply, error -> error)));
    }

    /** OffsetFetch 1 to 10. */
    public void offsetFetch(RequestContext context, OffsetFetchRequestData request, Consumer<OffsetFetchResponseData> reply) {
        fetches.fetch(context, request, reply);
    }

    /** OffsetDelete 0. */
    public void offsetDelete(RequestContext context, OffsetDeleteRequestData request, Consumer<OffsetDeleteResponseData> reply) {
        deletes.delete(request, reply);
    }

    /** ListGroups 0 to 5; filters match without regard to case, and unknown ones match nothing. */
    public void listGroups(RequestContext context, ListGroupsRequestData request, Consumer<ListGroupsResponseData> reply) {
        if (!catalog.topics().containsKey(InternalTopics.CONSUMER_OFFSETS)) {
            reply.accept(new ListGroupsResponseData());
            return;
        }
        Gather<ListGroupsResponseData> gather = new Gather<>(shards.count(), all -> reply.accept(joined(all, request)));
        for (int shard = 0; shard < shards.count(); shard++) {
            shards.submit(shard, new GroupCommand.ListGroups(
                    new OnceCaller<>(gather.slot(shard), error -> new ListGroupsResponseData().setErrorCode(error.code()))));
        }
    }

    private static ListGroupsResponseData joined(List<ListGroupsResponseData> parts, ListGroupsRequestData request) {
        List<ListedGroup> groups = new ArrayList<>();
        for (ListGroupsResponseData each : parts) {
            if (each.errorCode() != Errors.NONE.code()) {
                return each;
            }
            groups.addAll(each.groups());
        }
        groups.removeIf(group -> !matches(request.statesFilter(), group.groupState()) || !matches(request.typesFilter(), group.groupType()));
        return new ListGroupsResponseData().setGroups(groups);
    }

    private static boolean matches(List<String> filter, String value) {
        return filter.isEmpty() || filter.stream().anyMatch(each -> each.toLowerCase(Locale.ROOT).equals(value.toLowerCase(Locale.ROOT)));
    }

    /** DescribeGroups 0 to 6: a group that does not exist is dead, and since version 6 an error. */
    public void describeGroups(RequestContext context, DescribeGroupsRequestData request, Consumer<DescribeGroupsResponseData> reply) {
        List<String> ids = request.groups();
        if (ids.isEmpty()) {
            reply.accept(new DescribeGroupsResponseData());
            return;
        }
        Gather<DescribedGroup> gather = new Gather<>(ids.size(), all -> reply.accept(new DescribeGroupsResponseData().setGroups(all)));
        for (int i = 0; i < ids.size(); i++) {
            String groupId = ids.get(i);
            Consumer<DescribedGroup> slot = gather.slot(i);
            shards.submit(partitionFor(groupId), new GroupCommand.DescribeGroup(groupId, new OnceCaller<>(
                    described -> slot.accept(context.apiVersion() < DESCRIBE_WITH_NOT_FOUND ? described.setErrorMessage(null) : found(described)),
                    error -> new DescribedGroup().setGroupId(groupId).setErrorCode(error.code()))));
        }
    }

    private static DescribedGroup found(DescribedGroup described) {
        if (!described.groupState().equals(Descriptions.DEAD)) {
            return described;
        }
        String why = described.errorMessage() == null ? "Group " + described.groupId() + " not found." : described.errorMessage();
        return described.setErrorCode(Errors.GROUP_ID_NOT_FOUND.code()).setErrorMessage(why);
    }

    /** DeleteGroups 0 to 3: NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND. */
    public void deleteGroups(RequestContext context, DeleteGroupsRequestData request, Consumer<DeleteGroupsResponseData> reply) {
        List<String> ids = request.groupsNames().stream().distinct().toList();
        if (ids.isEmpty()) {
            reply.accept(new DeleteGroupsResponseData());
            return;
        }
        Gather<DeletableGroupResult> gather = new Gather<>(ids.size(), all -> {
            DeleteGroupsResponseData response = new DeleteGroupsResponseData();
            all.forEach(each -> response.results().add(each));
            reply.accept(response);
        });
        for (int i = 0; i < ids.size(); i++) {
            String groupId = ids.get(i);
            Consumer<DeletableGroupResult> slot = gather.slot(i);
            shards.submit(partitionFor(groupId), new GroupCommand.DeleteGroup(groupId, new OnceCaller<>(
                    error -> slot.accept(new DeletableGroupResult().setGroupId(groupId).setErrorCode(error.code())), error -> error)));
        }
    }

    /** The last rebalances of a group since the process started, newest last; none for a group that is not there. */
    public void rebalances(String groupId, Consumer<List<Rebalance>> reply) {
        shards.submit(partitionFor(groupId), new GroupCommand.AskHistory(groupId, new OnceCaller<>(reply, error -> List.of())));
    }

    /** No longer follows the topics. What was asked before is answered by the runtime, which is closed by its owner. */
    @Override
    public void close() {
        closed = true;
    }

    /** One line for each rebalance. */
    private static final class RebalanceLog implements Caller<Rebalance> {
        @Override
        public void answer(Rebalance ended) {
            LOG.info("event=rebalance group={} generation={} members={} joined={} left={} partitions={} moved={} duration-ms={} gap-ms={} reason=\"{}\"",
                    ended.groupId(), ended.generation(), ended.members(), ended.joined().size(), ended.left().size(), ended.partitions(),
                    ended.moved(), ended.durationMs(), ended.longestGapMs(), printable(ended.reason()));
        }

        /** Reasons come from clients in part. */
        private static String printable(String reason) {
            return reason.replaceAll("[\\p{Cntrl}\"]", "?");
        }

        @Override
        public void refuse(Errors error) {
            LOG.debug("event=rebalance-undone error={}", error);
        }
    }
}
