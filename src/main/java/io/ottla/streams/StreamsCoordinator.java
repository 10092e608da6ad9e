// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.group.Gather;
import io.ottla.group.GroupCoordinator;
import io.ottla.group.OnceCaller;
import io.ottla.topic.TopicCatalog;
import io.ottla.topic.TopicView;
import io.ottla.wire.RequestContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.StreamsGroupDescribeRequestData;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData;
import org.apache.kafka.common.message.StreamsGroupTopologyDescriptionUpdateRequestData;
import org.apache.kafka.common.message.StreamsGroupTopologyDescriptionUpdateResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * The door of the room: members of streams groups, which live beside other groups in __consumer_offsets. Everything is
 * answered exactly once, from any thread, when what the answer tells of is durable; safe for any thread.
 */
public final class StreamsCoordinator {
    /** StreamsGroupDescribe: no description was pushed (KIP-1331). */
    private static final byte NOT_STORED = 1;

    private final TopicCatalog catalog;
    private final Map<String, ?> brokerConfigs;
    private final GroupCoordinator groups;
    private final InternalTopicCreation creation;

    /**
     * Takes part in {@code groups}.
     *
     * @param brokerConfigs the broker's configs by name
     */
    public StreamsCoordinator(TopicCatalog catalog, GroupCoordinator groups, Map<String, ?> brokerConfigs) {
        this.catalog = catalog;
        this.brokerConfigs = brokerConfigs;
        this.groups = groups;
        this.creation = new InternalTopicCreation(catalog);
        groups.host(tenants -> new StreamsGroups(this::configOf, TopicView.of(catalog), tenants));
    }

    /** What is in force for a group. */
    public StreamsGroupConfig configOf(String groupId) {
        return StreamsGroupConfig.of(catalog.configs(new ConfigResource(ConfigResource.Type.GROUP, groupId)), brokerConfigs);
    }

    /** StreamsGroupHeartbeat 0 and 1. Internal topics that are missing are created before the answer, which still tells of them. */
    public void heartbeat(RequestContext context, StreamsGroupHeartbeatRequestData request, Consumer<StreamsGroupHeartbeatResponseData> reply) {
        HeartbeatRequest checked = new HeartbeatRequest(context, request);
        HeartbeatRequest.Wrong wrong = checked.wrong();
        if (wrong != null) {
            reply.accept(new StreamsGroupHeartbeatResponseData().setErrorCode(wrong.error().code()).setErrorMessage(wrong.message()));
            return;
        }
        groups.submit(request.groupId(), checked.command(new OnceCaller<>(answer -> creation.create(answer, reply),
                error -> new StreamsCommand.HeartbeatAnswer(
                        new StreamsGroupHeartbeatResponseData().setErrorCode(error.code()).setErrorMessage(error.message()), List.of()))));
    }

    /** StreamsGroupDescribe 0 and 1: GROUP_ID_NOT_FOUND for a group, or INVALID_GROUP_ID, which come first. */
    public void describe(RequestContext context, StreamsGroupDescribeRequestData request, Consumer<StreamsGroupDescribeResponseData> reply) {
        List<String> ids = request.groupIds();
        if (ids.isEmpty()) {
            reply.accept(new StreamsGroupDescribeResponseData());
            return;
        }
        Gather<DescribedGroup> gather = new Gather<>(ids.size(), all -> {
            all.stream().filter(group -> request.includeTopologyDescription() && group.errorCode() == Errors.NONE.code())
                    .forEach(group -> group.setTopologyDescriptionStatus(NOT_STORED));
            List<DescribedGroup> groups = new ArrayList<>(all);
            groups.sort(Comparator.comparing(group -> group.errorCode() != Errors.INVALID_GROUP_ID.code()));
            reply.accept(new StreamsGroupDescribeResponseData().setGroups(groups));
        });
        for (int i = 0; i < ids.size(); i++) {
            String groupId = ids.get(i);
            OnceCaller<DescribedGroup> caller = new OnceCaller<>(gather.slot(i),
                    error -> new DescribedGroup().setGroupId(groupId).setErrorCode(error.code()));
            if (groupId.isEmpty()) {
                caller.refuse(Errors.INVALID_GROUP_ID);
            } else {
                groups.submit(groupId, new StreamsCommand.Describe(groupId, caller));
            }
        }
    }

    /** StreamsGroupTopologyDescriptionUpdate 0 (KIP-1331): UNSUPPORTED_VERSION, for descriptions are not kept, and no member is asked for one. */
    public void updateDescription(RequestContext context, StreamsGroupTopologyDescriptionUpdateRequestData request,
            Consumer<StreamsGroupTopologyDescriptionUpdateResponseData> reply) {
        reply.accept(new StreamsGroupTopologyDescriptionUpdateResponseData().setErrorCode(Errors.UNSUPPORTED_VERSION.code())
                .setErrorMessage("The broker has no streams group topology description plugin configured."));
    }
}
