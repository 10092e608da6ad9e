// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.Uuid;

/**
 * A group of the consumer protocol (KIP-848): the broker assigns. Each change of members or topics makes a new group
 * epoch; a target assignment is made for it; and each member goes there on its own, giving up partitions before others
 * get them. Reads are for everybody in the room; changes come from {@link GroupShard#apply} alone.
 */
final class ConsumerGroup implements Group {
    /** What a regular expression stands for. @param version of the topics when it was resolved */
    record ResolvedRegex(Set<String> topics, long version, long timestampMs) {}

    private record Timing(long sessionDeadlineMs, int sessionTimeoutMs) {}

    private final String groupId;

    /** Kafka's first member brings its group to epoch 2. */
    private int epoch = 1;
    private long topicsHash;
    private int assignmentEpoch;
    private long assignedAtMs;
    private final Map<String, ConsumerMember> members = new LinkedHashMap<>();
    private final Map<String, String> memberIdByInstance = new HashMap<>();
    private final Map<String, Partitions> targets = new HashMap<>();
    private final Map<String, ResolvedRegex> regexes = new HashMap<>();
    private final Map<String, Timing> timings = new HashMap<>();

    /** The member that {@link #isStable} found on its way last: it is asked first, so that each answer need not look at all members. */
    private String unsettled;

    /** How many members subscribe to each topic by name, and to each expression. */
    private final Map<String, Integer> subscribers = new HashMap<>();
    private final Map<String, Integer> regexUsers = new HashMap<>();

    /** How many members speak the classic protocol, how many of them can follow each of its protocols, and until when they are to act. */
    private int classicMembers;
    private final Map<String, Integer> supporters = new HashMap<>();
    private final Map<String, Long> owesUntilMs = new HashMap<>();

    /** Who holds a partition: nobody else gets it until it is given up. */
    private final Map<Uuid, Map<Integer, String>> holders = new HashMap<>();

    /** What a member had whose subscription comes later in the journal: compaction may put it so. */
    private final Map<String, ConsumerMember.Current> early = new HashMap<>();
    private final ConsumerHistory history = new ConsumerHistory();

    /** The topics as they were when the group was looked at last, and the version that its epoch is up to. */
    private TopicsImage topics = TopicsImage.EMPTY;
    private long seenTopics = -1;

    ConsumerGroup(String groupId) {
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
        Set<String> topics = new HashSet<>(subscribers.keySet());
        regexUsers.keySet().forEach(regex -> topics.addAll(topicsOf(regex)));
        return topics;
    }

    /** As clients see it. */
    String state() {
        if (members.isEmpty()) {
            return "Empty";
        }
        if (epoch > assignmentEpoch) {
            return "Assigning";
        }
        return isStable() ? "Stable" : "Reconciling";
    }

    /** Whether every member is where the newest target wants it. */
    boolean isStable() {
        if (epoch > assignmentEpoch) {
            return false;
        }
        ConsumerMember last = members.get(unsettled);
        if (last != null && !isSettled(last.current())) {
            return false;
        }
        for (ConsumerMember each : members.values()) {
            if (!isSettled(each.current())) {
                unsettled = each.memberId();
                return false;
            }
        }
        return true;
    }

    /** Whether a member that has this has its target. */
    boolean isSettled(ConsumerMember.Current current) {
        return current.state() == ConsumerMember.State.STABLE && current.epoch() == assignmentEpoch;
    }

    int epoch() {
        return epoch;
    }

    long topicsHash() {
        return topicsHash;
    }

    int assignmentEpoch() {
        return assignmentEpoch;
    }

    /** Wall-clock time of the last target assignment, or 0. */
    long assignedAtMs() {
        return assignedAtMs;
    }

    long seenTopics() {
        return seenTopics;
    }

    /** The topics as this group has heard of them last. */
    TopicsImage topics() {
        return topics;
    }

    /** Whether all but these members speak the classic protocol. */
    boolean isClassicWithout(Collection<ConsumerMember> others) {
        return classicMembers - others.stream().filter(ConsumerMember::isClassic).count() == members.size() - others.size();
    }

    /** Whether a classic member can be here: all other classic members must know one of its protocols. */
    boolean accepts(String protocolType, List<MemberProtocol> protocols) {
        return ClassicGroup.CONSUMER_PROTOCOL_TYPE.equals(protocolType)
                && protocols.stream().anyMatch(each -> supporters.getOrDefault(each.name(), 0) == classicMembers);
    }

    /** When a classic member must have acted, in {@code elapsedMs}; {@link Long#MAX_VALUE} if it need not. */
    long owesUntilMs(String memberId) {
        return owesUntilMs.getOrDefault(memberId, Long.MAX_VALUE);
    }

    /** Whether others still hold what a member is to have. */
    boolean isWaiting(ConsumerMember member) {
        return !target(member.memberId()).minus(member.current().assigned())
                .where((topicId, partition) -> isHeldByAnother(topicId, partition, member.memberId())).isEmpty();
    }

    Collection<ConsumerMember> members() {
        return members.values();
    }

    int size() {
        return members.size();
    }

    /** Null if there is none. */
    ConsumerMember member(String memberId) {
        return members.get(memberId);
    }

    /** The member that holds this static identity, or null. */
    ConsumerMember byInstance(String instanceId) {
        String memberId = memberIdByInstance.get(instanceId);
        return memberId == null ? null : members.get(memberId);
    }

    Partitions target(String memberId) {
        return targets.getOrDefault(memberId, Partitions.NONE);
    }

    /** The topics that some member subscribes to by name. */
    Set<String> namedTopics() {
        return subscribers.keySet();
    }

    /** The expressions that some member subscribes to. */
    Set<String> regexes() {
        return regexUsers.keySet();
    }

    /** Null if it was never resolved. */
    ResolvedRegex resolved(String regex) {
        return regexes.get(regex);
    }

    Set<String> resolvedRegexes() {
        return regexes.keySet();
    }

    /** Whether there is an expression of which it is not known yet what it stands for. */
    boolean hasUnresolved() {
        return !regexes.keySet().containsAll(regexUsers.keySet());
    }

    private Set<String> topicsOf(String regex) {
        ResolvedRegex resolved = regexes.get(regex);
        return resolved == null ? Set.of() : resolved.topics;
    }

    /** The topics that a member wants, by name or by expression. */
    Set<String> topicsOf(ConsumerMember member) {
        if (member.subscription().regex() == null) {
            return member.subscription().topics();
        }
        Set<String> topics = new HashSet<>(member.subscription().topics());
        topics.addAll(topicsOf(member.subscription().regex()));
        return topics;
    }

    /** Null if nobody has it. */
    String holder(Uuid topicId, int partition) {
        return holders.getOrDefault(topicId, Map.of()).get(partition);
    }

    boolean isHeldByAnother(Uuid topicId, int partition, String memberId) {
        String holder = holder(topicId, partition);
        return holder != null && !holder.equals(memberId);
    }

    long sessionDeadlineMs(String memberId) {
        Timing timing = timings.get(memberId);
        return timing == null ? 0 : timing.sessionDeadlineMs;
    }

    ConsumerHistory history() {
        return history;
    }

    /** The assignor that most members want, or {@code otherwise}. */
    String preferredAssignor(String otherwise) {
        return preferredAssignor(otherwise, "", null);
    }

    /** As {@link #preferredAssignor(String)}, if one member wanted another one. */
    String preferredAssignor(String otherwise, String memberId, String assignor) {
        Map<String, Integer> votes = new LinkedHashMap<>();
        for (ConsumerMember member : members.values()) {
            String wanted = member.memberId().equals(memberId) ? assignor : member.subscription().assignor();
            if (wanted != null) {
                votes.merge(wanted, 1, Integer::sum);
            }
        }
        return votes.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey).orElse(otherwise);
    }

    /** The one place where a group changes. */
    void apply(GroupEvent.Consumer event) {
        switch (event) {
            case GroupEvent.ConsumerGroupKept kept -> {
                epoch = kept.epoch();
                topicsHash = kept.topicsHash();
            }
            case GroupEvent.ConsumerMemberKept kept -> keep(kept.memberId(), kept.subscription());
            case GroupEvent.TargetEpochKept kept -> {
                assignmentEpoch = kept.epoch();
                assignedAtMs = kept.timestampMs();
                history.targeted();
            }
            case GroupEvent.TargetKept kept -> targets.put(kept.memberId(), kept.target());
            case GroupEvent.CurrentKept kept -> keep(kept.memberId(), kept.current());
            case GroupEvent.RegexKept kept -> regexes.put(kept.regex(), kept.resolved());
            case GroupEvent.ConsumerPartRemoved removed -> remove(removed);
            case GroupEvent.ConsumerHeard heard ->
                    timings.put(heard.memberId(), new Timing(heard.deadlineMs(), heard.sessionTimeoutMs()));
            case GroupEvent.ConsumerRebalanceBegun begun -> history.begun(begun.rebalance());
            case GroupEvent.ConsumerRebalanced ended -> history.ended(ended.rebalance());
            case GroupEvent.ConsumerTime time -> history.time(time.wallMs());
            case GroupEvent.ClassicMemberOwes owes -> {
                if (owes.deadlineMs() == Long.MAX_VALUE) {
                    owesUntilMs.remove(owes.memberId());
                } else {
                    owesUntilMs.put(owes.memberId(), owes.deadlineMs());
                }
            }
            case GroupEvent.TopicsSeen seen -> {
                topics = seen.image();
                seenTopics = seen.compared() ? topics.version() : seenTopics;
            }
        }
    }

    private void keep(String memberId, ConsumerMember.Subscription subscription) {
        ConsumerMember before = members.get(memberId);
        if (before != null) {
            count(before.subscription(), -1);
        } else {
            history.memberJoined(memberId);
        }
        count(subscription, 1);
        members.put(memberId, before == null ? new ConsumerMember(memberId, subscription, ConsumerMember.Current.JOINED) : before.with(subscription));
        if (early.containsKey(memberId)) {
            keep(memberId, early.remove(memberId));
        }
        if (subscription.instanceId() != null) {
            memberIdByInstance.put(subscription.instanceId(), memberId);
        }
    }

    private void count(ConsumerMember.Subscription subscription, int change) {
        subscription.topics().forEach(topic -> subscribers.merge(topic, change, ConsumerGroup::sum));
        if (subscription.regex() != null) {
            regexUsers.merge(subscription.regex(), change, ConsumerGroup::sum);
        }
        if (subscription.classic() != null) {
            classicMembers += change;
            subscription.classic().protocols().forEach(each -> supporters.merge(each.name(), change, ConsumerGroup::sum));
        }
    }

    /** Null, which removes a map's entry, when nobody is left. */
    private static Integer sum(int before, int change) {
        return before + change == 0 ? null : before + change;
    }

    private void keep(String memberId, ConsumerMember.Current current) {
        ConsumerMember member = members.get(memberId);
        if (member == null) {
            early.put(memberId, current);
            return;
        }
        history.held(memberId, member.current().held(), current.held());
        members.put(memberId, member.with(current));
        current.held().forEach((topicId, partition) -> holders.computeIfAbsent(topicId, id -> new HashMap<>()).put(partition, memberId));
        release(memberId, member.current().held().minus(current.held()));
    }

    private void release(String memberId, Partitions partitions) {
        partitions.forEach((topicId, partition) -> holders.getOrDefault(topicId, new HashMap<>()).remove(partition, memberId));
    }

    private void remove(GroupEvent.ConsumerPartRemoved removed) {
        String name = removed.name();
        switch (removed.part()) {
            case MEMBER -> removeMember(name);
            case TARGET -> targets.remove(name);
            case CURRENT -> {
                keep(name, ConsumerMember.Current.JOINED);
                early.remove(name);
            }
            case REGEX -> regexes.remove(name);
            case TARGET_EPOCH -> assignmentEpoch = 0;
            case GROUP, TOPICS -> { }
        }
    }

    private void removeMember(String memberId) {
        ConsumerMember member = members.remove(memberId);
        timings.remove(memberId);
        owesUntilMs.remove(memberId);
        if (member != null) {
            history.memberLeft(memberId);
            release(memberId, member.current().held());
            count(member.subscription(), -1);
            if (member.isStatic() && Objects.equals(memberIdByInstance.get(member.subscription().instanceId()), memberId)) {
                memberIdByInstance.remove(member.subscription().instanceId());
            }
        }
    }
}
