// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.message.JoinGroupResponseData;

/**
 * A group whose members agree among themselves who gets what: one of them, the leader, assigns. Also a group without
 * members that only keeps offsets. Reads are for everybody in the room; changes come from {@link GroupShard#apply} alone.
 */
final class ClassicGroup implements Group {
    /** Protocol type of consumers; Connect and others have their own. */
    static final String CONSUMER_PROTOCOL_TYPE = "consumer";

    private final String groupId;
    private ClassicState state = ClassicState.EMPTY;
    private long stateSinceMs = -1;
    private String protocolType;
    private String protocolName;
    private String leaderId;
    private int generation;

    /** In the order of joining. */
    private final Map<String, ClassicMember> members = new LinkedHashMap<>();
    private final Map<String, String> memberIdByInstance = new HashMap<>();

    /** Ids that were handed out to members that have not come back with them yet. */
    private final Set<String> pendingJoins = new HashSet<>();
    private final Set<String> pendingSyncs = new LinkedHashSet<>();

    /** How many members can follow each protocol. */
    private final Map<String, Integer> supporters = new HashMap<>();
    private int awaitingJoin;

    /** While an empty group gathers its first members: whether one came since the delay began, and how long it may still be prolonged. */
    private boolean gathering;
    private boolean gatheredMore;
    private long gatherRemainingMs;

    private Set<String> subscribedTopics = Set.of();
    private final RebalanceHistory history = new RebalanceHistory();

    ClassicGroup(String groupId) {
        this.groupId = groupId;
    }

    @Override
    public String groupId() {
        return groupId;
    }

    @Override
    public boolean isEmpty() {
        return members.isEmpty();
    }

    @Override
    public Set<String> subscribedTopics() {
        return subscribedTopics;
    }

    ClassicState state() {
        return state;
    }

    boolean is(ClassicState other) {
        return state == other;
    }

    /** Wall-clock time of the last change that was kept in the journal, or -1. */
    long stateSinceMs() {
        return stateSinceMs;
    }

    /** Null until the first member has joined. */
    String protocolType() {
        return protocolType;
    }

    /** Null while no protocol is chosen. */
    String protocolName() {
        return protocolName;
    }

    String leaderId() {
        return leaderId;
    }

    boolean isLeader(String memberId) {
        return memberId.equals(leaderId);
    }

    int generation() {
        return generation;
    }

    Collection<ClassicMember> members() {
        return members.values();
    }

    int size() {
        return members.size();
    }

    boolean hasMember(String memberId) {
        return members.containsKey(memberId);
    }

    ClassicMember member(String memberId) {
        return members.get(memberId);
    }

    /** The id of the member that holds this static identity, or null. */
    String memberIdOf(String instanceId) {
        return memberIdByInstance.get(instanceId);
    }

    boolean isPending(String memberId) {
        return pendingJoins.contains(memberId);
    }

    Set<String> pendingSyncs() {
        return pendingSyncs;
    }

    int awaitingJoin() {
        return awaitingJoin;
    }

    boolean allJoined() {
        return awaitingJoin == members.size() && pendingJoins.isEmpty();
    }

    boolean gathering() {
        return gathering;
    }

    boolean gatheredMore() {
        return gatheredMore;
    }

    long gatherRemainingMs() {
        return gatherRemainingMs;
    }

    RebalanceHistory history() {
        return history;
    }

    boolean speaksConsumerProtocol() {
        return CONSUMER_PROTOCOL_TYPE.equals(protocolType);
    }

    /** The longest that any member may take to come back in a rebalance. */
    int rebalanceTimeoutMs() {
        int longest = 0;
        for (ClassicMember member : members.values()) {
            longest = Math.max(longest, member.rebalanceTimeoutMs);
        }
        return longest;
    }

    /** Whether a member of this type and with these protocols can be in the group: one of them must be known to all. */
    boolean accepts(String type, List<MemberProtocol> protocols) {
        if (members.isEmpty()) {
            return !type.isEmpty() && !protocols.isEmpty();
        }
        return type.equals(protocolType)
                && protocols.stream().anyMatch(each -> supporters.getOrDefault(each.name(), 0) == members.size());
    }

    /** The protocol that most members prefer among those that all support; the earliest member's choice decides a tie. */
    String electProtocol() {
        Map<String, Integer> votes = new LinkedHashMap<>();
        for (ClassicMember member : members.values()) {
            for (MemberProtocol each : member.protocols) {
                if (supporters.getOrDefault(each.name(), 0) == members.size()) {
                    votes.merge(each.name(), 1, Integer::sum);
                    break;
                }
            }
        }
        String elected = null;
        for (Map.Entry<String, Integer> vote : votes.entrySet()) {
            if (elected == null || vote.getValue() > votes.get(elected)) {
                elected = vote.getKey();
            }
        }
        return elected;
    }

    /** What each member has been given. */
    Map<String, byte[]> assignments() {
        Map<String, byte[]> assignments = new HashMap<>();
        members.values().forEach(member -> assignments.put(member.memberId, member.assignment));
        return assignments;
    }

    /** True if nobody is here or on the way, though somebody was. */
    boolean abandoned() {
        return is(ClassicState.EMPTY) && pendingJoins.isEmpty() && !neverUsed();
    }

    /** True if no member was ever here, not even one that only got its id. */
    boolean neverUsed() {
        return protocolType == null && stateSinceMs < 0 && pendingJoins.isEmpty();
    }

    /** The one place where a group changes, together with {@link #restore}. */
    void apply(GroupEvent.Classic event) {
        switch (event) {
            case GroupEvent.MemberIdGiven given -> pendingJoins.add(given.memberId());
            case GroupEvent.MemberJoined joined -> {
                add(joined.member(), joined.protocolType());
                park(joined.member(), joined.join());
                history.memberJoined(joined.member().memberId);
            }
            case GroupEvent.MemberUpdated updated -> update(updated);
            case GroupEvent.StaticMemberReplaced replaced -> replace(members.get(replaced.oldMemberId()), replaced);
            case GroupEvent.MemberRemoved removed -> {
                if (members.containsKey(removed.memberId())) {
                    history.memberLeft(removed.memberId());
                }
                remove(removed.memberId());
            }
            case GroupEvent.RebalanceStarted started -> startRebalance(started);
            case GroupEvent.GatheringProlonged prolonged -> {
                gatheredMore = false;
                gatherRemainingMs = prolonged.remainingMs();
            }
            case GroupEvent.GenerationStarted started -> startGeneration(started);
            case GroupEvent.SyncParked parked -> {
                members.get(parked.memberId()).awaitingSync = parked.sync();
                pendingSyncs.remove(parked.memberId());
            }
            case GroupEvent.SyncAnswered answered -> pendingSyncs.remove(answered.memberId());
            case GroupEvent.AssignmentSpread spread -> members.values().forEach(member -> {
                member.awaitingSync = null;
                member.sessionDeadlineMs = spread.elapsedMs() + member.sessionTimeoutMs;
            });
            case GroupEvent.RebalanceSettled settled -> history.settled(settled.settled());
            case GroupEvent.SessionProlonged prolonged -> members.get(prolonged.memberId()).sessionDeadlineMs = prolonged.deadlineMs();
        }
    }

    private void add(ClassicMember member, String type) {
        if (members.isEmpty()) {
            protocolType = type;
        }
        members.put(member.memberId, member);
        pendingJoins.remove(member.memberId);
        if (leaderId == null) {
            leaderId = member.memberId;
        }
        if (member.isStatic()) {
            memberIdByInstance.put(member.instanceId, member.memberId);
        }
        gatheredMore |= gathering;
        count(member, 1);
    }

    private void remove(String memberId) {
        pendingJoins.remove(memberId);
        pendingSyncs.remove(memberId);
        ClassicMember removed = members.remove(memberId);
        if (removed == null) {
            return;
        }
        count(removed, -1);
        park(removed, null);
        if (removed.isStatic()) {
            memberIdByInstance.remove(removed.instanceId, memberId);
        }
        if (memberId.equals(leaderId)) {
            leaderId = members.isEmpty() ? null : members.keySet().iterator().next();
        }
    }

    private void count(ClassicMember member, int change) {
        for (MemberProtocol each : member.protocols) {
            supporters.merge(each.name(), change, Integer::sum);
        }
    }

    private void update(GroupEvent.MemberUpdated updated) {
        ClassicMember member = members.get(updated.memberId());
        count(member, -1);
        member.protocols = updated.protocols();
        count(member, 1);
        member.sessionTimeoutMs = updated.sessionTimeoutMs();
        member.rebalanceTimeoutMs = updated.rebalanceTimeoutMs();
        if (updated.join() != null) {
            park(member, updated.join());
        }
    }

    /** Puts the new member id in the old one's place, in the order of joining too. */
    private void replace(ClassicMember old, GroupEvent.StaticMemberReplaced replaced) {
        ClassicMember replacement = new ClassicMember(replaced.newMemberId(), old.instanceId, replaced.clientId(), replaced.clientHost());
        replacement.sessionTimeoutMs = old.sessionTimeoutMs;
        replacement.rebalanceTimeoutMs = old.rebalanceTimeoutMs;
        replacement.protocols = old.protocols;
        replacement.assignment = old.assignment;
        park(old, null);
        Map<String, ClassicMember> all = new LinkedHashMap<>(members);
        members.clear();
        all.values().forEach(member -> members.put(member == old ? replacement.memberId : member.memberId, member == old ? replacement : member));
        memberIdByInstance.put(replacement.instanceId, replacement.memberId);
        if (pendingSyncs.remove(old.memberId)) {
            pendingSyncs.add(replacement.memberId);
        }
        if (old.memberId.equals(leaderId)) {
            leaderId = replacement.memberId;
        }
    }

    private void park(ClassicMember member, Caller<JoinGroupResponseData> join) {
        awaitingJoin += (join == null ? 0 : 1) - (member.awaitingJoin == null ? 0 : 1);
        member.awaitingJoin = join;
    }

    private void startRebalance(GroupEvent.RebalanceStarted started) {
        state = ClassicState.PREPARING_REBALANCE;
        gathering = started.gather();
        gatheredMore = false;
        gatherRemainingMs = started.gatherRemainingMs();
        pendingSyncs.clear();
        members.values().forEach(member -> member.awaitingSync = null);
        history.started(started.wallMs(), started.reason());
    }

    private void startGeneration(GroupEvent.GenerationStarted started) {
        state = ClassicState.COMPLETING_REBALANCE;
        gathering = false;
        generation = started.generation();
        leaderId = started.leaderId();
        protocolName = started.protocolName();
        subscribedTopics = started.subscribedTopics();
        pendingSyncs.clear();
        for (ClassicMember member : members.values()) {
            park(member, null);
            member.fresh = false;
            member.sessionDeadlineMs = started.elapsedMs() + member.sessionTimeoutMs;
            pendingSyncs.add(member.memberId);
        }
    }

    /** Takes over what was kept in the journal: the generation with its assignment, or that nobody is left. */
    void restore(ClassicGroupValue value) {
        state = value.members().isEmpty() ? ClassicState.EMPTY : ClassicState.STABLE;
        gathering = false;
        stateSinceMs = value.stateSinceMs();
        protocolType = value.protocolType().isEmpty() ? null : value.protocolType();
        protocolName = value.protocolName();
        generation = value.generation();
        subscribedTopics = ConsumerProtocols.subscribedTopics(value);
        Map<String, ClassicMember> kept = new LinkedHashMap<>();
        for (ClassicGroupValue.Member each : value.members()) {
            restore(each);
            kept.put(each.memberId(), members.get(each.memberId()));
        }
        for (String memberId : List.copyOf(members.keySet())) {
            if (!kept.containsKey(memberId)) {
                remove(memberId);
            }
        }
        members.clear();
        members.putAll(kept);
        leaderId = value.leaderId();
    }

    private void restore(ClassicGroupValue.Member kept) {
        ClassicMember member = members.get(kept.memberId());
        List<MemberProtocol> protocols = List.of(new MemberProtocol(protocolName == null ? "" : protocolName, kept.subscription()));
        if (member == null) {
            member = new ClassicMember(kept.memberId(), kept.instanceId(), kept.clientId(), kept.clientHost());
            member.protocols = protocols;
            add(member, protocolType);
        } else if (!member.protocols.containsAll(protocols)) {
            // Replayed, and it said something else in an earlier record.
            count(member, -1);
            member.protocols = protocols;
            count(member, 1);
        }
        member.sessionTimeoutMs = kept.sessionTimeoutMs();
        member.rebalanceTimeoutMs = kept.rebalanceTimeoutMs();
        member.assignment = kept.assignment();
    }
}
