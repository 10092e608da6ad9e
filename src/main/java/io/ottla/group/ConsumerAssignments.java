// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How a consumer group comes to a new target: its epoch follows its members and topics, and the assignor follows the epoch (KIP-848). */
final class ConsumerAssignments {
    /** So that even a large group that changes all the time spends only a small part of its coordinator's time on assignments. */
    private static final int MEMBERS_ASSIGNED_A_MS = 20;

    private final GroupSettings.Consumer settings;
    private final Migration migration;
    private final Map<String, Assignor> assignors = new HashMap<>();
    private final Caller<Rebalance> log;

    /** @param log is told of each rebalance that has ended */
    ConsumerAssignments(GroupSettings.Consumer settings, Migration migration, Caller<Rebalance> log) {
        this.settings = settings;
        this.migration = migration;
        this.log = log;
        List.of(new UniformAssignor(), new RangeAssignor()).forEach(each -> assignors.put(each.name(), each));
    }

    /** Resolves expressions, and starts a new epoch if members or topics have changed. */
    Outcome<GroupCommand, GroupEvent> refresh(ConsumerGroup group, GroupCommand.RefreshConsumers refresh, Moment now) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        TopicsImage image = refresh.image();
        Set<String> topics = new HashSet<>(group.namedTopics());
        String later = resolvedLater(group, refresh);
        for (String regex : group.regexes()) {
            if (!regex.equals(later)) {
                topics.addAll(resolve(group, regex, image, now, outcome));
            }
        }
        for (String regex : group.resolvedRegexes()) {
            if (!group.regexes().contains(regex)) {
                outcome.event(new GroupEvent.ConsumerPartRemoved(group.groupId(), GroupEvent.Part.REGEX, regex));
            }
        }
        long hash = image.hash(topics);
        if (refresh.changed() || hash != group.topicsHash()) {
            outcome.event(new GroupEvent.ConsumerGroupKept(group.groupId(), group.epoch() + 1, hash));
        }
        if (group.isEmpty()) {
            outcome.event(new GroupEvent.TargetEpochKept(group.groupId(), group.epoch() + 1, 0));
        }
        outcome.event(new GroupEvent.TopicsSeen(group.groupId(), image, true));
        return outcome.then(refresh.beat() == null ? null : next(group, refresh.beat()));
    }

    /** A static member that comes back with the classic protocol may have been the last one that did not speak it. */
    private GroupCommand next(ConsumerGroup group, GroupCommand.ConsumerBeat beat) {
        boolean downgrades = beat.classic() != null && beat.instanceId() != null && migration.downgrades(group, List.of());
        return downgrades ? new GroupCommand.DowngradeWithJoin(beat) : new GroupCommand.AssignConsumers(beat);
    }

    /**
     * The expression that a member brings together with names of topics, if it is new to the group: it gets the named topics with this
     * answer, and what matches with its next heartbeat, which comes at once as it confirms what it got. So does Kafka; librdkafka's
     * tests count on it. One without names would only wait for its next heartbeat.
     */
    private static String resolvedLater(ConsumerGroup group, GroupCommand.RefreshConsumers refresh) {
        if (refresh.beat() == null || !refresh.changed()) {
            return null;
        }
        ConsumerMember.Subscription wanted = group.member(refresh.beat().memberId()).subscription();
        boolean named = wanted.topics().stream().anyMatch(refresh.image().byName()::containsKey);
        return named && wanted.regex() != null && group.resolved(wanted.regex()) == null ? wanted.regex() : null;
    }

    private static Set<String> resolve(ConsumerGroup group, String regex, TopicsImage image, Moment now, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        ConsumerGroup.ResolvedRegex before = group.resolved(regex);
        if (before != null && group.seenTopics() == image.version()) {
            return before.topics();
        }
        Set<String> topics = TopicRegex.matching(regex, image);
        if (before == null || !before.topics().equals(topics)) {
            outcome.event(new GroupEvent.RegexKept(group.groupId(), regex, new ConsumerGroup.ResolvedRegex(topics, image.version(), now.wallMs())));
        }
        return topics;
    }

    /** Makes a target for the newest epoch, unless that was done a moment ago: then a later heartbeat does it. */
    Outcome<GroupCommand, GroupEvent> assign(ConsumerGroup group, GroupCommand.ConsumerBeat beat, Moment now) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        long sinceMs = now.wallMs() - group.assignedAtMs();
        boolean due = group.assignedAtMs() == 0 || sinceMs < 0 || sinceMs >= assignmentIntervalMs(group, beat.pace());
        if (group.epoch() > group.assignmentEpoch() && due) {
            String preferred = group.preferredAssignor(settings.assignors().getFirst());
            Assignor assignor = assignors.getOrDefault(preferred, assignors.get("uniform"));
            List<Assignor.Wish> wishes = new ArrayList<>(group.size());
            group.members().forEach(member -> wishes.add(new Assignor.Wish(member.memberId(), member.subscription().instanceId(),
                    group.topicsOf(member), group.target(member.memberId()))));
            Map<String, Partitions> targets = assignor.assign(wishes, beat.image());
            for (ConsumerMember member : group.members()) {
                Partitions target = targets.getOrDefault(member.memberId(), Partitions.NONE);
                if (!target.equals(group.target(member.memberId()))) {
                    outcome.event(new GroupEvent.TargetKept(group.groupId(), member.memberId(), target));
                }
            }
            if (group.history().isUnderWay()) {
                end(group, now, outcome);
            }
            outcome.event(new GroupEvent.ConsumerRebalanceBegun(group.groupId(), group.history().beginning(group, targets, beat.image(), now)))
                    .event(new GroupEvent.TargetEpochKept(group.groupId(), group.epoch(), now.wallMs()));
        }
        return outcome.then(new GroupCommand.AnswerBeat(beat));
    }

    /** The interval bounds the work that assignments are, and small ones are little work: a newcomer's partitions need not wait for a second heartbeat. */
    private static int assignmentIntervalMs(ConsumerGroup group, GroupCommand.Pace pace) {
        return Math.min(pace.assignmentIntervalMs(), group.size() / MEMBERS_ASSIGNED_A_MS);
    }

    Outcome<GroupCommand, GroupEvent> endIfSettled(ConsumerGroup group, Moment now) {
        Outcome.Builder<GroupCommand, GroupEvent> outcome = Outcome.builder();
        if (group.history().isUnderWay() && group.isStable()) {
            end(group, now, outcome);
        }
        return outcome.build();
    }

    /** Adds the end of the rebalance to the group's history and to the log. */
    private void end(ConsumerGroup group, Moment now, Outcome.Builder<GroupCommand, GroupEvent> outcome) {
        Rebalance rebalance = group.history().asEnded(now);
        outcome.event(new GroupEvent.ConsumerRebalanced(group.groupId(), rebalance)).reply(log, rebalance);
    }
}
