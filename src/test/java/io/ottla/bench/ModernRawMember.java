// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData.TopicPartitions;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;

/** The consumer protocol (KIP-848): takes up at once what it is assigned, and says so with the next heartbeat. */
final class ModernRawMember implements RawMember {
    private static final short VERSION = 1;
    private static final int REBALANCE_TIMEOUT_MS = 60_000;
    private static final int JOINING = 0;

    private final String group;
    private final String topic;
    private final Uuid topicId;
    private final String id = Uuid.randomUuid().toString();
    private int epoch = JOINING;
    private Set<Integer> owned = Set.of();
    private boolean toBeToldOf;
    private volatile Standing standing = Standing.OUTSIDE;

    ModernRawMember(String group, String topic, Uuid topicId) {
        this.group = group;
        this.topic = topic;
        this.topicId = topicId;
    }

    @Override
    public ByteBuffer ask() {
        return RawClient.encode(request(), VERSION, 0);
    }

    @Override
    public Next take(ByteBuffer bytes) {
        ConsumerGroupHeartbeatResponseData answer = RawAnswers.read(bytes, new ConsumerGroupHeartbeatResponseData(), VERSION);
        if (answer.errorCode() != 0) {
            if (!Retriable.is(answer.errorCode())) {
                throw new IllegalStateException("member of " + group + " refused: " + Errors.forCode(answer.errorCode()));
            }
            return Next.SOON;
        }
        boolean moves = epoch != answer.memberEpoch() || answer.assignment() != null;
        epoch = answer.memberEpoch();
        toBeToldOf = answer.assignment() != null;
        if (toBeToldOf) {
            owned = new HashSet<>();
            answer.assignment().topicPartitions().forEach(partitions -> owned.addAll(partitions.partitions()));
        }
        if (moves) {
            standing = new Standing(epoch, owned);
        }
        return toBeToldOf ? Next.AT_ONCE : Next.AT_ITS_HEARTBEAT;
    }

    private ConsumerGroupHeartbeatRequestData request() {
        ConsumerGroupHeartbeatRequestData request = new ConsumerGroupHeartbeatRequestData().setGroupId(group).setMemberId(id).setMemberEpoch(epoch);
        if (epoch == JOINING) {
            return request.setRebalanceTimeoutMs(REBALANCE_TIMEOUT_MS).setSubscribedTopicNames(List.of(topic)).setTopicPartitions(List.of());
        }
        if (toBeToldOf) {
            request.setTopicPartitions(owned.isEmpty() ? List.of() : List.of(new TopicPartitions().setTopicId(topicId).setPartitions(List.copyOf(owned))));
        }
        return request;
    }

    @Override
    public boolean joins() {
        return epoch == JOINING;
    }

    @Override
    public Standing standing() {
        return standing;
    }
}
