// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/** A streams group. Reads are for everybody in the room; changes come from events alone. */
final class StreamsGroup {
    static final String TYPE = "streams";
    /** Of a group to which nothing has happened: 0 would ask its members to join again. */
    private static final int FIRST_EPOCH = 1;

    /** How far a member's copies of state are, and how far they could be. */
    record Offsets(Map<TaskId, Long> offsets, Map<TaskId, Long> endOffsets) {
        static final Offsets NONE = new Offsets(Map.of(), Map.of());
    }

    final String groupId;
    private int epoch = FIRST_EPOCH;
    private long topicsHash;
    private int validatedEpoch = -1;
    private SortedMap<String, String> configs = new TreeMap<>();
    private int assignmentEpoch = FIRST_EPOCH;
    private long assignedMs;
    private Topology topology;
    private final Map<String, StreamsMember> members = new TreeMap<>();
    private final Map<String, String> memberIdByInstance = new HashMap<>();
    private final Map<String, Roles> targets = new HashMap<>();

    /** Who has a task, or has not given it up yet: to process it, and as a copy. */
    private final Map<TaskId, Set<String>> active = new HashMap<>();
    private final Map<TaskId, Set<String>> copies = new HashMap<>();

    /** What ends with the process. */
    private Plan plan;
    private boolean delayed;
    private String shutdownBy;
    private int endpointEpoch;
    private final Map<String, Offsets> offsets = new HashMap<>();

    StreamsGroup(String groupId) {
        this.groupId = groupId;
    }

    Collection<StreamsMember> members() {
        return members.values();
    }

    /** Null if there is none. */
    StreamsMember member(String memberId) {
        return members.get(memberId);
    }

    /** Null if there is none. */
    StreamsMember byInstance(String instanceId) {
        String memberId = memberIdByInstance.get(instanceId);
        return memberId == null ? null : members.get(memberId);
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    int epoch() {
        return epoch;
    }

    long topicsHash() {
        return topicsHash;
    }

    /** The topology whose topics are all there as they should be; -1 if none. */
    int validatedEpoch() {
        return validatedEpoch;
    }

    /** What the last assignment was to heed. */
    SortedMap<String, String> configs() {
        return configs;
    }

    int assignmentEpoch() {
        return assignmentEpoch;
    }

    /** When the target was computed, in ms since the Unix epoch; 0 if it should be computed as soon as it is needed. */
    long assignedMs() {
        return assignedMs;
    }

    /** Null until a member has told it. */
    Topology topology() {
        return topology;
    }

    Roles target(String memberId) {
        return targets.getOrDefault(memberId, Roles.NONE);
    }

    /** Null until the topics were looked at. */
    Plan plan() {
        return plan;
    }

    /** Whether the first assignment waits for more members. */
    boolean isDelayed() {
        return delayed;
    }

    /** The member that wants the application to stop, or null. */
    String shutdownBy() {
        return shutdownBy;
    }

    /** Grows whenever members should hear anew where state can be queried. */
    int endpointEpoch() {
        return endpointEpoch;
    }

    Offsets offsets(String memberId) {
        return offsets.getOrDefault(memberId, Offsets.NONE);
    }

    /** Whether somebody else processes a task, or has not given it up yet. */
    boolean isProcessedByAnother(TaskId task, String memberId) {
        return anyOther(active, task, memberId, id -> true);
    }

    /** Whether another member of the same process has a copy of a task's state: the state can be used once in a process. */
    boolean isCopiedBeside(TaskId task, StreamsMember member) {
        return anyOther(copies, task, member.memberId(), id -> members.get(id).profile().processId().equals(member.profile().processId()));
    }

    /** Whether another member of the same process processes a task. */
    boolean isProcessedBeside(TaskId task, StreamsMember member) {
        return anyOther(active, task, member.memberId(), id -> members.get(id).profile().processId().equals(member.profile().processId()));
    }

    private static boolean anyOther(Map<TaskId, Set<String>> holders, TaskId task, String memberId, Predicate<String> counts) {
        return holders.getOrDefault(task, Set.of()).stream().anyMatch(id -> !id.equals(memberId) && counts.test(id));
    }

    /** As Kafka names it. */
    String state() {
        if (members.isEmpty()) {
            return "Empty";
        }
        if (topology == null || topology.epoch() != validatedEpoch) {
            return "NotReady";
        }
        if (epoch > assignmentEpoch) {
            return "Assigning";
        }
        return members.values().stream().allMatch(each -> each.current().isAt(assignmentEpoch)) ? "Stable" : "Reconciling";
    }

    void apply(StreamsEvent event) {
        switch (event) {
            case StreamsEvent.GroupKept kept -> {
                epoch = kept.epoch();
                topicsHash = kept.topicsHash();
                validatedEpoch = kept.validatedEpoch();
                configs = kept.configs();
            }
            case StreamsEvent.MemberKept kept -> describe(kept);
            case StreamsEvent.MemberRemoved removed -> remove(removed.memberId());
            case StreamsEvent.TargetComputed computed -> {
                assignmentEpoch = computed.epoch();
                assignedMs = computed.wallMs();
            }
            case StreamsEvent.TargetGone ignored -> assignmentEpoch = FIRST_EPOCH;
            case StreamsEvent.TargetKept kept -> targets.put(kept.memberId(), kept.target());
            case StreamsEvent.TargetRemoved removed -> targets.remove(removed.memberId());
            case StreamsEvent.CurrentKept kept -> move(kept.memberId(), kept.current());
            case StreamsEvent.CurrentRemoved removed -> {
                if (members.containsKey(removed.memberId())) {
                    move(removed.memberId(), StreamsMember.Current.NEW);
                }
            }
            case StreamsEvent.TopologyKept kept -> {
                topology = kept.topology();
                plan = null;
            }
            case StreamsEvent.TopologyRemoved ignored -> topology = null;
            case StreamsEvent.Planned planned -> plan = planned.plan();
            case StreamsEvent.Delayed change -> delayed = change.delayed();
            case StreamsEvent.ShutdownAsked asked -> shutdownBy = shutdownBy == null ? asked.memberId() : shutdownBy;
            case StreamsEvent.OffsetsTold told -> offsets.merge(told.memberId(), merge(Offsets.NONE, told), (known, same) -> merge(known, told));
            case StreamsEvent.EndpointsChanged ignored -> endpointEpoch++;
            case StreamsEvent.GroupRemoved ignored -> throw new IllegalStateException("a removed group hears of nothing");
        }
    }

    private static Offsets merge(Offsets known, StreamsEvent.OffsetsTold told) {
        return new Offsets(
                told.offsets() == null ? known.offsets : told.offsets(),
                told.endOffsets() == null ? known.endOffsets : told.endOffsets());
    }

    private void describe(StreamsEvent.MemberKept kept) {
        StreamsMember known = members.getOrDefault(kept.memberId(), StreamsMember.blank(kept.memberId()));
        members.put(kept.memberId(), known.with(kept.profile()));
        if (known.isStatic()) {
            memberIdByInstance.remove(known.profile().instanceId(), kept.memberId());
        }
        if (kept.profile().instanceId() != null) {
            memberIdByInstance.put(kept.profile().instanceId(), kept.memberId());
        }
    }

    private void move(String memberId, StreamsMember.Current next) {
        StreamsMember known = members.getOrDefault(memberId, StreamsMember.blank(memberId));
        release(known);
        members.put(memberId, known.with(next));
        for (Holding each : new Holding[] {next.assigned(), next.revoking()}) {
            hold(active, each.roles().active(), memberId);
            hold(copies, each.roles().standby(), memberId);
            hold(copies, each.roles().warmup(), memberId);
        }
    }

    private static void hold(Map<TaskId, Set<String>> holders, Tasks tasks, String memberId) {
        tasks.ids().forEach(task -> holders.computeIfAbsent(task, id -> new HashSet<>()).add(memberId));
    }

    private void release(StreamsMember member) {
        for (Holding each : new Holding[] {member.current().assigned(), member.current().revoking()}) {
            release(active, each.roles().active(), member.memberId());
            release(copies, each.roles().standby(), member.memberId());
            release(copies, each.roles().warmup(), member.memberId());
        }
    }

    private static void release(Map<TaskId, Set<String>> holders, Tasks tasks, String memberId) {
        tasks.ids().forEach(task -> holders.computeIfPresent(task, (id, held) -> {
            held.remove(memberId);
            return held.isEmpty() ? null : held;
        }));
    }

    private void remove(String memberId) {
        StreamsMember gone = members.remove(memberId);
        if (gone == null) {
            return;
        }
        release(gone);
        offsets.remove(memberId);
        if (gone.isStatic()) {
            memberIdByInstance.remove(gone.profile().instanceId(), memberId);
        }
        if (members.isEmpty()) {
            shutdownBy = null;
        }
    }
}
