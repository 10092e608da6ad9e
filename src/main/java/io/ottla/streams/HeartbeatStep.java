// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import io.ottla.group.GuestGroups.GuestCommand;
import io.ottla.group.GuestGroups.GuestEvent;
import io.ottla.streams.StreamsCommand.Heartbeat;
import io.ottla.streams.StreamsMember.Current;
import io.ottla.streams.StreamsMember.State;
import io.ottla.topic.TopicView;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatResponse.Status;

/** One heartbeat of a member that belongs to its group, or is about to. Used once. */
final class HeartbeatStep {
    private final StreamsGroup group;
    private final StreamsGroupConfig config;
    private final TopicView topics;
    private final Heartbeat heartbeat;
    private final Moment now;

    /** As the group knows the member, or its former self; null if it is new. */
    private final StreamsMember known;
    /** As it begins this heartbeat, and as it is by now. */
    private final StreamsMember base;
    private StreamsMember member;

    private final SortedMap<String, StreamsMember> members = new TreeMap<>();
    private final Outcome.Builder<GuestCommand, GuestEvent> outcome = Outcome.builder();
    private final HeartbeatResponse response;
    private Topology topology;
    private Plan plan;
    private int groupEpoch;

    HeartbeatStep(
            StreamsGroup group, StreamsGroupConfig config, TopicView topics, Heartbeat heartbeat, Moment now, StreamsMember known) {
        this.group = group;
        this.config = config;
        this.topics = topics;
        this.heartbeat = heartbeat;
        this.now = now;
        this.known = known;
        boolean isBack = known != null && heartbeat.instanceId() != null && known.epoch() == StreamsMember.GONE_FOR_A_MOMENT;
        base = known == null ? StreamsMember.blank(heartbeat.memberId()) : isBack ? successor(known) : known;
        response = new HeartbeatResponse(group, config, heartbeat);
        group.members().forEach(each -> members.put(each.memberId(), each));
        groupEpoch = group.epoch();
    }

    /** A static member is back: it has what its former self had, without what others have in the process where it is now. */
    private StreamsMember successor(StreamsMember before) {
        StreamsMember back = StreamsMember.blank(heartbeat.memberId()).with(heartbeat.profile().over(before.profile(), heartbeat));
        Predicate<TaskId> free = task -> !group.isProcessedBeside(task, back) && !group.isCopiedBeside(task, back);
        boolean moved = !back.profile().processId().equals(before.profile().processId());
        Holding had = before.current().assigned();
        Holding has = moved ? had.with(had.roles().where(free), StreamsMember.JOINING) : had;
        return new StreamsMember(heartbeat.memberId(), before.profile(), new Current(
                StreamsMember.JOINING, StreamsMember.JOINING, before.current().state(), has, Holding.NONE));
    }

    Outcome<GuestCommand, GuestEvent> take() {
        boolean changed = keepMember();
        String wrong = keepTopology();
        if (wrong != null) {
            return Heartbeating.refuse(heartbeat, Errors.INVALID_REQUEST, wrong);
        }
        try {
            lookAtTopics();
        } catch (Planner.InvalidTopology e) {
            return Heartbeating.refuse(heartbeat, Errors.STREAMS_INVALID_TOPOLOGY, e.getMessage());
        }
        wrong = plan.isReady() && heartbeat.owned() != null ? wrongTask(heartbeat.owned()) : null;
        if (wrong != null) {
            return Heartbeating.refuse(heartbeat, Errors.INVALID_REQUEST, wrong);
        }
        tell();
        advance(changed);
        Roles target = target();
        reconcile(target);
        outcome.timer(new StreamsCommand.SessionOver(group.groupId, member.memberId()), now.elapsedMs() + config.sessionTimeoutMs());
        return answer();
    }

    /** Whether tasks may have to move because of what the member says of itself. Any change of a dynamic member counts. */
    private boolean keepMember() {
        boolean replaces = known != null && !known.memberId().equals(heartbeat.memberId());
        if (replaces) {
            Heartbeating.remove(group, known.memberId(), outcome);
            members.remove(known.memberId());
        }
        member = base.with(heartbeat.profile().over(base.profile(), heartbeat));
        members.put(member.memberId(), member);
        boolean same = member.profile().equals(base.profile());
        if (known == null || replaces || !same) {
            outcome.event(new StreamsEvent.MemberKept(group.groupId, member.memberId(), member.profile()));
        }
        if (replaces) {
            outcome.event(new StreamsEvent.TargetKept(group.groupId, member.memberId(), group.target(known.memberId())));
        }
        if (base != known && known != null) {
            outcome.event(new StreamsEvent.CurrentKept(group.groupId, member.memberId(), base.current()));
        }
        return known == null || !same && (heartbeat.instanceId() == null || !member.profile().assignedLike(base.profile()));
    }

    /** The first member says what the group works on. Returns what is wrong with it, or null. */
    private String keepTopology() {
        topology = group.topology();
        if (heartbeat.topology() != null) {
            if (topology == null) {
                topology = heartbeat.topology();
                outcome.event(new StreamsEvent.TopologyKept(group.groupId, topology));
            } else if (heartbeat.topology().epoch() > topology.epoch()) {
                return "Topology updates are not supported yet.";
            }
        }
        if (topology == null) {
            return "The group has no topology: the member must join again.";
        }
        if (member.profile().topologyEpoch() < topology.epoch()) {
            response.status(Status.STALE_TOPOLOGY.code(), "The member's topology epoch " + member.profile().topologyEpoch()
                    + " is behind the group's topology epoch " + topology.epoch() + ".");
        }
        return null;
    }

    private void lookAtTopics() throws Planner.InvalidTopology {
        long hash = Planner.topicsHash(topology, topics);
        plan = group.plan();
        if (plan == null || plan.topicsHash() != hash) {
            plan = Planner.plan(topology, topics, hash);
            outcome.event(new StreamsEvent.Planned(group.groupId, plan));
        }
    }

    private String wrongTask(Roles owned) {
        for (Tasks tasks : new Tasks[] {owned.active(), owned.standby(), owned.warmup()}) {
            for (TaskId task : tasks.ids()) {
                Integer count = plan.tasks().get(task.subtopology());
                if (count == null) {
                    return "Subtopology " + task.subtopology() + " does not exist in the topology.";
                }
                if (task.partition() < 0 || task.partition() >= count) {
                    return "Task " + task.partition() + " for subtopology " + task.subtopology()
                            + " is invalid. Number of tasks for this subtopology: " + count;
                }
            }
        }
        return null;
    }

    /** What the member reports, that only lives as long as the process. */
    private void tell() {
        if (heartbeat.offsets() != null || heartbeat.endOffsets() != null) {
            outcome.event(new StreamsEvent.OffsetsTold(group.groupId, member.memberId(), heartbeat.offsets(), heartbeat.endOffsets()));
        }
        if (heartbeat.shutdown()) {
            outcome.event(new StreamsEvent.ShutdownAsked(group.groupId, member.memberId()));
        }
    }

    /** Begins a group epoch if members, topics or configs have changed. */
    private void advance(boolean changed) {
        int validated = plan.isReady() ? topology.epoch() : -1;
        SortedMap<String, String> configs = config.forAssignment();
        if (changed || plan.topicsHash() != group.topicsHash() || validated != group.validatedEpoch() || !configs.equals(group.configs())) {
            groupEpoch++;
            outcome.event(new StreamsEvent.GroupKept(group.groupId, groupEpoch, plan.topicsHash(), validated, configs));
        }
        if (group.isEmpty() && config.initialDelayMs() > 0 && !group.isDelayed()) {
            outcome.event(new StreamsEvent.Delayed(group.groupId, true));
            outcome.timer(new StreamsCommand.DelayOver(group.groupId), now.elapsedMs() + config.initialDelayMs());
            response.delayed = true;
        }
    }

    /** The member's target, from a new assignment if it is time for one. */
    private Roles target() {
        response.delayed |= group.isDelayed();
        if (response.delayed) {
            response.status(Status.ASSIGNMENT_DELAYED.code(), "Assignment delayed due to the configured initial rebalance delay.");
            response.assignmentEpoch = group.assignmentEpoch();
            return Roles.NONE;
        }
        Roles before = group.target(known == null ? member.memberId() : known.memberId());
        response.assignmentEpoch = group.assignmentEpoch();
        if (group.assignmentEpoch() >= groupEpoch) {
            return before;
        }
        long sinceMs = now.wallMs() - group.assignedMs();
        if (group.assignedMs() != 0 && sinceMs >= 0 && sinceMs < config.assignmentIntervalMs()) {
            response.status(Status.ASSIGNMENT_DELAYED.code(), "Assignment delayed due to the configured assignment interval.");
            return before;
        }
        response.assignmentEpoch = groupEpoch;
        return new Assigning(group, config, topology, plan).assign(members.values(), groupEpoch, now, outcome).get(member.memberId());
    }

    private void reconcile(Roles target) {
        Current before = base.current();
        Current next = new Reconciler(group, member, target, response.assignmentEpoch, heartbeat.owned()).next();
        if (!next.equals(before)) {
            outcome.event(new StreamsEvent.CurrentKept(group.groupId, member.memberId(), next));
        }
        if (next.state() == State.UNREVOKED && !next.equals(before)) {
            outcome.timer(new StreamsCommand.RevocationOver(group.groupId, member.memberId(), next.epoch()),
                    now.elapsedMs() + Math.max(0, member.profile().rebalanceTimeoutMs()));
        } else if (next.state() != State.UNREVOKED && before.state() == State.UNREVOKED) {
            outcome.cancel(new StreamsCommand.RevocationOver(group.groupId, member.memberId(), before.epoch()));
        }
        member = member.with(next);
        members.put(member.memberId(), member);
    }

    private Outcome<GuestCommand, GuestEvent> answer() {
        boolean moved = !member.current().assigned().roles().equals(base.current().assigned().roles());
        boolean endpointMoved = !Objects.equals(member.profile().endpoint(), base.profile().endpoint());
        int endpointEpoch = group.endpointEpoch();
        boolean fresh = group.topology() == null;
        if (!fresh && (endpointMoved || moved && member.profile().endpoint() != null)) {
            outcome.event(new StreamsEvent.EndpointsChanged(group.groupId));
            endpointEpoch++;
        }
        return outcome.reply(heartbeat.caller(), response.of(member, members.values(), moved, topology, plan, endpointEpoch, topics)).build();
    }
}
