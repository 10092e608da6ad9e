// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/**
 * The committed offsets of a shard's groups, and those that wait for a transaction to end. Reads are for everybody in
 * the room; changes come from {@link GroupShard#apply} alone.
 */
final class OffsetTable {
    private record Key(String groupId, String topic, int partition) {}

    /** By group, topic and partition. */
    private final Map<String, Map<String, Map<Integer, CommittedOffset>>> committed = new HashMap<>();

    private record Promise(CommittedOffset offset, long sequence) {}

    /** By producer: the last commit of its open transaction for each partition. */
    private final Map<Long, Map<Key, Promise>> promised = new HashMap<>();

    /** How many open transactions hold a commit for each partition, and the sequence of the last commit that counts. */
    private final Map<Key, Integer> unstable = new HashMap<>();
    private final Map<Key, Long> lastKept = new HashMap<>();

    /** Commits in the order of the journal. */
    private long sequence;

    /** What is known of a producer: it may not come back with less. */
    private record Epochs(short producer, int coordinator) {}

    private static final int MAX_PRODUCERS = 100_000;

    /** Those heard of last, at the end. */
    private final Map<Long, Epochs> epochs = new LinkedHashMap<>();

    /** Null if nothing is committed. */
    CommittedOffset get(String groupId, String topic, int partition) {
        Map<Integer, CommittedOffset> ofTopic = of(groupId).get(topic);
        return ofTopic == null ? null : ofTopic.get(partition);
    }

    /** All that a group has committed, by topic and partition; empty if nothing. */
    Map<String, Map<Integer, CommittedOffset>> of(String groupId) {
        return committed.getOrDefault(groupId, Map.of());
    }

    boolean isUnstable(String groupId, String topic, int partition) {
        return !unstable.isEmpty() && unstable.containsKey(new Key(groupId, topic, partition));
    }

    /** Whether an open transaction holds offsets for this group. */
    boolean hasPromised(String groupId) {
        return unstable.keySet().stream().anyMatch(key -> key.groupId.equals(groupId));
    }

    /** The partitions for which open transactions hold commits of the group, by topic. */
    Map<String, Set<Integer>> promised(String groupId) {
        Map<String, Set<Integer>> partitions = new HashMap<>();
        unstable.keySet().stream().filter(key -> key.groupId.equals(groupId)).forEach(key ->
                partitions.computeIfAbsent(key.topic, topic -> new HashSet<>()).add(key.partition));
        return partitions;
    }

    /** Every group for which open transactions hold something. */
    Set<String> promisedGroups() {
        return unstable.keySet().stream().map(Key::groupId).collect(Collectors.toSet());
    }

    /** Whether an open transaction holds a commit for this partition of a topic with this id. */
    boolean isPromised(String groupId, String topic, int partition, Uuid topicId) {
        Key key = new Key(groupId, topic, partition);
        return promised.values().stream().map(promises -> promises.get(key)).anyMatch(promise -> promise != null && promise.offset.belongsTo(topicId));
    }

    /** INVALID_PRODUCER_EPOCH if a newer instance of the producer was here. */
    Errors checkProducer(GroupCommand.Producer producer) {
        Epochs known = epochs.get(producer.id());
        return known != null && producer.epoch() < known.producer ? Errors.INVALID_PRODUCER_EPOCH : Errors.NONE;
    }

    /** As {@link #checkProducer}, and TRANSACTION_COORDINATOR_FENCED if a newer coordinator was here. */
    Errors checkMarker(GroupCommand.Producer producer, int coordinatorEpoch) {
        Epochs known = epochs.get(producer.id());
        Errors error = checkProducer(producer);
        return error == Errors.NONE && known != null && coordinatorEpoch < known.coordinator ? Errors.TRANSACTION_COORDINATOR_FENCED : error;
    }

    /** Every group that has committed something. */
    Set<String> groups() {
        return committed.keySet();
    }

    // The rest is for apply.

    void put(GroupEvent.OffsetCommitted commit) {
        sequence++;
        if (!unstable.isEmpty()) {
            lastKept.computeIfPresent(keyOf(commit), (key, before) -> sequence);
        }
        keep(commit);
    }

    private void keep(GroupEvent.OffsetCommitted commit) {
        committed.computeIfAbsent(commit.groupId(), id -> new HashMap<>())
                .computeIfAbsent(commit.topic(), name -> new HashMap<>())
                .put(commit.partition(), commit.offset());
    }

    private static Key keyOf(GroupEvent.OffsetCommitted commit) {
        return new Key(commit.groupId(), commit.topic(), commit.partition());
    }

    /** Also what open transactions hold for the partition: their end does not bring it back. */
    void remove(String groupId, String topic, int partition) {
        Key key = new Key(groupId, topic, partition);
        if (unstable.remove(key) != null) {
            lastKept.remove(key);
            promised.values().forEach(promises -> promises.remove(key));
        }
        Map<String, Map<Integer, CommittedOffset>> ofGroup = committed.get(groupId);
        Map<Integer, CommittedOffset> ofTopic = ofGroup == null ? null : ofGroup.get(topic);
        if (ofTopic == null) {
            return;
        }
        ofTopic.remove(partition);
        if (ofTopic.isEmpty()) {
            ofGroup.remove(topic);
        }
        if (ofGroup.isEmpty()) {
            committed.remove(groupId);
        }
    }

    void promise(long producerId, short producerEpoch, GroupEvent.OffsetCommitted commit) {
        remember(producerId, producerEpoch, -1);
        sequence++;
        Key key = keyOf(commit);
        Promise before = promised.computeIfAbsent(producerId, id -> new HashMap<>()).put(key, new Promise(commit.offset(), sequence));
        if (before == null) {
            unstable.merge(key, 1, Integer::sum);
            lastKept.putIfAbsent(key, 0L);
        }
    }

    /**
     * Forgets what a producer has promised, after keeping it if the transaction was committed. Of several commits for a
     * partition the last one in the journal counts, whichever transaction ends last. Returns the groups concerned.
     */
    Set<String> end(GroupEvent.TransactionEnded ended) {
        long producerId = ended.producerId();
        boolean commit = ended.committed();
        remember(producerId, ended.producerEpoch(), ended.coordinatorEpoch());
        Set<String> groups = new HashSet<>();
        promised.getOrDefault(producerId, Map.of()).forEach((key, promise) -> {
            groups.add(key.groupId);
            if (commit && promise.sequence > lastKept.get(key)) {
                keep(new GroupEvent.OffsetCommitted(key.groupId, key.topic, key.partition, promise.offset));
                lastKept.put(key, promise.sequence);
            }
            if (unstable.merge(key, -1, Integer::sum) == 0) {
                unstable.remove(key);
                lastKept.remove(key);
            }
        });
        promised.remove(producerId);
        return groups;
    }

    private void remember(long producerId, short producerEpoch, int coordinatorEpoch) {
        Epochs before = epochs.remove(producerId);
        epochs.put(producerId, new Epochs(producerEpoch, before == null ? coordinatorEpoch : Math.max(before.coordinator, coordinatorEpoch)));
        if (epochs.size() > MAX_PRODUCERS) {
            epochs.remove(epochs.keySet().iterator().next());
        }
    }
}
