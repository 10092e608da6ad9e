// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.group.Gather;
import io.ottla.group.GroupCoordinator;
import io.ottla.group.OnceCaller;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.AlterShareGroupOffsetsRequestData;
import org.apache.kafka.common.message.AlterShareGroupOffsetsRequestData.AlterShareGroupOffsetsRequestPartition;
import org.apache.kafka.common.message.AlterShareGroupOffsetsRequestData.AlterShareGroupOffsetsRequestTopic;
import org.apache.kafka.common.message.AlterShareGroupOffsetsResponseData;
import org.apache.kafka.common.message.AlterShareGroupOffsetsResponseData.AlterShareGroupOffsetsResponsePartition;
import org.apache.kafka.common.message.AlterShareGroupOffsetsResponseData.AlterShareGroupOffsetsResponseTopic;
import org.apache.kafka.common.message.DeleteShareGroupOffsetsRequestData;
import org.apache.kafka.common.message.DeleteShareGroupOffsetsResponseData;
import org.apache.kafka.common.message.DeleteShareGroupOffsetsResponseData.DeleteShareGroupOffsetsResponseTopic;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsRequestData;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsRequestData.DescribeShareGroupOffsetsRequestGroup;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsResponseData;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsResponseData.DescribeShareGroupOffsetsResponseGroup;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsResponseData.DescribeShareGroupOffsetsResponsePartition;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsResponseData.DescribeShareGroupOffsetsResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/** Requests about where share groups are. Safe for any thread. */
final class OffsetRequests {
    private static final long UNKNOWN = -1;

    private final GroupCoordinator groups;
    private final StateRequests state;
    private final TopicCatalog catalog;

    OffsetRequests(GroupCoordinator groups, StateRequests state, TopicCatalog catalog) {
        this.groups = groups;
        this.state = state;
        this.catalog = catalog;
    }

    void describe(DescribeShareGroupOffsetsRequestData request, Consumer<DescribeShareGroupOffsetsResponseData> reply) {
        List<DescribeShareGroupOffsetsRequestGroup> asked = request.groups();
        if (asked.isEmpty()) {
            reply.accept(new DescribeShareGroupOffsetsResponseData());
            return;
        }
        Gather<DescribeShareGroupOffsetsResponseGroup> gather = new Gather<>(
                asked.size(), all -> reply.accept(new DescribeShareGroupOffsetsResponseData().setGroups(all)));
        for (int i = 0; i < asked.size(); i++) {
            DescribeShareGroupOffsetsRequestGroup group = asked.get(i);
            Consumer<DescribeShareGroupOffsetsResponseGroup> slot = gather.slot(i);
            ask(group.groupId(), facts -> {
                if (facts.error() == Errors.GROUP_ID_NOT_FOUND) {
                    // Kafka tells of a group that is not there as of one that has not begun anywhere.
                    describe(group, new MembershipCommand.Facts(true, 0, ReadyPartitions.NONE), slot);
                } else if (facts.error() != Errors.NONE) {
                    slot.accept(new DescribeShareGroupOffsetsResponseGroup().setGroupId(group.groupId())
                            .setErrorCode(facts.error().code()).setErrorMessage(messageOf(facts.error(), group.groupId())));
                } else {
                    describe(group, facts.value(), slot);
                }
            });
        }
    }

    /** GROUP_ID_NOT_FOUND for a group that is not there. */
    private void ask(String groupId, Consumer<Answered<MembershipCommand.Facts>> reply) {
        OnceCaller<Answered<MembershipCommand.Facts>> once = new OnceCaller<>(reply, Answered::refused);
        groups.submit(groupId, new MembershipCommand.AskGroup(groupId, new io.ottla.coordinator.Caller<>() {
            @Override
            public void answer(MembershipCommand.Facts facts) {
                once.answer(facts == null ? Answered.refused(Errors.GROUP_ID_NOT_FOUND) : Answered.of(facts));
            }

            @Override
            public void refuse(Errors error) {
                once.refuse(error);
            }
        }));
    }

    private static String messageOf(Errors error, String groupId) {
        return error == Errors.GROUP_ID_NOT_FOUND ? "Group " + groupId + " not found." : error.message();
    }

    private void describe(
            DescribeShareGroupOffsetsRequestGroup group, MembershipCommand.Facts facts, Consumer<DescribeShareGroupOffsetsResponseGroup> reply) {
        DescribeShareGroupOffsetsResponseGroup response = new DescribeShareGroupOffsetsResponseGroup().setGroupId(group.groupId());
        List<Described> wanted = new ArrayList<>();
        if (group.topics() == null) {
            facts.ready().initialized().forEach((id, partitions) ->
                    wanted.addAll(add(response, partitions.topic(), id, List.copyOf(partitions.indexes()))));
        } else {
            group.topics().forEach(topic -> wanted.addAll(add(response, topic.topicName(), idOf(topic.topicName()), topic.partitions())));
        }
        if (wanted.isEmpty()) {
            reply.accept(response);
            return;
        }
        Gather<Described> gather = new Gather<>(wanted.size(), all -> reply.accept(response));
        for (int i = 0; i < wanted.size(); i++) {
            Described each = wanted.get(i);
            Consumer<Described> slot = gather.slot(i);
            if (each.id.equals(Uuid.ZERO_UUID)) {
                slot.accept(each);
            } else {
                state.read(new SharePartitionKey(group.groupId(), each.id, each.response.partitionIndex()), answer -> {
                    fill(each, answer);
                    slot.accept(each);
                });
            }
        }
    }

    private record Described(Uuid id, DescribeShareGroupOffsetsResponsePartition response) {}

    private static List<Described> add(DescribeShareGroupOffsetsResponseGroup response, String name, Uuid id, List<Integer> partitions) {
        List<Described> described = new ArrayList<>();
        DescribeShareGroupOffsetsResponseTopic topic = new DescribeShareGroupOffsetsResponseTopic().setTopicName(name).setTopicId(id);
        for (int index : partitions) {
            DescribeShareGroupOffsetsResponsePartition partition = new DescribeShareGroupOffsetsResponsePartition()
                    .setPartitionIndex(index).setStartOffset(UNKNOWN).setLag(UNKNOWN);
            topic.partitions().add(partition);
            described.add(new Described(id, partition));
        }
        response.topics().add(topic);
        return described;
    }

    private Uuid idOf(String topic) {
        Topic found = catalog.topics().get(topic);
        return found == null ? Uuid.ZERO_UUID : found.id();
    }

    private void fill(Described each, Answered<ShareSnapshot> answer) {
        if (answer.error() != Errors.NONE) {
            each.response.setErrorCode(answer.error().code()).setErrorMessage(answer.error().message());
            return;
        }
        ShareSnapshot snapshot = answer.value();
        if (snapshot == null || snapshot.startOffset() == SharePartition.NOT_STARTED) {
            return;
        }
        each.response.setStartOffset(snapshot.startOffset()).setLeaderEpoch(snapshot.leaderEpoch());
        Topic topic = catalog.find(each.id);
        if (topic != null && each.response.partitionIndex() < topic.partitions().size()) {
            try {
                long end = topic.partitions().get(each.response.partitionIndex()).offsets().highWatermark();
                each.response.setLag(end - snapshot.startOffset() - snapshot.finished());
            } catch (ApiException e) {
                each.response.setErrorCode(Errors.forException(e).code()).setErrorMessage(e.getMessage());
            }
        }
    }

    void alter(AlterShareGroupOffsetsRequestData request, Consumer<AlterShareGroupOffsetsResponseData> reply) {
        if (request.groupId().isEmpty()) {
            reply.accept(new AlterShareGroupOffsetsResponseData().setErrorCode(Errors.INVALID_GROUP_ID.code()).setErrorMessage(Errors.INVALID_GROUP_ID.message()));
            return;
        }
        Map<Uuid, ReadyPartitions.Partitions> partitions = new TreeMap<>();
        for (AlterShareGroupOffsetsRequestTopic topic : request.topics()) {
            SortedSet<Integer> indexes = new TreeSet<>();
            topic.partitions().stream().filter(each -> exists(topic.topicName(), each.partitionIndex()))
                    .forEach(each -> indexes.add(each.partitionIndex()));
            if (!indexes.isEmpty()) {
                partitions.put(idOf(topic.topicName()), new ReadyPartitions.Partitions(topic.topicName(), indexes));
            }
        }
        groups.submit(request.groupId(), new MembershipCommand.ResetPartitions(request.groupId(), partitions, new OnceCaller<>(
                reset -> {
                    if (reset.error() != Errors.NONE) {
                        reply.accept(new AlterShareGroupOffsetsResponseData().setErrorCode(reset.error().code())
                                .setErrorMessage(messageOf(reset.error(), request.groupId())));
                    } else {
                        alter(request, reset.stateEpoch(), reply);
                    }
                },
                error -> new MembershipCommand.Reset(error, 0))));
    }

    private boolean exists(String name, int partition) {
        Topic topic = catalog.topics().get(name);
        return topic != null && partition >= 0 && partition < topic.partitions().size();
    }

    private void alter(AlterShareGroupOffsetsRequestData request, int stateEpoch, Consumer<AlterShareGroupOffsetsResponseData> reply) {
        AlterShareGroupOffsetsResponseData response = new AlterShareGroupOffsetsResponseData();
        int count = request.topics().stream().mapToInt(topic -> topic.partitions().size()).sum();
        if (count == 0) {
            reply.accept(response);
            return;
        }
        Gather<Errors> gather = new Gather<>(count, all -> reply.accept(response));
        int i = 0;
        for (AlterShareGroupOffsetsRequestTopic topic : request.topics()) {
            AlterShareGroupOffsetsResponseTopic answered = new AlterShareGroupOffsetsResponseTopic()
                    .setTopicName(topic.topicName()).setTopicId(idOf(topic.topicName()));
            response.responses().add(answered);
            for (AlterShareGroupOffsetsRequestPartition asked : topic.partitions()) {
                AlterShareGroupOffsetsResponsePartition partition = new AlterShareGroupOffsetsResponsePartition()
                        .setPartitionIndex(asked.partitionIndex());
                answered.partitions().add(partition);
                Consumer<Errors> slot = gather.slot(i++);
                Consumer<Errors> done = error -> {
                    partition.setErrorCode(error.code()).setErrorMessage(error == Errors.NONE ? null : error.message());
                    slot.accept(error);
                };
                if (exists(topic.topicName(), asked.partitionIndex())) {
                    state.reset(new SharePartitionKey(request.groupId(), answered.topicId(), asked.partitionIndex()),
                            stateEpoch, asked.startOffset(), done);
                } else {
                    done.accept(Errors.UNKNOWN_TOPIC_OR_PARTITION);
                }
            }
        }
    }

    void delete(DeleteShareGroupOffsetsRequestData request, Consumer<DeleteShareGroupOffsetsResponseData> reply) {
        if (request.groupId().isEmpty()) {
            reply.accept(deleted(Errors.INVALID_GROUP_ID, request.groupId()));
            return;
        }
        ask(request.groupId(), facts -> {
            Errors error = facts.error() != Errors.NONE ? facts.error() : facts.value().empty() ? Errors.NONE : Errors.NON_EMPTY_GROUP;
            if (error != Errors.NONE) {
                reply.accept(deleted(error, request.groupId()));
                return;
            }
            DeleteShareGroupOffsetsResponseData response = new DeleteShareGroupOffsetsResponseData();
            List<Uuid> topics = new ArrayList<>();
            List<SharePartitionKey> keys = new ArrayList<>();
            request.topics().forEach(asked -> {
                Uuid id = idOf(asked.topicName());
                ReadyPartitions.Partitions known = facts.value().ready().initialized().get(id);
                DeleteShareGroupOffsetsResponseTopic topic = new DeleteShareGroupOffsetsResponseTopic().setTopicName(asked.topicName()).setTopicId(id);
                response.responses().add(topic);
                if (known == null) {
                    topic.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code()).setErrorMessage(Errors.UNKNOWN_TOPIC_OR_PARTITION.message());
                } else {
                    topics.add(id);
                    known.indexes().forEach(index -> keys.add(new SharePartitionKey(request.groupId(), id, index)));
                }
            });
            state.remove(keys, removed -> forget(request.groupId(), removed, topics, response, reply));
        });
    }

    private void forget(
            String groupId,
            Errors removed,
            List<Uuid> topics,
            DeleteShareGroupOffsetsResponseData response,
            Consumer<DeleteShareGroupOffsetsResponseData> reply) {
        if (removed != Errors.NONE) {
            reply.accept(deleted(removed, groupId));
            return;
        }
        groups.submit(groupId, new MembershipCommand.ForgetTopics(groupId, topics, new OnceCaller<>(
                error -> reply.accept(error == Errors.NONE ? response : deleted(error, groupId)), error -> error)));
    }

    private static DeleteShareGroupOffsetsResponseData deleted(Errors error, String groupId) {
        return new DeleteShareGroupOffsetsResponseData().setErrorCode(error.code()).setErrorMessage(messageOf(error, groupId));
    }
}
