// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.group.OffsetRules;
import java.util.Collection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/** Who may commit offsets in the name of a streams group. */
record StreamsOffsets(StreamsGroup group) implements OffsetRules {
    /** A member whose epoch is behind may still commit for tasks that it had then already (KIP-1251). */
    @Override
    public Errors mayCommit(Committer who, Collection<TopicPartition> partitions) {
        if (who.epoch() < 0 && group.isEmpty() || who.transactional() && who.anonymous()) {
            return Errors.NONE;
        }
        StreamsMember member = group.member(who.memberId());
        if (member == null) {
            return Errors.UNKNOWN_MEMBER_ID;
        }
        if (!who.knowsEpochs() && !who.transactional()) {
            return Errors.UNSUPPORTED_VERSION;
        }
        boolean stale = who.epoch() > member.epoch()
                || who.epoch() < member.epoch() && !partitions.stream().allMatch(partition -> hadAt(member, partition, who.epoch()));
        return !stale ? Errors.NONE : who.knowsEpochs() ? Errors.STALE_MEMBER_EPOCH : Errors.ILLEGAL_GENERATION;
    }

    private boolean hadAt(StreamsMember member, TopicPartition partition, int epoch) {
        Topology.Subtopology reader = group.topology() == null ? null : group.topology().reader(partition.topic());
        if (reader == null) {
            return false;
        }
        TaskId task = new TaskId(reader.id(), partition.partition());
        Integer assigned = member.current().assigned().since().get(task);
        Integer since = assigned == null ? member.current().revoking().since().get(task) : assigned;
        return since != null && since <= epoch;
    }

    @Override
    public Errors mayFetch(String memberId, int memberEpoch) {
        StreamsMember member = group.member(memberId);
        return member == null ? Errors.UNKNOWN_MEMBER_ID : member.epoch() == memberEpoch ? Errors.NONE : Errors.STALE_MEMBER_EPOCH;
    }

    @Override
    public boolean uses(String topic) {
        return !group.isEmpty() && group.topology() != null && group.topology().reader(topic) != null;
    }
}
