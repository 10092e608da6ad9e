// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Decider;
import io.ottla.coordinator.JournalEntry;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupResponseData.MemberResponse;
import org.apache.kafka.common.protocol.Errors;

/** The groups of one partition of __consumer_offsets: who is in them, and what they have committed. */
final class GroupShard implements Decider<GroupCommand, GroupEvent> {
    private final Map<String, Group> groups = new HashMap<>();
    private final OffsetTable offsets = new OffsetTable();

    private final JoinDecisions joins;
    private final RebalanceDecisions rebalances;
    private final SyncDecisions syncs;
    private final Migration migration;
    private final ConsumerAssignments assignments;
    private final ConsumerDepartures departures;
    private final ConsumerDecisions consumers;
    private final MixedDecisions mixed;
    private final OffsetDecisions commits = new OffsetDecisions(offsets);
    private final OffsetExpiry expiry;
    private final Supplier<TopicsImage> topics;
    private final Guests guests;

    /**
     * @param log    is told of each rebalance that has ended
     * @param topics asked once, after loading
     * @param guests groups of other kinds
     */
    GroupShard(GroupSettings settings, Caller<Rebalance> log, Supplier<TopicsImage> topics, List<GuestGroups.Factory> guests) {
        this.guests = new Guests(guests, this::tenant);
        this.topics = topics;
        expiry = new OffsetExpiry(settings.offsets(), groups, this.guests, offsets);
        joins = new JoinDecisions(settings.classic());
        rebalances = new RebalanceDecisions(settings.classic(), log);
        syncs = new SyncDecisions(rebalances);
        migration = new Migration(settings);
        assignments = new ConsumerAssignments(settings.consumer(), migration, log);
        departures = new ConsumerDepartures(migration);
        consumers = new ConsumerDecisions(settings.consumer(), departures);
        mixed = new MixedDecisions(consumers, departures, migration);
    }

    @Override
    public Outcome<GroupCommand, GroupEvent> decide(GroupCommand command, Moment now) {
        return switch (command) {
            case GroupCommand.Join join -> join(join, now);
            case GroupCommand.Sync sync -> switch (groups.get(sync.groupId())) {
                case null -> Outcome.reply(sync.caller(), Answers.syncError(Errors.UNKNOWN_MEMBER_ID));
                case ClassicGroup group -> syncs.decide(group, sync, now);
                case ConsumerGroup group -> mixed.sync(group, sync, now);
            };
            case GroupCommand.Heartbeat heartbeat -> switch (groups.get(heartbeat.groupId())) {
                case null -> Outcome.reply(heartbeat.caller(), Errors.UNKNOWN_MEMBER_ID);
                case ClassicGroup group -> MemberDecisions.heartbeat(group, heartbeat, now);
                case ConsumerGroup group -> mixed.heartbeat(group, heartbeat, now);
            };
            case GroupCommand.Leave leave -> switch (groups.get(leave.groupId())) {
                case null -> Outcome.reply(leave.caller(), nobodyToLeave(leave));
                case ClassicGroup group -> MemberDecisions.leave(group, leave);
                case ConsumerGroup group -> mixed.leave(group, leave, now);
            };
            case GroupCommand.CommitOffsets commit when guests.holds(commit.groupId()) ->
                    commits.commitOfGuest(guests.offsetRules(commit.groupId()), commit, now);
            case GroupCommand.CommitOffsets commit -> commits.commit(groups.get(commit.groupId()), commit, now);
            case GroupCommand.EndTransaction end -> commits.end(end);
            case GroupCommand.FetchOffsets fetch -> commits.fetch(groups.get(fetch.groupId()), guests.offsetRules(fetch.groupId()), fetch);
            case GroupCommand.DeleteOffsets delete -> commits.delete(groups.get(delete.groupId()), guests.offsetRules(delete.groupId()), delete);
            case GroupCommand.DeleteGroup delete when guests.holds(delete.groupId()) -> deleteGuest(delete, now);
            case GroupCommand.DeleteGroup delete -> delete(delete);
            case GroupCommand.ForGuests forGuests -> decideForGuests(forGuests, now);
            case GroupCommand.DescribeGroup describe ->
                    Outcome.reply(describe.caller(),
                    Descriptions.classic(describe.groupId(), groups.get(describe.groupId()), guests.holds(describe.groupId())));
            case GroupCommand.ListGroups list -> Outcome.reply(list.caller(), Descriptions.list(groups.values(), guests));
            case GroupCommand.AskHistory ask -> Outcome.reply(ask.caller(), switch (groups.get(ask.groupId())) {
                case null -> List.of();
                case ClassicGroup group -> group.history().ended();
                case ConsumerGroup group -> group.history().ended();
            });
            case GroupCommand.ConsumerBeat beat -> beat(beat, now);
            case GroupCommand.RefreshConsumers refresh -> withConsumers(refresh.groupId(), group -> assignments.refresh(group, refresh, now));
            case GroupCommand.AssignConsumers assign -> withConsumers(assign.beat().groupId(), group -> assignments.assign(group, assign.beat(), now));
            case GroupCommand.EndRebalanceIfSettled end -> withConsumers(end.groupId(), group -> assignments.endIfSettled(group, now));
            case GroupCommand.AnswerBeat answer -> withConsumers(answer.beat().groupId(), group -> consumers.answer(group, answer.beat(), now));
            case GroupCommand.ConsumerSessionOver over -> withConsumers(over.groupId(), group -> departures.sessionOver(group, over, now));
            case GroupCommand.ClassicMemberLate late -> withConsumers(late.groupId(), group -> departures.classicMemberLate(group, late, now));
            case GroupCommand.DowngradeWithJoin join -> withConsumers(join.beat().groupId(), group -> migration.downgrade(group, join, now));
            case GroupCommand.RevocationOver over -> withConsumers(over.groupId(), group -> departures.revocationOver(group, over, now));
            case GroupCommand.DescribeConsumers describe when guests.holds(describe.groupId()) ->
                    Outcome.reply(describe.caller(), ConsumerDescriptions.ofAnotherKind(describe.groupId()));
            case GroupCommand.DescribeConsumers describe -> Outcome.reply(describe.caller(),
                    ConsumerDescriptions.describe(describe.groupId(), groups.get(describe.groupId()), describe.image()));
            case GroupCommand.ExpireOffsets ignored -> expiry.expire(now);
            case GroupCommand.ForgetTopic gone -> expiry.forget(gone);
            case GroupCommand.Settle settle -> with(settle.groupId(), group -> rebalances.settle(group, settle.reason(), now));
            case GroupCommand.CompleteJoinIfAll complete -> with(complete.groupId(), rebalances::completeJoinIfAll);
            case GroupCommand.JoinTimeOver over -> with(over.groupId(), group -> rebalances.joinTimeOver(group, now));
            case GroupCommand.StartGeneration start -> with(start.groupId(), group -> rebalances.startGeneration(group, now));
            case GroupCommand.SyncTimeOver over -> with(over.groupId(), group -> rebalances.syncTimeOver(group, over.generation()));
            case GroupCommand.SessionOver over -> with(over.groupId(), group -> rebalances.sessionOver(group, over.memberId(), now));
            case GroupCommand.KeepReplaced replaced -> with(replaced.join().groupId(), group -> joins.decide(group, replaced));
        };
    }

    private Outcome<GroupCommand, GroupEvent> with(String groupId, Function<ClassicGroup, Outcome<GroupCommand, GroupEvent>> decision) {
        return groups.get(groupId) instanceof ClassicGroup group ? decision.apply(group) : Outcome.nothing();
    }

    private Outcome<GroupCommand, GroupEvent> withConsumers(String groupId, Function<ConsumerGroup, Outcome<GroupCommand, GroupEvent>> decision) {
        return groups.get(groupId) instanceof ConsumerGroup group ? decision.apply(group) : Outcome.nothing();
    }

    /** Whoever joins brings the consumer protocol along: a classic group without members is forgotten for it, one with members is upgraded. */
    private Outcome<GroupCommand, GroupEvent> beat(GroupCommand.ConsumerBeat beat, Moment now) {
        Group group = groups.get(beat.groupId());
        boolean joins = beat.epoch() == ConsumerMember.JOINING;
        return switch (group) {
            case ConsumerGroup consumer -> consumers.beat(consumer, beat, now);
            case ClassicGroup ignored when !joins -> unknownGroup(beat, "Group " + beat.groupId() + " is not a consumer group.");
            case ClassicGroup classic when classic.neverUsed() -> first(beat, now);
            case ClassicGroup classic when classic.is(ClassicState.EMPTY) -> Outcome.<GroupCommand, GroupEvent>builder()
                    .event(new GroupEvent.ClassicGroupRemoved(classic.groupId())).then(beat);
            case ClassicGroup classic -> migration.upgrade(classic, beat, now);
            case null -> first(beat, now);
        };
    }

    /** Only who joins makes a group. */
    private Outcome<GroupCommand, GroupEvent> first(GroupCommand.ConsumerBeat beat, Moment now) {
        if (guests.holds(beat.groupId())) {
            return unknownGroup(beat, "Group " + beat.groupId() + " is not a consumer group.");
        }
        return beat.epoch() == ConsumerMember.JOINING ? consumers.beat(new ConsumerGroup(beat.groupId()), beat, now)
                : unknownGroup(beat, (beat.epoch() > 0 ? "Consumer group " : "Group ") + beat.groupId() + " not found.");
    }

    private static Outcome<GroupCommand, GroupEvent> unknownGroup(GroupCommand.ConsumerBeat beat, String message) {
        return Outcome.reply(beat.caller(), new ConsumerGroupHeartbeatResponseData()
                .setErrorCode(Errors.GROUP_ID_NOT_FOUND.code())
                .setErrorMessage(message));
    }

    private GuestGroups.Tenant tenant(String groupId) {
        return switch (groups.get(groupId)) {
            case null -> GuestGroups.Tenant.NOBODY;
            case ClassicGroup classic when classic.neverUsed() -> GuestGroups.Tenant.ONLY_OFFSETS;
            case Group ignored -> GuestGroups.Tenant.GROUP;
        };
    }

    /** A classic group that has lost its last member makes way for a guest. */
    private Outcome<GroupCommand, GroupEvent> decideForGuests(GroupCommand.ForGuests forGuests, Moment now) {
        String founded = forGuests.command().founds();
        if (founded != null && groups.get(founded) instanceof ClassicGroup classic && classic.abandoned()) {
            return Outcome.<GroupCommand, GroupEvent>builder().event(new GroupEvent.ClassicGroupRemoved(founded)).then(forGuests);
        }
        return guests.decide(forGuests.command(), now);
    }

    private Outcome<GroupCommand, GroupEvent> deleteGuest(GroupCommand.DeleteGroup delete, Moment now) {
        Outcome<GroupCommand, GroupEvent> deleted = guests.delete(delete.groupId(), delete.caller(), now);
        if (deleted.events().isEmpty()) {
            return deleted;
        }
        List<GroupEvent> events = commits.removeAll(delete.groupId());
        events.addAll(deleted.events());
        return new Outcome<>(events, deleted.replies(), deleted.timers(), deleted.next());
    }

    private Outcome<GroupCommand, GroupEvent> join(GroupCommand.Join join, Moment now) {
        Group group = groups.get(join.groupId());
        if (guests.holds(join.groupId())) {
            List<GroupEvent> away = join.memberId().isEmpty() ? guests.makeWay(join.groupId()) : null;
            return away == null ? JoinDecisions.refuse(join, Errors.INCONSISTENT_GROUP_PROTOCOL) : new Outcome<>(away, List.of(), List.of(), join);
        }
        if (group == null && !join.memberId().isEmpty()) {
            return JoinDecisions.refuse(join, Errors.UNKNOWN_MEMBER_ID);
        }
        return switch (group) {
            case null -> joins.decide(new ClassicGroup(join.groupId()), join, now);
            case ClassicGroup classic -> joins.decide(classic, join, now);
            case ConsumerGroup consumer when consumer.isEmpty() && join.memberId().isEmpty() ->
                    new Outcome<>(ConsumerDepartures.removeAll(consumer), List.of(), List.of(), join);
            case ConsumerGroup consumer when consumer.isEmpty() -> JoinDecisions.refuse(join, Errors.UNKNOWN_MEMBER_ID);
            case ConsumerGroup consumer -> mixed.join(consumer, join, now);
        };
    }

    private static LeaveGroupResponseData nobodyToLeave(GroupCommand.Leave leave) {
        List<MemberResponse> responses = new ArrayList<>();
        leave.members().forEach(each -> responses.add(new MemberResponse()
                .setMemberId(each.memberId())
                .setGroupInstanceId(each.groupInstanceId())
                .setErrorCode(Errors.UNKNOWN_MEMBER_ID.code())));
        return new LeaveGroupResponseData().setMembers(responses);
    }

    private Outcome<GroupCommand, GroupEvent> delete(GroupCommand.DeleteGroup delete) {
        Group group = groups.get(delete.groupId());
        if (group == null) {
            return Outcome.reply(delete.caller(), Errors.GROUP_ID_NOT_FOUND);
        }
        return switch (group) {
            case ClassicGroup classic when !classic.is(ClassicState.EMPTY) -> Outcome.reply(delete.caller(), Errors.NON_EMPTY_GROUP);
            case ClassicGroup classic -> {
                List<GroupEvent> events = commits.removeAll(classic.groupId());
                events.add(new GroupEvent.ClassicGroupRemoved(classic.groupId()));
                yield Outcome.of(events, delete.caller(), Errors.NONE);
            }
            case ConsumerGroup consumer when !consumer.isEmpty() -> Outcome.reply(delete.caller(), Errors.NON_EMPTY_GROUP);
            case ConsumerGroup consumer -> {
                List<GroupEvent> events = commits.removeAll(consumer.groupId());
                events.addAll(ConsumerDepartures.removeAll(consumer));
                yield Outcome.of(events, delete.caller(), Errors.NONE);
            }
        };
    }

    @Override
    public void apply(GroupEvent event) {
        switch (event) {
            case GroupEvent.OffsetCommitted commit -> {
                ownOffsets(commit.groupId());
                offsets.put(commit);
            }
            case GroupEvent.OffsetRemoved removed -> {
                offsets.remove(removed.groupId(), removed.topic(), removed.partition());
                dropIfNothing(removed.groupId());
            }
            case GroupEvent.OffsetPromised promised -> {
                ownOffsets(promised.commit().groupId());
                offsets.promise(promised.producerId(), promised.producerEpoch(), promised.commit());
            }
            case GroupEvent.TransactionEnded ended -> offsets.end(ended).forEach(this::dropIfNothing);
            case GroupEvent.ClassicGroupKept kept -> classic(kept.groupId()).restore(kept.value());
            case GroupEvent.ClassicGroupRemoved removed -> forget(removed.groupId());
            case GroupEvent.MemberRemoved removed -> {
                classic(removed.groupId()).apply(removed);
                dropIfNothing(removed.groupId());
            }
            case GroupEvent.Classic change -> classic(change.groupId()).apply(change);
            case GroupEvent.ConsumerPartRemoved removed -> {
                if (groups.get(removed.groupId()) instanceof ConsumerGroup group) {
                    group.apply(removed);
                    if (removed.part() == GroupEvent.Part.GROUP) {
                        forget(removed.groupId());
                    }
                }
            }
            case GroupEvent.Consumer change -> consumer(change.groupId()).apply(change);
            case GroupEvent.OfGuests change -> {
                guests.apply(change.event());
                moved(change.event().groupId());
            }
        }
    }

    /** Offsets without a group are a group of their own. */
    private void ownOffsets(String groupId) {
        if (!guests.holds(groupId)) {
            groups.computeIfAbsent(groupId, ClassicGroup::new);
        }
    }

    /** The offsets of a guest are the guest's as long as it is there. */
    private void moved(String groupId) {
        if (guests.holds(groupId)) {
            if (groups.get(groupId) instanceof ClassicGroup classic && classic.neverUsed()) {
                groups.remove(groupId);
            }
        } else if (!groups.containsKey(groupId)) {
            forget(groupId);
        }
    }

    private ClassicGroup classic(String groupId) {
        if (groups.get(groupId) instanceof ClassicGroup group) {
            return group;
        }
        ClassicGroup group = new ClassicGroup(groupId);
        groups.put(groupId, group);
        return group;
    }

    /** A group that was only offsets, or has lost its last classic member, becomes one of the consumer protocol. */
    private ConsumerGroup consumer(String groupId) {
        if (groups.get(groupId) instanceof ConsumerGroup group) {
            return group;
        }
        ConsumerGroup group = new ConsumerGroup(groupId);
        groups.put(groupId, group);
        return group;
    }

    /** A group that was never more than its offsets goes with the last of them. */
    private void dropIfNothing(String groupId) {
        if (groups.get(groupId) instanceof ClassicGroup group && group.neverUsed()
                && offsets.of(groupId).isEmpty() && !offsets.hasPromised(groupId)) {
            groups.remove(groupId);
        }
    }

    /** A removed group that still has offsets is one that has nothing else. */
    private void forget(String groupId) {
        groups.remove(groupId);
        if (!offsets.of(groupId).isEmpty() || offsets.hasPromised(groupId)) {
            groups.put(groupId, new ClassicGroup(groupId));
        }
    }

    @Override
    public JournalEntry encode(GroupEvent event) {
        return event instanceof GroupEvent.OfGuests change ? guests.encode(change.event()) : GroupRecords.encode(event);
    }

    @Override
    public GroupEvent decode(JournalEntry entry) {
        return guests.keep(entry) ? guests.decode(entry) : GroupRecords.decode(entry);
    }

    /** Members that the journal knows have a whole session from now to show that they are alive. */
    @Override
    public Outcome<GroupCommand, GroupEvent> loaded(Moment now) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        TopicsImage image = topics.get();
        expiry.loaded(image.byName()::containsKey, now, outcome);
        for (Group group : groups.values()) {
            switch (group) {
                case ClassicGroup classic -> loaded(classic, now, outcome);
                case ConsumerGroup consumer -> consumers.loaded(consumer, image, now, outcome);
            }
        }
        Outcome<GroupCommand, GroupEvent> own = outcome.build();
        guests.loaded(now, own);
        return own;
    }

    private static void loaded(ClassicGroup group, Moment now, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        group.members().forEach(member -> {
            long deadlineMs = now.elapsedMs() + member.sessionTimeoutMs;
            outcome.event(new GroupEvent.SessionProlonged(group.groupId(), member.memberId, deadlineMs));
            outcome.timer(new GroupCommand.SessionOver(group.groupId(), member.memberId), deadlineMs);
        });
        if (!group.isEmpty() && group.leaderId() == null) {
            outcome.timer(new GroupCommand.Settle(group.groupId(), "downgrade from the consumer protocol was cut off"), now.elapsedMs());
        }
    }

    @Override
    public void abandon(Errors error) {
        guests.abandon(error);
        for (Group group : groups.values()) {
            switch (group) {
                case ClassicGroup classic -> classic.members().forEach(member -> abandon(member, error));
                case ConsumerGroup ignored -> { }
            }
        }
    }

    private static void abandon(ClassicMember member, Errors error) {
        if (member.awaitingJoin != null) {
            member.awaitingJoin.refuse(error);
        }
        if (member.awaitingSync != null) {
            member.awaitingSync.refuse(error);
        }
    }

    /** For tests that compare shards. */
    Map<String, Group> groups() {
        return groups;
    }

    OffsetTable offsets() {
        return offsets;
    }
}
