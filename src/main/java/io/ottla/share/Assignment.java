// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.util.Collections;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;

/** Partitions by topic id, in order. Immutable. */
record Assignment(Map<Uuid, SortedSet<Integer>> partitions) {
    static final Assignment NONE = new Assignment(Map.of());

    Assignment {
        TreeMap<Uuid, SortedSet<Integer>> sorted = new TreeMap<>();
        partitions.forEach((topic, indexes) -> {
            if (!indexes.isEmpty()) {
                sorted.put(topic, Collections.unmodifiableSortedSet(new TreeSet<>(indexes)));
            }
        });
        partitions = Collections.unmodifiableMap(sorted);
    }

    boolean contains(Uuid topic, int partition) {
        SortedSet<Integer> indexes = partitions.get(topic);
        return indexes != null && indexes.contains(partition);
    }
}
