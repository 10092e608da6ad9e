// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.JournalEntry;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import io.ottla.group.GuestGroups;
import io.ottla.topic.TopicView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.protocol.Errors;

/** The share groups of one partition of __consumer_offsets: who is in them, and who is to work on what. */
final class ShareGroups implements GuestGroups {
    private final Function<String, ShareGroupConfig> configs;
    private final Function<String, Tenant> tenants;
    private final Caller<Deletion> deletions;
    private final Heartbeating heartbeats;
    private final Map<String, ShareGroup> groups = new HashMap<>();

    /** State that has to go before its group can: then {@link MembershipCommand.Forget}. */
    record Deletion(String groupId, List<SharePartitionKey> state, Caller<Errors> caller) {}

    /**
     * @param configs   what is in force for a group
     * @param tenants   who else has an id
     * @param deletions is told of groups that are to be deleted
     */
    ShareGroups(Function<String, ShareGroupConfig> configs, TopicView topics, Function<String, Tenant> tenants, Caller<Deletion> deletions) {
        this.configs = configs;
        this.tenants = tenants;
        this.deletions = deletions;
        this.heartbeats = new Heartbeating(topics);
    }

    @Override
    public Outcome<GuestCommand, GuestEvent> decide(GuestCommand command, Moment now) {
        return switch ((MembershipCommand) command) {
            case MembershipCommand.Heartbeat heartbeat -> heartbeat(heartbeat, now);
            case MembershipCommand.PartitionsAreReady ready -> groups.containsKey(ready.heartbeat().groupId())
                    ? heartbeats.ready(groups.get(ready.heartbeat().groupId()), ready)
                    : notFound(ready.heartbeat());
            case MembershipCommand.Describe describe ->
                    Outcome.reply(describe.caller(), describe(describe.groupId()));
            case MembershipCommand.AskGroup ask -> Outcome.reply(ask.caller(), facts(groups.get(ask.groupId())));
            case MembershipCommand.ResetPartitions reset -> reset(reset);
            case MembershipCommand.ForgetTopics forget -> forgetTopics(forget);
            case MembershipCommand.TopicDeleted deleted -> topicDeleted(deleted);
            case MembershipCommand.Delete delete -> delete(delete);
            case MembershipCommand.Forget forget -> forget(forget);
            case MembershipCommand.SessionOver over -> sessionOver(over);
        };
    }

    private Outcome<GuestCommand, GuestEvent> heartbeat(MembershipCommand.Heartbeat heartbeat, Moment now) {
        ShareGroup group = groups.get(heartbeat.groupId());
        if (group != null) {
            return heartbeats.decide(group, configs.apply(heartbeat.groupId()), heartbeat, now);
        }
        if (tenants.apply(heartbeat.groupId()) != Tenant.NOBODY) {
            return Heartbeating.refuse(heartbeat, Errors.GROUP_ID_NOT_FOUND, "Group " + heartbeat.groupId() + " is not a share group.");
        }
        return heartbeat.memberEpoch() == 0
                ? heartbeats.decide(new ShareGroup(heartbeat.groupId()), configs.apply(heartbeat.groupId()), heartbeat, now)
                : notFound(heartbeat);
    }

    private static Outcome<GuestCommand, GuestEvent> notFound(MembershipCommand.Heartbeat heartbeat) {
        return Heartbeating.refuse(heartbeat, Errors.GROUP_ID_NOT_FOUND, (heartbeat.memberEpoch() < 0 ? "Group " : "Share group ") + heartbeat.groupId() + " not found.");
    }

    private DescribedGroup describe(String groupId) {
        ShareGroup group = groups.get(groupId);
        return group != null ? ShareDescriptions.describe(group) : ShareDescriptions.missing(groupId, tenants.apply(groupId) != Tenant.NOBODY);
    }

    private static MembershipCommand.Facts facts(ShareGroup group) {
        return group == null ? null : new MembershipCommand.Facts(group.isEmpty(), group.epoch(), group.ready());
    }

    /** A group that does not exist begins with this, as in Kafka, if there is anything to begin with. */
    private Outcome<GuestCommand, GuestEvent> reset(MembershipCommand.ResetPartitions reset) {
        boolean fresh = !groups.containsKey(reset.groupId()) && tenants.apply(reset.groupId()) == Tenant.NOBODY;
        ShareGroup group = fresh ? new ShareGroup(reset.groupId()) : groups.get(reset.groupId());
        Errors error = emptyGroup(group);
        if (error != Errors.NONE) {
            return Outcome.reply(reset.caller(), new MembershipCommand.Reset(error, 0));
        }
        List<GuestEvent> events = new ArrayList<>();
        if (!reset.partitions().isEmpty()) {
            if (fresh) {
                events.add(new MembershipEvent.GroupKept(group.groupId, group.epoch(), group.topicsHash()));
                events.add(new MembershipEvent.TargetComputed(group.groupId, group.epoch(), 0));
            }
            events.add(new MembershipEvent.PartitionsReady(group.groupId, group.ready().with(reset.partitions())));
        }
        return Outcome.of(events, reset.caller(), new MembershipCommand.Reset(Errors.NONE, group.epoch()));
    }

    private static Errors emptyGroup(ShareGroup group) {
        return group == null ? Errors.GROUP_ID_NOT_FOUND : group.isEmpty() ? Errors.NONE : Errors.NON_EMPTY_GROUP;
    }

    private Outcome<GuestCommand, GuestEvent> forgetTopics(MembershipCommand.ForgetTopics forget) {
        ShareGroup group = groups.get(forget.groupId());
        return group == null
                ? Outcome.reply(forget.caller(), Errors.GROUP_ID_NOT_FOUND)
                : Outcome.of(List.of(new MembershipEvent.PartitionsReady(group.groupId, group.ready().without(forget.topics()))),
                        forget.caller(), Errors.NONE);
    }

    private Outcome<GuestCommand, GuestEvent> topicDeleted(MembershipCommand.TopicDeleted deleted) {
        List<GuestEvent> events = new ArrayList<>();
        List<SharePartitionKey> state = new ArrayList<>();
        for (ShareGroup group : groups.values()) {
            ReadyPartitions.Partitions partitions = group.ready().initialized().get(deleted.topic());
            if (partitions != null) {
                partitions.indexes().forEach(index -> state.add(new SharePartitionKey(group.groupId, deleted.topic(), index)));
                events.add(new MembershipEvent.PartitionsReady(group.groupId, group.ready().without(List.of(deleted.topic()))));
            }
        }
        return Outcome.of(events, deleted.caller(), state);
    }

    private Outcome<GuestCommand, GuestEvent> delete(MembershipCommand.Delete delete) {
        ShareGroup group = groups.get(delete.groupId());
        Errors error = emptyGroup(group);
        return error == Errors.NONE
                ? Outcome.reply(deletions, new Deletion(group.groupId, stateOf(group), delete.caller()))
                : Outcome.reply(delete.caller(), error);
    }

    private static List<SharePartitionKey> stateOf(ShareGroup group) {
        List<SharePartitionKey> state = new ArrayList<>();
        group.ready().initialized().forEach((topic, partitions) ->
                partitions.indexes().forEach(index -> state.add(new SharePartitionKey(group.groupId, topic, index))));
        return state;
    }

    private Outcome<GuestCommand, GuestEvent> forget(MembershipCommand.Forget forget) {
        ShareGroup group = groups.get(forget.groupId());
        Errors error = emptyGroup(group);
        if (error != Errors.NONE) {
            return Outcome.reply(forget.caller(), error);
        }
        List<GuestEvent> events = List.of(
                new MembershipEvent.TargetGone(group.groupId),
                new MembershipEvent.PartitionsGone(group.groupId),
                new MembershipEvent.GroupRemoved(group.groupId));
        return Outcome.of(events, forget.caller(), Errors.NONE);
    }

    private Outcome<GuestCommand, GuestEvent> sessionOver(MembershipCommand.SessionOver over) {
        ShareGroup group = groups.get(over.groupId());
        if (group == null || !group.members().containsKey(over.memberId())) {
            return Outcome.nothing();
        }
        Outcome.Builder<GuestCommand, GuestEvent> outcome = Outcome.builder();
        Heartbeating.remove(group, over.memberId(), outcome);
        return outcome.build();
    }

    @Override
    public void apply(GuestEvent event) {
        MembershipEvent change = (MembershipEvent) event;
        if (change instanceof MembershipEvent.GroupRemoved removed) {
            groups.remove(removed.groupId());
        } else if (!MembershipRecords.isTombstone(change) || groups.containsKey(change.groupId())) {
            groups.computeIfAbsent(change.groupId(), ShareGroup::new).apply(change);
        }
    }

    @Override
    public JournalEntry encode(GuestEvent event) {
        return MembershipRecords.encode((MembershipEvent) event);
    }

    @Override
    public GuestEvent decode(JournalEntry entry) {
        return entry instanceof JournalEntry.Plain plain ? MembershipRecords.decode(plain.key(), plain.value()) : null;
    }

    /** Members that the journal knows have a whole session from now to show that they are alive. */
    @Override
    public Outcome<GuestCommand, GuestEvent> loaded(Moment now) {
        Outcome.Builder<GuestCommand, GuestEvent> outcome = Outcome.builder();
        for (ShareGroup group : groups.values()) {
            long deadlineMs = now.elapsedMs() + configs.apply(group.groupId).sessionTimeoutMs();
            group.members().keySet().forEach(member -> outcome.timer(new MembershipCommand.SessionOver(group.groupId, member), deadlineMs));
        }
        return outcome.build();
    }

    @Override
    public void abandon(Errors error) {
        // Nobody is parked here: every heartbeat is answered at once.
    }

    @Override
    public String kind() {
        return ShareGroup.TYPE;
    }

    @Override
    public boolean keeps(short recordKind) {
        return MembershipRecords.keeps(recordKind);
    }

    @Override
    public boolean holds(String groupId) {
        return groups.containsKey(groupId);
    }

    @Override
    public List<ListedGroup> list() {
        return ShareDescriptions.list(groups.values());
    }

    @Override
    public GuestCommand delete(String groupId, Caller<Errors> caller) {
        return new MembershipCommand.Delete(groupId, caller);
    }

    /** For tests that compare shards. */
    Collection<ShareGroup> groups() {
        return groups.values();
    }
}
