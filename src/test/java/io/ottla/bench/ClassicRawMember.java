// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.ConsumerProtocolAssignment;
import org.apache.kafka.common.message.ConsumerProtocolAssignment.TopicPartition;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.utils.Utils;

/** The classic protocol, spoken as consumers do: brokers may look into their subscriptions and assignments. A leader gives partition p to the member whose turn it is. */
final class ClassicRawMember implements RawMember {
    private static final short JOIN_VERSION = 9;
    private static final short SYNC_VERSION = 5;
    private static final short HEARTBEAT_VERSION = 4;
    /** The longest that brokers accept: members that a row leaves behind must not run out while it measures others. */
    private static final int SESSION_TIMEOUT_MS = 1_800_000;
    private static final int REBALANCE_TIMEOUT_MS = 60_000;
    private static final String PROTOCOL = "range";
    private static final short CONSUMERS_VERSION = 3;

    private enum State { JOINING, SYNCING, MEMBER }

    private final String group;
    private final String topic;
    private final int partitions;
    private State state = State.JOINING;
    private String id = "";
    private int generation;
    private List<String> followers = List.of();
    private volatile Standing standing = Standing.OUTSIDE;

    ClassicRawMember(String group, String topic, int partitions) {
        this.group = group;
        this.topic = topic;
        this.partitions = partitions;
    }

    @Override
    public ByteBuffer ask() {
        return switch (state) {
            case JOINING -> RawClient.encode(join(), JOIN_VERSION, 0);
            case SYNCING -> RawClient.encode(sync(), SYNC_VERSION, 0);
            case MEMBER -> RawClient.encode(new HeartbeatRequestData().setGroupId(group).setMemberId(id).setGenerationId(generation), HEARTBEAT_VERSION, 0);
        };
    }

    private JoinGroupRequestData join() {
        JoinGroupRequestProtocolCollection protocols = new JoinGroupRequestProtocolCollection();
        protocols.add(new JoinGroupRequestProtocol().setName(PROTOCOL).setMetadata(bytes(new ConsumerProtocolSubscription().setTopics(List.of(topic)))));
        return new JoinGroupRequestData().setGroupId(group).setMemberId(id).setProtocolType("consumer")
                .setProtocols(protocols).setSessionTimeoutMs(SESSION_TIMEOUT_MS).setRebalanceTimeoutMs(REBALANCE_TIMEOUT_MS);
    }

    private SyncGroupRequestData sync() {
        return new SyncGroupRequestData().setGroupId(group).setMemberId(id).setGenerationId(generation)
                .setProtocolType("consumer").setProtocolName(PROTOCOL).setAssignments(assign(followers));
    }

    @Override
    public Next take(ByteBuffer answer) {
        return switch (state) {
            case JOINING -> joined(RawAnswers.read(answer, new JoinGroupResponseData(), JOIN_VERSION));
            case SYNCING -> synced(RawAnswers.read(answer, new SyncGroupResponseData(), SYNC_VERSION));
            case MEMBER -> after(RawAnswers.read(answer, new HeartbeatResponseData(), HEARTBEAT_VERSION).errorCode());
        };
    }

    /** The request that brings no id yet does not count: the broker only gives it one. */
    @Override
    public boolean joins() {
        return state == State.JOINING && !id.isEmpty();
    }

    @Override
    public Standing standing() {
        return standing;
    }

    private Next joined(JoinGroupResponseData answer) {
        if (answer.errorCode() == Errors.MEMBER_ID_REQUIRED.code()) {
            id = answer.memberId();
            return Next.AT_ONCE;
        }
        if (answer.errorCode() != 0) {
            return after(answer.errorCode());
        }
        id = answer.memberId();
        generation = answer.generationId();
        followers = answer.leader().equals(id) ? answer.members().stream().map(member -> member.memberId()).toList() : List.of();
        state = State.SYNCING;
        return Next.AT_ONCE;
    }

    private Next synced(SyncGroupResponseData answer) {
        followers = List.of();
        if (answer.errorCode() != 0) {
            return after(answer.errorCode());
        }
        Set<Integer> mine = new HashSet<>();
        ByteBuffer assignment = ByteBuffer.wrap(answer.assignment());
        short version = assignment.getShort();
        new ConsumerProtocolAssignment(new ByteBufferAccessor(assignment), version).assignedPartitions().forEach(each -> mine.addAll(each.partitions()));
        standing = new Standing(generation, mine);
        state = State.MEMBER;
        return Next.AT_ITS_HEARTBEAT;
    }

    private List<SyncGroupRequestAssignment> assign(List<String> members) {
        List<SyncGroupRequestAssignment> all = new ArrayList<>();
        for (int member = 0; member < members.size(); member++) {
            List<Integer> mine = IntStream.iterate(member, partition -> partition < partitions, partition -> partition + members.size()).boxed().toList();
            ConsumerProtocolAssignment assignment = new ConsumerProtocolAssignment();
            if (!mine.isEmpty()) {
                assignment.assignedPartitions().add(new TopicPartition().setTopic(topic).setPartitions(mine));
            }
            all.add(new SyncGroupRequestAssignment().setMemberId(members.get(member)).setAssignment(bytes(assignment)));
        }
        return all;
    }

    private static byte[] bytes(Message ofConsumers) {
        return Utils.toArray(MessageUtil.toVersionPrefixedByteBuffer(CONSUMERS_VERSION, ofConsumers));
    }

    /** An error means to join again. */
    private Next after(short error) {
        if (error == 0) {
            return Next.AT_ITS_HEARTBEAT;
        }
        if (error == Errors.UNKNOWN_MEMBER_ID.code()) {
            id = "";
        } else if (error != Errors.REBALANCE_IN_PROGRESS.code() && error != Errors.ILLEGAL_GENERATION.code() && !Retriable.is(error)) {
            throw new IllegalStateException("member of " + group + " refused: " + Errors.forCode(error));
        }
        standing = Standing.OUTSIDE;
        state = State.JOINING;
        return Retriable.is(error) && error != Errors.REBALANCE_IN_PROGRESS.code() ? Next.SOON : Next.AT_ONCE;
    }
}
