// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Shards;
import io.ottla.wire.RequestContext;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;

/** The consumer protocol's requests as commands, and what is wrong with them before a shard need see them. Safe for any thread. */
final class ConsumerRequests {
    private static final short MEMBER_NAMES_ITSELF = 1;

    private final Shards<GroupCommand> shards;
    private final ToIntFunction<String> shardOf;
    private final Surroundings surroundings;
    private final GroupSettings.Consumer settings;

    ConsumerRequests(Shards<GroupCommand> shards, ToIntFunction<String> shardOf, Surroundings surroundings, GroupSettings.Consumer settings) {
        this.shards = shards;
        this.shardOf = shardOf;
        this.surroundings = surroundings;
        this.settings = settings;
    }

    /** Answers INVALID_REQUEST, UNSUPPORTED_ASSIGNOR or INVALID_REGULAR_EXPRESSION at once; see {@link ConsumerDecisions} for the rest. */
    void heartbeat(RequestContext context, ConsumerGroupHeartbeatRequestData request, Consumer<ConsumerGroupHeartbeatResponseData> reply) {
        Caller<ConsumerGroupHeartbeatResponseData> caller =
                new OnceCaller<>(reply, error -> new ConsumerGroupHeartbeatResponseData().setErrorCode(error.code()));
        String wrong = wrong(context, request);
        if (wrong != null) {
            refuse(caller, Errors.INVALID_REQUEST, wrong);
        } else if (request.serverAssignor() != null && !settings.assignors().contains(request.serverAssignor())) {
            refuse(caller, Errors.UNSUPPORTED_ASSIGNOR, "ServerAssignor " + request.serverAssignor() + " is not supported. Supported assignors: "
                    + String.join(", ", settings.assignors()) + ".");
        } else if (request.subscribedTopicRegex() != null && TopicRegex.problem(request.subscribedTopicRegex()) != null) {
            refuse(caller, Errors.INVALID_REGULAR_EXPRESSION, "SubscribedTopicRegex `" + request.subscribedTopicRegex()
                    + "` is not a valid regular expression: " + TopicRegex.problem(request.subscribedTopicRegex()) + ".");
        } else {
            shards.submit(shardOf.applyAsInt(request.groupId()), command(context, request, caller));
        }
    }

    private static void refuse(Caller<ConsumerGroupHeartbeatResponseData> caller, Errors error, String message) {
        caller.answer(new ConsumerGroupHeartbeatResponseData().setErrorCode(error.code()).setErrorMessage(message));
    }

    private static String wrong(RequestContext context, ConsumerGroupHeartbeatRequestData request) {
        boolean joins = request.memberEpoch() == ConsumerMember.JOINING;
        if (request.groupId().isBlank()) {
            return "GroupId can't be empty.";
        }
        if (request.memberId().isBlank() && (context.apiVersion() >= MEMBER_NAMES_ITSELF || !joins)) {
            return "MemberId can't be empty.";
        }
        if (request.instanceId() != null && request.instanceId().isBlank()) {
            return "InstanceId can't be empty.";
        }
        if (request.rackId() != null && request.rackId().isBlank()) {
            return "RackId can't be empty.";
        }
        if (request.memberEpoch() < ConsumerMember.GONE_FOR_A_MOMENT) {
            return "MemberEpoch is invalid.";
        }
        if (request.memberEpoch() == ConsumerMember.GONE_FOR_A_MOMENT && request.instanceId() == null) {
            return "InstanceId can't be null.";
        }
        return joins ? wrongJoin(request) : null;
    }

    private static String wrongJoin(ConsumerGroupHeartbeatRequestData request) {
        if (request.rebalanceTimeoutMs() == -1) {
            return "RebalanceTimeoutMs must be provided in first request.";
        }
        if (request.topicPartitions() == null || !request.topicPartitions().isEmpty()) {
            return "TopicPartitions must be empty when (re-)joining.";
        }
        return request.subscribedTopicNames() == null && request.subscribedTopicRegex() == null
                ? "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining." : null;
    }

    private GroupCommand.ConsumerBeat command(
            RequestContext context, ConsumerGroupHeartbeatRequestData request, Caller<ConsumerGroupHeartbeatResponseData> caller) {
        return new GroupCommand.ConsumerBeat(
                request.groupId(),
                request.memberId().isEmpty() ? Uuid.randomUuid().toString() : request.memberId(),
                request.memberEpoch(),
                request.instanceId(),
                request.rackId(),
                context.clientId() == null ? "" : context.clientId(),
                context.clientHost(),
                request.rebalanceTimeoutMs(),
                request.subscribedTopicNames() == null ? null : new LinkedHashSet<>(request.subscribedTopicNames()),
                request.subscribedTopicRegex(),
                request.serverAssignor(),
                owned(request.topicPartitions()),
                null,
                surroundings.pace(request.groupId()),
                surroundings.image(),
                caller);
    }

    private static Partitions owned(List<ConsumerGroupHeartbeatRequestData.TopicPartitions> topics) {
        if (topics == null) {
            return null;
        }
        Partitions.Builder owned = new Partitions.Builder();
        topics.forEach(each -> owned.addAll(each.topicId(), each.partitions()));
        return owned.build();
    }

    /** INVALID_GROUP_ID, GROUP_ID_NOT_FOUND for each group. */
    void describe(ConsumerGroupDescribeRequestData request, Consumer<ConsumerGroupDescribeResponseData> reply) {
        List<String> ids = request.groupIds();
        if (ids.isEmpty()) {
            reply.accept(new ConsumerGroupDescribeResponseData());
            return;
        }
        Gather<DescribedGroup> gather = new Gather<>(ids.size(), all -> reply.accept(new ConsumerGroupDescribeResponseData().setGroups(all)));
        for (int i = 0; i < ids.size(); i++) {
            String groupId = ids.get(i);
            Caller<DescribedGroup> caller = new OnceCaller<>(gather.slot(i),
                    error -> new DescribedGroup().setGroupId(groupId).setErrorCode(error.code()));
            if (groupId.isEmpty()) {
                caller.refuse(Errors.INVALID_GROUP_ID);
            } else {
                shards.submit(shardOf.applyAsInt(groupId), new GroupCommand.DescribeConsumers(groupId, surroundings.image(), caller));
            }
        }
    }
}
