// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.streams.Topology.CopartitionGroup;
import io.ottla.streams.Topology.InternalTopic;
import io.ottla.streams.Topology.Subtopology;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** Topics of a subtopology that are joined must have as many partitions as each other: sees to it, or says why they can't. */
final class Copartitioning {
    /** Topics that are joined have different numbers of partitions. */
    static final class Impossible extends Exception {
        private static final long serialVersionUID = 1;

        Impossible(String message) {
            super(message, null, false, false);
        }
    }

    private final Subtopology subtopology;
    private final Function<String, Integer> partitionsOf;
    private final Map<String, Integer> decided;

    /** @param decided partitions of internal topics, where the counts of repartition topics are changed */
    Copartitioning(Subtopology subtopology, Function<String, Integer> partitionsOf, Map<String, Integer> decided) {
        this.subtopology = subtopology;
        this.partitionsOf = partitionsOf;
        this.decided = decided;
    }

    void enforce() throws Impossible {
        for (CopartitionGroup group : subtopology.copartitionGroups()) {
            enforce(group);
        }
    }

    /** Sources say how wide all are; without them, repartition topics whose width is fixed; without those, the widest. */
    private void enforce(CopartitionGroup group) throws Impossible {
        Map<String, Integer> sources = new TreeMap<>();
        group.sourceTopics().forEach(index -> count(sources, subtopology.sourceTopics().get(index)));
        Map<String, Integer> fixed = new TreeMap<>();
        Map<String, Integer> open = new TreeMap<>();
        for (short index : group.repartitionSourceTopics()) {
            InternalTopic topic = subtopology.repartitionSources().get(index);
            count(topic.partitions() > 0 ? fixed : open, topic.name());
        }
        int width;
        if (!sources.isEmpty()) {
            width = same(sources);
            for (Map.Entry<String, Integer> each : fixed.entrySet()) {
                if (each.getValue() != width) {
                    throw new Impossible(String.format("Number of partitions [%d] of repartition topic [%s] doesn't match number of partitions [%d] of the source topic.",
                            each.getValue(), each.getKey(), width));
                }
            }
        } else {
            width = fixed.isEmpty() ? open.values().stream().max(Integer::compare).orElse(0) : same(fixed);
        }
        open.keySet().forEach(name -> decided.put(name, width));
    }

    private void count(Map<String, Integer> counts, String topic) {
        counts.put(topic, partitionsOf.apply(topic));
    }

    private static int same(Map<String, Integer> counts) throws Impossible {
        if (new TreeSet<>(counts.values()).size() > 1) {
            throw new Impossible("Following topics do not have the same number of partitions: [" + counts + "]");
        }
        return counts.values().iterator().next();
    }
}
