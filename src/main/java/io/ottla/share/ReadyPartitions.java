// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.util.Collections;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;

/**
 * The partitions that a share group has state for in __share_group_state, by topic: only those can be assigned. Immutable.
 *
 * @param initializing state for them is being made
 * @param initialized  they have state
 * @param deleting     topics whose state is being removed, by id
 */
record ReadyPartitions(Map<Uuid, Partitions> initializing, Map<Uuid, Partitions> initialized, Map<Uuid, String> deleting) {
    /** Partitions of one topic. */
    record Partitions(String topic, SortedSet<Integer> indexes) {
        Partitions {
            indexes = Collections.unmodifiableSortedSet(new TreeSet<>(indexes));
        }
    }

    static final ReadyPartitions NONE = new ReadyPartitions(Map.of(), Map.of(), Map.of());

    ReadyPartitions {
        initializing = Collections.unmodifiableMap(new TreeMap<>(initializing));
        initialized = Collections.unmodifiableMap(new TreeMap<>(initialized));
        deleting = Collections.unmodifiableMap(new TreeMap<>(deleting));
    }

    boolean has(Uuid topic, int partition) {
        Partitions partitions = initialized.get(topic);
        return partitions != null && partitions.indexes.contains(partition);
    }

    /** With more of them initialized. */
    ReadyPartitions with(Map<Uuid, Partitions> more) {
        Map<Uuid, Partitions> all = new TreeMap<>(initialized);
        more.forEach((topic, added) -> all.merge(topic, added, ReadyPartitions::union));
        Map<Uuid, Partitions> pending = new TreeMap<>(initializing);
        pending.keySet().removeAll(more.keySet());
        return new ReadyPartitions(pending, all, deleting);
    }

    private static Partitions union(Partitions left, Partitions right) {
        SortedSet<Integer> indexes = new TreeSet<>(left.indexes);
        indexes.addAll(right.indexes);
        return new Partitions(right.topic, indexes);
    }

    ReadyPartitions without(Iterable<Uuid> topics) {
        Map<Uuid, Partitions> all = new TreeMap<>(initialized);
        Map<Uuid, Partitions> pending = new TreeMap<>(initializing);
        Map<Uuid, String> leaving = new TreeMap<>(deleting);
        for (Uuid topic : topics) {
            all.remove(topic);
            pending.remove(topic);
            leaving.remove(topic);
        }
        return new ReadyPartitions(pending, all, leaving);
    }
}
