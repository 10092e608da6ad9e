// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.Errors;

/** OffsetCommit, OffsetFetch and OffsetDelete. */
final class OffsetDecisions {
    private static final long NO_OFFSET = -1;

    private final OffsetTable offsets;

    OffsetDecisions(OffsetTable offsets) {
        this.offsets = offsets;
    }

    /**
     * Answers UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION or REBALANCE_IN_PROGRESS where Kafka does. A
     * client that uses no group membership says so with a negative generation; it may commit while nobody is in the group.
     */
    Outcome<GroupCommand, GroupEvent> commit(Group group, GroupCommand.CommitOffsets commit, Moment now) {
        Errors error = check(group, commit);
        if (error != Errors.NONE) {
            return Outcome.reply(commit.caller(), error);
        }
        List<GroupEvent> events = events(commit, now);
        if (commit.producer() == null && group instanceof ClassicGroup classic && classic.hasMember(commit.memberId())) {
            // A member that commits is alive.
            long sessionTimeoutMs = classic.member(commit.memberId()).sessionTimeoutMs;
            events.add(new GroupEvent.SessionProlonged(commit.groupId(), commit.memberId(), now.elapsedMs() + sessionTimeoutMs));
        }
        return Outcome.of(events, commit.caller(), Errors.NONE);
    }

    /** As its rules say; GROUP_ID_NOT_FOUND for a guest that has none. */
    Outcome<GroupCommand, GroupEvent> commitOfGuest(OffsetRules rules, GroupCommand.CommitOffsets commit, Moment now) {
        if (rules == null) {
            return Outcome.reply(commit.caller(), Errors.GROUP_ID_NOT_FOUND);
        }
        OffsetRules.Committer who = new OffsetRules.Committer(
                commit.memberId(), commit.instanceId(), commit.generation(), commit.producer() != null, commit.tellsMissing());
        Errors error = rules.mayCommit(who, commit.commits().stream().map(each -> new TopicPartition(each.topic(), each.partition())).toList());
        if (error == Errors.NONE && commit.producer() != null) {
            error = offsets.checkProducer(commit.producer());
        }
        return error == Errors.NONE ? Outcome.of(events(commit, now), commit.caller(), Errors.NONE) : Outcome.reply(commit.caller(), error);
    }

    private static List<GroupEvent> events(GroupCommand.CommitOffsets commit, Moment now) {
        List<GroupEvent> events = new ArrayList<>(commit.commits().size() + 1);
        GroupCommand.Producer producer = commit.producer();
        for (GroupCommand.Commit each : commit.commits()) {
            GroupEvent.OffsetCommitted committed = committed(commit, each, now);
            events.add(producer == null ? committed : new GroupEvent.OffsetPromised(producer.id(), producer.epoch(), committed));
        }
        return events;
    }

    private static GroupEvent.OffsetCommitted committed(GroupCommand.CommitOffsets commit, GroupCommand.Commit each, Moment now) {
        long expireMs = commit.retentionMs() < 0 ? CommittedOffset.NO_EXPIRY : now.wallMs() + commit.retentionMs();
        return new GroupEvent.OffsetCommitted(commit.groupId(), each.topic(), each.partition(), new CommittedOffset(
                each.offset(), each.leaderEpoch(), each.metadata(), now.wallMs(), expireMs, each.topicId()));
    }

    private Errors check(Group group, GroupCommand.CommitOffsets commit) {
        Errors error = switch (group) {
            case null -> commit.generation() < 0 ? Errors.NONE
                    : commit.tellsMissing() ? Errors.GROUP_ID_NOT_FOUND : Errors.ILLEGAL_GENERATION;
            case ClassicGroup classic -> check(classic, commit);
            case ConsumerGroup consumer -> check(consumer, commit);
        };
        return error == Errors.NONE && commit.producer() != null ? offsets.checkProducer(commit.producer()) : error;
    }

    private static Errors check(ClassicGroup group, GroupCommand.CommitOffsets commit) {
        boolean anonymous = commit.generation() < 0 && commit.memberId().isEmpty() && commit.instanceId() == null;
        if (commit.generation() < 0 && group.isEmpty() || anonymous && commit.producer() != null) {
            // Clients that know nothing of membership: assigned by hand, or transactional ones before KIP-447.
            return Errors.NONE;
        }
        if (anonymous) {
            return Errors.UNKNOWN_MEMBER_ID;
        }
        Errors error = Membership.check(group, commit.memberId(), commit.instanceId(), commit.generation());
        boolean early = commit.producer() == null && group.is(ClassicState.COMPLETING_REBALANCE);
        return error == Errors.NONE && early ? Errors.REBALANCE_IN_PROGRESS : error;
    }

    private static Errors check(ConsumerGroup group, GroupCommand.CommitOffsets commit) {
        boolean anonymous = commit.generation() < 0 && commit.memberId().isEmpty() && commit.instanceId() == null;
        if (commit.generation() < 0 && group.isEmpty() || anonymous && commit.producer() != null) {
            return Errors.NONE;
        }
        ConsumerMember member = group.member(commit.memberId());
        if (member == null) {
            return Errors.UNKNOWN_MEMBER_ID;
        }
        if (!commit.tellsMissing() && commit.producer() == null && !member.isClassic()) {
            // Such a client could not understand STALE_MEMBER_EPOCH.
            return Errors.UNSUPPORTED_VERSION;
        }
        boolean understands = commit.tellsMissing() || commit.producer() == null;
        return commit.generation() == member.epoch() || hadAll(member, commit) ? Errors.NONE
                : understands ? stale(member) : Errors.ILLEGAL_GENERATION;
    }

    /** A commit that was on its way when its member got a new epoch counts if the member had the partitions in the old one, and has them still (KIP-1251). */
    private static boolean hadAll(ConsumerMember member, GroupCommand.CommitOffsets commit) {
        AssignmentEpochs since = member.current().since();
        return commit.generation() < member.epoch()
                && commit.commits().stream().allMatch(each -> commit.generation() >= since.since(each.topicId(), each.partition()));
    }

    private static Errors stale(ConsumerMember member) {
        return member.isClassic() ? Errors.ILLEGAL_GENERATION : Errors.STALE_MEMBER_EPOCH;
    }

    /** Ends what a producer's transaction has committed here. */
    Outcome<GroupCommand, GroupEvent> end(GroupCommand.EndTransaction end) {
        Errors error = offsets.checkMarker(end.producer(), end.coordinatorEpoch());
        if (error != Errors.NONE) {
            return Outcome.reply(end.caller(), error);
        }
        return Outcome.of(List.of(new GroupEvent.TransactionEnded(
                end.producer().id(), end.producer().epoch(), end.coordinatorEpoch(), end.committed())), end.caller(), Errors.NONE);
    }

    /** UNKNOWN_MEMBER_ID or STALE_MEMBER_EPOCH for members of consumer groups; offset -1 where nothing is committed; UNSTABLE_OFFSET_COMMIT where a transaction is open and the client wants to know. */
    Outcome<GroupCommand, GroupEvent> fetch(Group group, OffsetRules rules, GroupCommand.FetchOffsets fetch) {
        OffsetFetchResponseGroup response = new OffsetFetchResponseGroup().setGroupId(fetch.groupId());
        boolean named = fetch.memberId() != null && !fetch.memberId().isEmpty() || fetch.memberEpoch() >= 0;
        Errors error = !named ? Errors.NONE : rules != null ? rules.mayFetch(fetch.memberId(), fetch.memberEpoch())
                : group instanceof ConsumerGroup consumer ? mayFetch(consumer, fetch) : Errors.NONE;
        if (error != Errors.NONE) {
            return Outcome.reply(fetch.caller(), response.setErrorCode(error.code()));
        }
        if (fetch.topics() == null) {
            fetchAll(fetch, response);
        } else {
            for (GroupCommand.TopicPartitions topic : fetch.topics()) {
                OffsetFetchResponseTopics found = new OffsetFetchResponseTopics().setName(topic.topic()).setTopicId(topic.topicId());
                for (int partition : topic.partitions()) {
                    CommittedOffset offset = offsets.get(fetch.groupId(), topic.topic(), partition);
                    boolean valid = offset != null && offset.belongsTo(topic.topicId());
                    found.partitions().add(answer(fetch, topic.topic(), partition, valid ? offset : null));
                }
                response.topics().add(found);
            }
        }
        return Outcome.reply(fetch.caller(), response);
    }

    private static Errors mayFetch(ConsumerGroup group, GroupCommand.FetchOffsets fetch) {
        ConsumerMember member = group.member(fetch.memberId());
        return member == null ? Errors.UNKNOWN_MEMBER_ID : member.epoch() == fetch.memberEpoch() ? Errors.NONE : stale(member);
    }

    private void fetchAll(GroupCommand.FetchOffsets fetch, OffsetFetchResponseGroup response) {
        offsets.of(fetch.groupId()).forEach((topic, partitions) -> {
            OffsetFetchResponseTopics found = new OffsetFetchResponseTopics().setName(topic);
            partitions.forEach((partition, offset) -> {
                found.partitions().add(answer(fetch, topic, partition, offset));
                found.setTopicId(offset.topicId());
            });
            response.topics().add(found);
        });
    }

    private OffsetFetchResponsePartitions answer(GroupCommand.FetchOffsets fetch, String topic, int partition, CommittedOffset offset) {
        OffsetFetchResponsePartitions answer = new OffsetFetchResponsePartitions()
                .setPartitionIndex(partition).setCommittedOffset(NO_OFFSET).setMetadata("");
        if (fetch.requireStable() && offsets.isUnstable(fetch.groupId(), topic, partition)) {
            return answer.setErrorCode(Errors.UNSTABLE_OFFSET_COMMIT.code());
        }
        return offset == null ? answer : answer.setCommittedOffset(offset.offset())
                .setCommittedLeaderEpoch(offset.leaderEpoch())
                .setMetadata(offset.metadata());
    }

    /** GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP for groups that are not consumers, and GROUP_SUBSCRIBED_TO_TOPIC topic by topic. */
    Outcome<GroupCommand, GroupEvent> delete(Group group, OffsetRules rules, GroupCommand.DeleteOffsets delete) {
        if (group == null && rules == null && offsets.of(delete.groupId()).isEmpty()) {
            return Outcome.reply(delete.caller(), new GroupCommand.OffsetsDeleted(Errors.GROUP_ID_NOT_FOUND, Set.of()));
        }
        if (group instanceof ClassicGroup classic && !classic.isEmpty() && !classic.speaksConsumerProtocol()) {
            return Outcome.reply(delete.caller(), new GroupCommand.OffsetsDeleted(Errors.NON_EMPTY_GROUP, Set.of()));
        }
        Set<String> subscribed = new HashSet<>();
        List<GroupEvent> events = new ArrayList<>();
        for (GroupCommand.TopicPartitions topic : delete.topics()) {
            if (rules == null ? uses(group, topic.topic()) : rules.uses(topic.topic())) {
                subscribed.add(topic.topic());
            } else {
                remove(delete.groupId(), topic, events);
            }
        }
        return Outcome.of(events, delete.caller(), new GroupCommand.OffsetsDeleted(Errors.NONE, subscribed));
    }

    private static boolean uses(Group group, String topic) {
        return group != null && !group.isEmpty() && (group.subscribedTopics() == null || group.subscribedTopics().contains(topic));
    }

    private void remove(String groupId, GroupCommand.TopicPartitions topic, List<GroupEvent> events) {
        for (int partition : topic.partitions()) {
            if (offsets.get(groupId, topic.topic(), partition) != null || offsets.isUnstable(groupId, topic.topic(), partition)) {
                events.add(new GroupEvent.OffsetRemoved(groupId, topic.topic(), partition));
            }
        }
    }

    /** Tombstones for everything that a group has committed, and for what open transactions hold for it. */
    List<GroupEvent> removeAll(String groupId) {
        List<GroupEvent> events = new ArrayList<>();
        offsets.of(groupId).forEach((topic, partitions) -> partitions.keySet().forEach(partition ->
                events.add(new GroupEvent.OffsetRemoved(groupId, topic, partition))));
        offsets.promised(groupId).forEach((topic, partitions) -> partitions.stream()
                .filter(partition -> offsets.get(groupId, topic, partition) == null)
                .forEach(partition -> events.add(new GroupEvent.OffsetRemoved(groupId, topic, partition))));
        return events;
    }
}
