// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Caller;
import io.ottla.group.Gather;
import io.ottla.group.GroupCoordinator;
import io.ottla.group.OnceCaller;
import io.ottla.topic.TopicCatalog;
import io.ottla.wire.RequestContext;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.kafka.common.message.ShareGroupDescribeRequestData;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.ShareGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ShareGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests about members of share groups. A heartbeat that finds partitions without state is answered when they have it, so
 * that a member hears of its partitions at once. Safe for any thread.
 */
final class MemberRequests {
    private static final Logger LOG = LoggerFactory.getLogger(MemberRequests.class);
    private static final int MAX_MEMBER_ID = 36;

    /** Kafka refuses unusable member ids before it comes to say why. */
    private static final String NOTHING_TO_SAY = "";

    private final GroupCoordinator groups;
    private final StateRequests state;

    MemberRequests(GroupCoordinator groups, StateRequests state) {
        this.groups = groups;
        this.state = state;
    }

    void heartbeat(RequestContext context, ShareGroupHeartbeatRequestData request, Consumer<ShareGroupHeartbeatResponseData> reply) {
        String wrong = wrongIn(request);
        if (wrong != null) {
            reply.accept(new ShareGroupHeartbeatResponseData().setErrorCode(Errors.INVALID_REQUEST.code())
                    .setErrorMessage(wrong.equals(NOTHING_TO_SAY) ? null : wrong));
            return;
        }
        submit(context, request, answer -> {
            if (answer.missing().isEmpty()) {
                reply.accept(answer.response());
                return;
            }
            state.initialize(request.groupId(), answer.missing(), answer.stateEpoch(), error -> {
                if (error != Errors.NONE) {
                    LOG.warn("event=share_state_not_made group={} error={} action=retry_at_next_heartbeat", request.groupId(), error);
                    reply.accept(answer.response());
                    return;
                }
                MembershipCommand.Heartbeat again = command(context, request, second -> reply.accept(second.response()));
                groups.submit(request.groupId(), new MembershipCommand.PartitionsAreReady(answer.missing(), again));
            });
        });
    }

    /** What Kafka would not take, or null. */
    private static String wrongIn(ShareGroupHeartbeatRequestData request) {
        if (request.groupId().isBlank()) {
            return "GroupId can't be empty.";
        }
        if (request.memberId().isBlank()) {
            return NOTHING_TO_SAY;
        }
        if (request.memberId().length() > MAX_MEMBER_ID) {
            return NOTHING_TO_SAY;
        }
        if (request.memberEpoch() < -1) {
            return "MemberEpoch is invalid.";
        }
        if (request.rackId() != null && request.rackId().isBlank()) {
            return "RackId can't be empty.";
        }
        boolean joins = request.memberEpoch() == 0;
        return joins && (request.subscribedTopicNames() == null || request.subscribedTopicNames().isEmpty())
                ? "SubscribedTopicNames must be set in first request." : null;
    }

    private void submit(
            RequestContext context, ShareGroupHeartbeatRequestData request, Consumer<MembershipCommand.HeartbeatAnswer> reply) {
        groups.submit(request.groupId(), command(context, request, reply));
    }

    private static MembershipCommand.Heartbeat command(
            RequestContext context, ShareGroupHeartbeatRequestData request, Consumer<MembershipCommand.HeartbeatAnswer> reply) {
        return new MembershipCommand.Heartbeat(
                request.groupId(),
                request.memberId(),
                request.memberEpoch(),
                request.rackId(),
                context.clientId() == null ? "" : context.clientId(),
                context.clientHost(),
                request.subscribedTopicNames() == null ? null : List.copyOf(new TreeSet<>(request.subscribedTopicNames())),
                new OnceCaller<>(reply, error -> new MembershipCommand.HeartbeatAnswer(
                        new ShareGroupHeartbeatResponseData().setErrorCode(error.code()).setErrorMessage(error.message()), Map.of(), 0)));
    }

    void describe(ShareGroupDescribeRequestData request, Consumer<ShareGroupDescribeResponseData> reply) {
        List<String> ids = request.groupIds();
        if (ids.isEmpty()) {
            reply.accept(new ShareGroupDescribeResponseData());
            return;
        }
        Gather<DescribedGroup> gather = new Gather<>(ids.size(), all -> reply.accept(new ShareGroupDescribeResponseData().setGroups(all)));
        for (int i = 0; i < ids.size(); i++) {
            String groupId = ids.get(i);
            OnceCaller<DescribedGroup> caller = new OnceCaller<>(gather.slot(i),
                    error -> new DescribedGroup().setGroupId(groupId).setErrorCode(error.code()));
            if (groupId.isEmpty()) {
                caller.refuse(Errors.INVALID_GROUP_ID);
            } else {
                groups.submit(groupId, new MembershipCommand.Describe(groupId, caller));
            }
        }
    }

    /** A deleted topic takes its share partitions with it. */
    void topicChanged(TopicCatalog.Change change) {
        if (change.before() == null || change.after() != null || change.before().internal()) {
            return;
        }
        for (int shard = 0; shard < groups.partitions(); shard++) {
            groups.submit(shard, new MembershipCommand.TopicDeleted(change.before().id(), new OnceCaller<>(
                    orphans -> removeOrphans(change.before().name(), orphans), error -> List.of())));
        }
    }

    private void removeOrphans(String topic, List<SharePartitionKey> orphans) {
        state.remove(orphans, error -> {
            if (error != Errors.NONE) {
                LOG.warn("event=share_state_not_removed topic={} partitions={} error={} action=leave", topic, orphans.size(), error);
            }
        });
    }

    /** Takes the state of groups away that are to be deleted, and lets the deletion go on. */
    Caller<ShareGroups.Deletion> deletions() {
        return new Caller<>() {
            @Override
            public void answer(ShareGroups.Deletion deletion) {
                state.remove(deletion.state(), error -> {
                    if (error == Errors.NONE) {
                        groups.submit(deletion.groupId(), new MembershipCommand.Forget(deletion.groupId(), deletion.caller()));
                    } else {
                        deletion.caller().refuse(error);
                    }
                });
            }

            @Override
            public void refuse(Errors error) {
                LOG.warn("event=share_group_deletion_undone error={}", error);
            }
        };
    }
}
