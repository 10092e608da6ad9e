// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/** A set of tasks, in order. Immutable. */
record Tasks(SortedSet<TaskId> ids) {
    static final Tasks NONE = new Tasks(Collections.emptySortedSet());

    Tasks {
        ids = Collections.unmodifiableSortedSet(ids);
    }

    static Tasks of(Collection<TaskId> ids) {
        return ids.isEmpty() ? NONE : new Tasks(new TreeSet<>(ids));
    }

    boolean isEmpty() {
        return ids.isEmpty();
    }

    boolean contains(TaskId task) {
        return ids.contains(task);
    }

    boolean overlaps(Tasks other) {
        return !Collections.disjoint(ids, other.ids);
    }

    Tasks where(Predicate<TaskId> wanted) {
        return of(ids.stream().filter(wanted).toList());
    }

    Tasks minus(Tasks other) {
        return where(task -> !other.contains(task));
    }

    Tasks and(Tasks other) {
        return where(other::contains);
    }

    Tasks plus(Tasks other) {
        SortedSet<TaskId> all = new TreeSet<>(ids);
        all.addAll(other.ids);
        return new Tasks(all);
    }

    /** Partitions by subtopology. */
    SortedMap<String, SortedSet<Integer>> bySubtopology() {
        SortedMap<String, SortedSet<Integer>> partitions = new TreeMap<>();
        ids.forEach(task -> partitions.computeIfAbsent(task.subtopology(), id -> new TreeSet<>()).add(task.partition()));
        return partitions;
    }
}
