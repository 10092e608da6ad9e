// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Shards;
import io.ottla.wire.RequestContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/** The classic protocol's requests as commands, and what is wrong with them before a shard need see them. Safe for any thread. */
final class MembershipRequests {
    private static final short JOIN_WITH_REBALANCE_TIMEOUT = 1;
    private static final short JOIN_WITH_ID_FIRST = 4;
    private static final short JOIN_WITH_NULLABLE_PROTOCOL = 7;
    private static final short JOIN_WITH_SKIP_ASSIGNMENT = 9;
    private static final short SYNC_WITH_PROTOCOL = 5;
    private static final short LEAVE_MANY = 3;

    private final Shards<GroupCommand> shards;
    private final ToIntFunction<String> shardOf;
    private final Surroundings surroundings;
    private final GroupSettings.Classic settings;

    MembershipRequests(Shards<GroupCommand> shards, ToIntFunction<String> shardOf, Surroundings surroundings, GroupSettings.Classic settings) {
        this.shards = shards;
        this.shardOf = shardOf;
        this.surroundings = surroundings;
        this.settings = settings;
    }

    private void submit(String groupId, GroupCommand command) {
        shards.submit(shardOf.applyAsInt(groupId), command);
    }

    void join(RequestContext context, JoinGroupRequestData request, Consumer<JoinGroupResponseData> reply) {
        Caller<JoinGroupResponseData> caller = new OnceCaller<>(
                response -> reply.accept(fit(response, context.apiVersion())), error -> Answers.joinError(request.memberId(), error));
        if (request.groupId().isEmpty()) {
            caller.refuse(Errors.INVALID_GROUP_ID);
        } else if (request.sessionTimeoutMs() < settings.minSessionTimeoutMs() || request.sessionTimeoutMs() > settings.maxSessionTimeoutMs()) {
            caller.refuse(Errors.INVALID_SESSION_TIMEOUT);
        } else {
            submit(request.groupId(), command(context, request, caller));
        }
    }

    private GroupCommand.Join command(RequestContext context, JoinGroupRequestData request, Caller<JoinGroupResponseData> caller) {
        short version = context.apiVersion();
        String clientId = context.clientId() == null ? "" : context.clientId();
        String named = request.groupInstanceId() == null ? clientId : request.groupInstanceId();
        List<MemberProtocol> protocols = new ArrayList<>(request.protocols().size());
        request.protocols().forEach(each -> protocols.add(new MemberProtocol(each.name(), each.metadata())));
        return new GroupCommand.Join(
                request.groupId(),
                request.memberId(),
                request.memberId().isEmpty() ? named + "-" + UUID.randomUUID() : request.memberId(),
                request.groupInstanceId(),
                clientId,
                context.clientHost(),
                request.sessionTimeoutMs(),
                version >= JOIN_WITH_REBALANCE_TIMEOUT ? request.rebalanceTimeoutMs() : request.sessionTimeoutMs(),
                request.protocolType(),
                protocols,
                version >= JOIN_WITH_ID_FIRST,
                version >= JOIN_WITH_SKIP_ASSIGNMENT,
                request.reason(),
                surroundings.pace(request.groupId()),
                surroundings.image(),
                caller);
    }

    private static JoinGroupResponseData fit(JoinGroupResponseData response, short version) {
        return version < JOIN_WITH_NULLABLE_PROTOCOL && response.protocolName() == null ? response.setProtocolName("") : response;
    }

    void sync(RequestContext context, SyncGroupRequestData request, Consumer<SyncGroupResponseData> reply) {
        // A shard that is still loading has lost the rebalance: the member must join again.
        Caller<SyncGroupResponseData> caller = new OnceCaller<>(reply, error -> Answers.syncError(
                error == Errors.COORDINATOR_LOAD_IN_PROGRESS ? Errors.REBALANCE_IN_PROGRESS : error));
        boolean mustName = context.apiVersion() >= SYNC_WITH_PROTOCOL;
        if (mustName && (request.protocolType() == null || request.protocolName() == null)) {
            caller.refuse(Errors.INCONSISTENT_GROUP_PROTOCOL);
        } else if (request.groupId().isEmpty()) {
            caller.refuse(Errors.INVALID_GROUP_ID);
        } else {
            Map<String, byte[]> assignments = new HashMap<>();
            request.assignments().forEach(each -> assignments.put(each.memberId(), each.assignment()));
            submit(request.groupId(), new GroupCommand.Sync(request.groupId(), request.memberId(), request.groupInstanceId(),
                    request.generationId(), request.protocolType(), request.protocolName(), assignments, caller));
        }
    }

    void heartbeat(HeartbeatRequestData request, Consumer<HeartbeatResponseData> reply) {
        // Nobody can be told anything while the shard is loading; the member will hear of it later.
        Caller<Errors> caller = new OnceCaller<>(error -> reply.accept(new HeartbeatResponseData().setErrorCode(error.code())),
                error -> error == Errors.COORDINATOR_LOAD_IN_PROGRESS ? Errors.NONE : error);
        if (request.groupId().isEmpty()) {
            caller.refuse(Errors.INVALID_GROUP_ID);
        } else {
            submit(request.groupId(), new GroupCommand.Heartbeat(
                    request.groupId(), request.memberId(), request.groupInstanceId(), request.generationId(), caller));
        }
    }

    void leave(RequestContext context, LeaveGroupRequestData request, Consumer<LeaveGroupResponseData> reply) {
        boolean many = context.apiVersion() >= LEAVE_MANY;
        Caller<LeaveGroupResponseData> caller = new OnceCaller<>(response -> reply.accept(many ? response : alone(response)),
                error -> new LeaveGroupResponseData().setErrorCode(error.code()));
        if (request.groupId().isEmpty()) {
            caller.refuse(Errors.INVALID_GROUP_ID);
        } else {
            List<MemberIdentity> members = many ? request.members() : List.of(new MemberIdentity().setMemberId(request.memberId()));
            submit(request.groupId(), new GroupCommand.Leave(request.groupId(), members, caller));
        }
    }

    /** Before version 3 one member leaves, and its error is that of the whole. */
    private static LeaveGroupResponseData alone(LeaveGroupResponseData response) {
        short error = response.members().isEmpty() ? response.errorCode() : response.members().getFirst().errorCode();
        return new LeaveGroupResponseData().setErrorCode(error);
    }
}
