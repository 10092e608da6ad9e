// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.JournalEntry;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import io.ottla.group.GuestGroups;
import io.ottla.group.OffsetRules;
import io.ottla.topic.TopicView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.protocol.Errors;

/** The streams groups of one partition of __consumer_offsets. */
final class StreamsGroups implements GuestGroups {
    private final Function<String, StreamsGroupConfig> configs;
    private final Function<String, Tenant> tenants;
    private final Heartbeating heartbeats;
    private final Map<String, StreamsGroup> groups = new HashMap<>();

    /**
     * @param configs what is in force for a group
     * @param tenants who else has an id
     */
    StreamsGroups(Function<String, StreamsGroupConfig> configs, TopicView topics, Function<String, Tenant> tenants) {
        this.configs = configs;
        this.tenants = tenants;
        this.heartbeats = new Heartbeating(topics);
    }

    @Override
    public Outcome<GuestCommand, GuestEvent> decide(GuestCommand command, Moment now) {
        return switch ((StreamsCommand) command) {
            case StreamsCommand.Heartbeat heartbeat -> heartbeat(heartbeat, now);
            case StreamsCommand.Describe describe -> Outcome.reply(describe.caller(), describe(describe.groupId()));
            case StreamsCommand.Delete delete -> delete(delete);
            case StreamsCommand.SessionOver over -> fence(over.groupId(), over.memberId(), member -> true);
            case StreamsCommand.RevocationOver over -> fence(over.groupId(), over.memberId(),
                    member -> member.epoch() == over.epoch() && member.current().state() == StreamsMember.State.UNREVOKED);
            case StreamsCommand.DelayOver over -> delayOver(over, now);
        };
    }

    private Outcome<GuestCommand, GuestEvent> heartbeat(StreamsCommand.Heartbeat heartbeat, Moment now) {
        String groupId = heartbeat.groupId();
        StreamsGroup group = groups.get(groupId);
        if (group != null) {
            return heartbeats.decide(group, configs.apply(groupId), heartbeat, now);
        }
        Tenant tenant = tenants.apply(groupId);
        if (tenant == Tenant.GROUP || tenant == Tenant.ONLY_OFFSETS && !heartbeat.joins()) {
            return Heartbeating.refuse(heartbeat, Errors.GROUP_ID_NOT_FOUND, "Group " + groupId + " is not a streams group.");
        }
        return heartbeat.joins() ? heartbeats.decide(new StreamsGroup(groupId), configs.apply(groupId), heartbeat, now)
                : Heartbeating.refuse(heartbeat, Errors.GROUP_ID_NOT_FOUND,
                        (heartbeat.epoch() < 0 ? "Group " : "Streams group ") + groupId + " not found.");
    }

    private DescribedGroup describe(String groupId) {
        StreamsGroup group = groups.get(groupId);
        return group != null ? StreamsDescriptions.describe(group)
                : StreamsDescriptions.missing(groupId, tenants.apply(groupId) != Tenant.NOBODY);
    }

    private Outcome<GuestCommand, GuestEvent> delete(StreamsCommand.Delete delete) {
        List<GuestEvent> events = makeWay(delete.groupId());
        return events == null
                ? Outcome.reply(delete.caller(), holds(delete.groupId()) ? Errors.NON_EMPTY_GROUP : Errors.GROUP_ID_NOT_FOUND)
                : Outcome.of(events, delete.caller(), Errors.NONE);
    }

    private Outcome<GuestCommand, GuestEvent> fence(String groupId, String memberId, Predicate<StreamsMember> late) {
        StreamsGroup group = groups.get(groupId);
        StreamsMember member = group == null ? null : group.member(memberId);
        return member != null && late.test(member) ? Heartbeating.fence(group, member) : Outcome.nothing();
    }

    /** The first assignment is made now, by what the last heartbeat knew of the topics. */
    private Outcome<GuestCommand, GuestEvent> delayOver(StreamsCommand.DelayOver over, Moment now) {
        StreamsGroup group = groups.get(over.groupId());
        if (group == null) {
            return Outcome.nothing();
        }
        Outcome.Builder<GuestCommand, GuestEvent> outcome = Outcome.builder();
        outcome.event(new StreamsEvent.Delayed(group.groupId, false));
        if (!group.isEmpty() && group.plan() != null && group.epoch() > group.assignmentEpoch()) {
            new Assigning(group, configs.apply(group.groupId), group.topology(), group.plan()).assign(group.members(), group.epoch(), now, outcome);
        }
        return outcome.build();
    }

    @Override
    public void apply(GuestEvent event) {
        StreamsEvent change = (StreamsEvent) event;
        if (change instanceof StreamsEvent.GroupRemoved removed) {
            groups.remove(removed.groupId());
        } else if (!(change instanceof StreamsEvent.Gone) || groups.containsKey(change.groupId())) {
            groups.computeIfAbsent(change.groupId(), StreamsGroup::new).apply(change);
        }
    }

    @Override
    public JournalEntry encode(GuestEvent event) {
        return StreamsRecords.encode((StreamsEvent) event);
    }

    @Override
    public GuestEvent decode(JournalEntry entry) {
        return entry instanceof JournalEntry.Plain plain ? StreamsRecords.decode(plain.key(), plain.value()) : null;
    }

    /** Members that the journal knows have a whole session, and time to give up tasks, from now on. */
    @Override
    public Outcome<GuestCommand, GuestEvent> loaded(Moment now) {
        Outcome.Builder<GuestCommand, GuestEvent> outcome = Outcome.builder();
        for (StreamsGroup group : groups.values()) {
            long deadlineMs = now.elapsedMs() + configs.apply(group.groupId).sessionTimeoutMs();
            for (StreamsMember member : group.members()) {
                outcome.timer(new StreamsCommand.SessionOver(group.groupId, member.memberId()), deadlineMs);
                if (member.current().state() == StreamsMember.State.UNREVOKED) {
                    outcome.timer(new StreamsCommand.RevocationOver(group.groupId, member.memberId(), member.epoch()),
                            now.elapsedMs() + Math.max(0, member.profile().rebalanceTimeoutMs()));
                }
            }
        }
        return outcome.build();
    }

    @Override
    public void abandon(Errors error) {
        // Nobody is parked here: every heartbeat is answered at once.
    }

    @Override
    public String kind() {
        return StreamsGroup.TYPE;
    }

    @Override
    public boolean keeps(short recordKind) {
        return StreamsRecords.keeps(recordKind);
    }

    @Override
    public boolean holds(String groupId) {
        return groups.containsKey(groupId);
    }

    @Override
    public List<ListedGroup> list() {
        return groups.values().stream().map(group -> new ListedGroup().setGroupId(group.groupId)
                .setProtocolType(StreamsGroup.TYPE).setGroupState(group.state()).setGroupType(StreamsGroup.TYPE)).toList();
    }

    @Override
    public GuestCommand delete(String groupId, Caller<Errors> caller) {
        return new StreamsCommand.Delete(groupId, caller);
    }

    @Override
    public List<GuestEvent> makeWay(String groupId) {
        StreamsGroup group = groups.get(groupId);
        if (group == null || !group.isEmpty()) {
            return null;
        }
        List<GuestEvent> events = new ArrayList<>();
        events.add(new StreamsEvent.TargetGone(groupId));
        if (group.topology() != null) {
            events.add(new StreamsEvent.TopologyRemoved(groupId));
        }
        events.add(new StreamsEvent.GroupRemoved(groupId));
        return events;
    }

    @Override
    public Collection<String> committing() {
        return groups.keySet();
    }

    @Override
    public OffsetRules offsetRules(String groupId) {
        return new StreamsOffsets(groups.get(groupId));
    }

    /** For tests that compare shards. */
    Collection<StreamsGroup> groups() {
        return groups.values();
    }
}
