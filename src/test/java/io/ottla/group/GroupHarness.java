// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.ManualRuntime;
import io.ottla.topic.FakeCatalog;
import io.ottla.wire.RequestContext;
import io.ottla.world.ManualClock;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.ConsumerProtocolAssignment;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.utils.Utils;

/** A group coordinator over topics in memory, with time and turns in the test's hands. */
final class GroupHarness {
    static final int SESSION_MS = 10_000;
    static final int REBALANCE_MS = 60_000;

    final ManualClock clock = new ManualClock(1_700_000_000_000L);
    final FakeCatalog catalog = new FakeCatalog(false);
    final GroupSettings settings;
    private final List<Runnable> putOff = new ArrayList<>();
    private ManualRuntime runtime;
    private GroupCoordinator coordinator;

    /** The answer to one request, when it has come. */
    static final class Answer<R> implements Consumer<R> {
        private final List<R> received = new ArrayList<>();

        @Override
        public void accept(R response) {
            received.add(response);
            if (received.size() > 1) {
                throw new AssertionError("answered more than once: " + received);
            }
        }

        boolean pending() {
            return received.isEmpty();
        }

        R get() {
            if (received.isEmpty()) {
                throw new AssertionError("no answer yet");
            }
            return received.getFirst();
        }
    }

    GroupHarness(Map<String, ?> configs) {
        settings = GroupSettings.of(configs);
        catalog.create("orders", 4, Map.of());
        restart();
    }

    /** A new process over what the old one has written. */
    void restart() {
        runtime = new ManualRuntime(clock, 1);
        coordinator = new GroupCoordinator(runtime.runtime(), catalog, settings);
    }

    GroupCoordinator coordinator() {
        return coordinator;
    }

    /** The topic's name, also of one that is gone. */
    String nameOf(Uuid topicId) {
        return catalog.find(topicId) == null ? "gone" : catalog.find(topicId).name();
    }

    void advance(long ms) {
        runtime.advance(ms);
        settle();
    }

    /** Works until there is nothing to do now, and then does what was put off until here. */
    void settle() {
        runtime.settle();
        List<Runnable> due = List.copyOf(putOff);
        putOff.clear();
        due.forEach(Runnable::run);
    }

    /** Runs {@code action} when everybody has been answered. */
    void afterSettling(Runnable action) {
        putOff.add(action);
    }

    static RequestContext context(int version) {
        return new RequestContext((short) version, "client", "/127.0.0.1", "PLAINTEXT");
    }

    static byte[] subscription(String... topics) {
        return subscription(List.of(topics), List.of());
    }

    /** @param owned partitions of the first topic that the member has not given up */
    static byte[] subscription(List<String> topics, List<Integer> owned) {
        ConsumerProtocolSubscription subscription = new ConsumerProtocolSubscription().setTopics(topics);
        if (!owned.isEmpty()) {
            subscription.ownedPartitions().add(new ConsumerProtocolSubscription.TopicPartition().setTopic(topics.getFirst()).setPartitions(owned));
        }
        return Utils.toArray(MessageUtil.toVersionPrefixedByteBuffer((short) 1, subscription));
    }

    static byte[] assignment(String topic, Integer... partitions) {
        ConsumerProtocolAssignment data = new ConsumerProtocolAssignment();
        data.assignedPartitions().add(new ConsumerProtocolAssignment.TopicPartition().setTopic(topic).setPartitions(List.of(partitions)));
        ByteBuffer bytes = MessageUtil.toVersionPrefixedByteBuffer((short) 1, data);
        byte[] array = new byte[bytes.remaining()];
        bytes.get(array);
        return array;
    }

    JoinGroupRequestData joinRequest(String group, String memberId, String instanceId, String... protocols) {
        JoinGroupRequestProtocolCollection all = new JoinGroupRequestProtocolCollection();
        for (String each : protocols) {
            all.add(new JoinGroupRequestProtocol().setName(each).setMetadata(subscription("orders")));
        }
        return new JoinGroupRequestData()
                .setGroupId(group)
                .setMemberId(memberId)
                .setGroupInstanceId(instanceId)
                .setSessionTimeoutMs(SESSION_MS)
                .setRebalanceTimeoutMs(REBALANCE_MS)
                .setProtocolType("consumer")
                .setProtocols(all);
    }

    Answer<JoinGroupResponseData> join(int version, JoinGroupRequestData request) {
        Answer<JoinGroupResponseData> answer = new Answer<>();
        coordinator.joinGroup(context(version), request, answer);
        settle();
        return answer;
    }

    /** Joins with version 3, in which a newcomer is a member at once. */
    Answer<JoinGroupResponseData> join(String group, String memberId) {
        return join(3, joinRequest(group, memberId, null, "range"));
    }

    Answer<JoinGroupResponseData> joinStatic(int version, String group, String memberId, String instanceId) {
        return join(version, joinRequest(group, memberId, instanceId, "range"));
    }

    Answer<SyncGroupResponseData> sync(String group, String memberId, int generation, Map<String, byte[]> assignments) {
        return sync(group, memberId, null, generation, assignments);
    }

    Answer<SyncGroupResponseData> sync(String group, String memberId, String instanceId, int generation, Map<String, byte[]> assignments) {
        Answer<SyncGroupResponseData> answer = new Answer<>();
        sync(group, memberId, instanceId, generation, assignments, answer);
        return answer;
    }

    void sync(String group, String memberId, String instanceId, int generation, Map<String, byte[]> assignments, Consumer<SyncGroupResponseData> reply) {
        SyncGroupRequestData request = new SyncGroupRequestData()
                .setGroupId(group).setMemberId(memberId).setGroupInstanceId(instanceId).setGenerationId(generation);
        assignments.forEach((id, bytes) -> request.assignments().add(new SyncGroupRequestAssignment().setMemberId(id).setAssignment(bytes)));
        coordinator.syncGroup(context(4), request, reply);
        settle();
    }

    Errors heartbeat(String group, String memberId, int generation) {
        return heartbeat(group, memberId, null, generation);
    }

    Errors heartbeat(String group, String memberId, String instanceId, int generation) {
        Answer<HeartbeatResponseData> answer = new Answer<>();
        coordinator.heartbeat(context(4), new HeartbeatRequestData()
                .setGroupId(group).setMemberId(memberId).setGroupInstanceId(instanceId).setGenerationId(generation), answer);
        settle();
        return Errors.forCode(answer.get().errorCode());
    }

    LeaveGroupResponseData leave(String group, MemberIdentity... members) {
        Answer<LeaveGroupResponseData> answer = new Answer<>();
        coordinator.leaveGroup(context(5), new LeaveGroupRequestData().setGroupId(group).setMembers(List.of(members)), answer);
        settle();
        return answer.get();
    }

    Errors leave(String group, String memberId) {
        return Errors.forCode(leave(group, new MemberIdentity().setMemberId(memberId)).members().getFirst().errorCode());
    }

    Errors commit(String group, String memberId, int generation, int partition, long offset) {
        return commit(8, group, memberId, null, generation, partition, offset, "");
    }

    Errors commit(int version, String group, String memberId, String instanceId, int generation, int partition, long offset, String metadata) {
        Answer<OffsetCommitResponseData> answer = new Answer<>();
        coordinator.offsetCommit(context(version), new OffsetCommitRequestData()
                .setGroupId(group).setMemberId(memberId).setGroupInstanceId(instanceId).setGenerationIdOrMemberEpoch(generation)
                .setTopics(List.of(new OffsetCommitRequestTopic()
                        .setName("orders")
                        .setTopicId(catalog.topics().get("orders").id())
                        .setPartitions(List.of(new OffsetCommitRequestPartition()
                                .setPartitionIndex(partition).setCommittedOffset(offset).setCommittedMetadata(metadata))))), answer);
        settle();
        return Errors.forCode(answer.get().topics().getFirst().partitions().getFirst().errorCode());
    }

    void beat(int version, ConsumerGroupHeartbeatRequestData request, Consumer<ConsumerGroupHeartbeatResponseData> reply) {
        coordinator.consumerGroupHeartbeat(context(version), request, reply);
        settle();
    }

    ConsumerGroupDescribeResponseData.DescribedGroup describeConsumers(String group) {
        Answer<ConsumerGroupDescribeResponseData> answer = new Answer<>();
        coordinator.consumerGroupDescribe(context(1), new ConsumerGroupDescribeRequestData().setGroupIds(List.of(group)), answer);
        settle();
        return answer.get().groups().getFirst();
    }

    /** The committed offset, or -1. */
    long fetch(String group, int partition) {
        return Long.parseLong(offset(group, partition, false));
    }

    /** The committed offset, or -1, or an error. */
    String offset(String group, int partition, boolean stable) {
        Answer<OffsetFetchResponseData> answer = new Answer<>();
        coordinator.offsetFetch(context(9), new OffsetFetchRequestData().setRequireStable(stable).setGroups(List.of(new OffsetFetchRequestGroup()
                .setGroupId(group)
                .setTopics(List.of(new OffsetFetchRequestTopics().setName("orders").setPartitionIndexes(List.of(partition)))))), answer);
        settle();
        var found = answer.get().groups().getFirst().topics().getFirst().partitions().getFirst();
        return found.errorCode() == 0 ? Long.toString(found.committedOffset()) : Errors.forCode(found.errorCode()).name();
    }

    Errors commitInTransaction(String group, String memberId, int generation, long producerId, int epoch, int partition, long offset) {
        Answer<TxnOffsetCommitResponseData> answer = new Answer<>();
        coordinator.txnOffsetCommit(context(3), new TxnOffsetCommitRequestData()
                .setGroupId(group).setMemberId(memberId).setGenerationIdOrMemberEpoch(generation)
                .setProducerId(producerId).setProducerEpoch((short) epoch)
                .setTopics(List.of(new TxnOffsetCommitRequestTopic().setName("orders").setPartitions(List.of(
                        new TxnOffsetCommitRequestPartition().setPartitionIndex(partition).setCommittedOffset(offset))))), answer);
        settle();
        return Errors.forCode(answer.get().topics().getFirst().partitions().getFirst().errorCode());
    }

    Errors endTransaction(String group, long producerId, int epoch, boolean commit) {
        Answer<Errors> answer = new Answer<>();
        coordinator.completeTransaction(coordinator.partitionFor(group), producerId, (short) epoch, 0, commit, answer);
        settle();
        return answer.get();
    }

    Errors deleteOffset(String group, int partition) {
        OffsetDeleteRequestData request = new OffsetDeleteRequestData().setGroupId(group);
        request.topics().add(new OffsetDeleteRequestTopic().setName("orders")
                .setPartitions(List.of(new OffsetDeleteRequestPartition().setPartitionIndex(partition))));
        Answer<OffsetDeleteResponseData> answer = new Answer<>();
        coordinator.offsetDelete(context(0), request, answer);
        settle();
        return Errors.forCode(answer.get().errorCode() != 0 ? answer.get().errorCode()
                : answer.get().topics().iterator().next().partitions().iterator().next().errorCode());
    }

    Errors deleteGroup(String group) {
        Answer<DeleteGroupsResponseData> answer = new Answer<>();
        coordinator.deleteGroups(context(2), new DeleteGroupsRequestData().setGroupsNames(List.of(group)), answer);
        settle();
        return Errors.forCode(answer.get().results().iterator().next().errorCode());
    }

    /** The ids of the groups in one of these states; of all groups if none is named. */
    List<String> listGroups(String... states) {
        Answer<ListGroupsResponseData> answer = new Answer<>();
        coordinator.listGroups(context(5), new ListGroupsRequestData().setStatesFilter(List.of(states)), answer);
        settle();
        return answer.get().groups().stream().map(ListedGroup::groupId).sorted().toList();
    }

    String state(String group) {
        return describe(group).groupState();
    }

    DescribedGroup describe(String group) {
        Answer<DescribeGroupsResponseData> answer = new Answer<>();
        coordinator.describeGroups(context(5), new DescribeGroupsRequestData().setGroups(List.of(group)), answer);
        settle();
        return answer.get().groups().getFirst();
    }

    List<Rebalance> rebalances(String group) {
        Answer<List<Rebalance>> answer = new Answer<>();
        coordinator.rebalances(group, answer);
        settle();
        return answer.get();
    }
}
