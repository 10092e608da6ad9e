// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;
import org.apache.kafka.common.Uuid;

/** A set of partitions, by topic id, in order. Immutable. */
record Partitions(Map<Uuid, Set<Integer>> byTopic) {
    static final Partitions NONE = new Partitions(Map.of());

    Partitions {
        byTopic = Collections.unmodifiableMap(byTopic);
    }

    /** Collects partitions one by one. */
    static final class Builder {
        private final Map<Uuid, Set<Integer>> byTopic = new TreeMap<>();

        Builder add(Uuid topicId, int partition) {
            byTopic.computeIfAbsent(topicId, id -> new TreeSet<>()).add(partition);
            return this;
        }

        Builder addAll(Uuid topicId, Collection<Integer> partitions) {
            partitions.forEach(partition -> add(topicId, partition));
            return this;
        }

        Builder addAll(Partitions others) {
            others.byTopic.forEach(this::addAll);
            return this;
        }

        Partitions build() {
            return byTopic.isEmpty() ? NONE : new Partitions(byTopic);
        }
    }

    boolean isEmpty() {
        return byTopic.isEmpty();
    }

    int size() {
        int size = 0;
        for (Set<Integer> each : byTopic.values()) {
            size += each.size();
        }
        return size;
    }

    boolean contains(Uuid topicId, int partition) {
        Set<Integer> ofTopic = byTopic.get(topicId);
        return ofTopic != null && ofTopic.contains(partition);
    }

    boolean containsAll(Partitions others) {
        return others.where((topicId, partition) -> !contains(topicId, partition)).isEmpty();
    }

    boolean overlaps(Partitions others) {
        return !others.where(this::contains).isEmpty();
    }

    Partitions minus(Partitions others) {
        return where((topicId, partition) -> !others.contains(topicId, partition));
    }

    Partitions where(BiPredicate<Uuid, Integer> condition) {
        Builder result = new Builder();
        forEach((topicId, partition) -> {
            if (condition.test(topicId, partition)) {
                result.add(topicId, partition);
            }
        });
        return result.build();
    }

    Partitions plus(Partitions others) {
        return isEmpty() ? others : others.isEmpty() ? this : new Builder().addAll(this).addAll(others).build();
    }

    void forEach(BiConsumer<Uuid, Integer> action) {
        byTopic.forEach((topicId, partitions) -> partitions.forEach(partition -> action.accept(topicId, partition)));
    }
}
