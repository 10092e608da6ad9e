// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What an application is made of, as its members describe it.
 *
 * @param epoch grows when the application changes; one group knows one topology
 */
record Topology(int epoch, List<Subtopology> subtopologies) {
    /** A topic that belongs to the application. @param partitions 0 where the broker finds out, as for changelogs */
    record InternalTopic(String name, int partitions, short replicationFactor, Map<String, String> configs) {}

    /** Topics that must have as many partitions as each other, as indexes into those of the subtopology. */
    record CopartitionGroup(List<Short> sourceTopics, List<Short> sourceTopicRegex, List<Short> repartitionSourceTopics) {}

    /**
     * A part of the application that is processed as a whole.
     *
     * @param changelogs         topics that keep the state
     * @param repartitionSinks   repartition topics that it writes to
     * @param repartitionSources repartition topics that it reads
     */
    record Subtopology(
            String id,
            List<String> sourceTopics,
            List<String> sourceTopicRegex,
            List<InternalTopic> changelogs,
            List<String> repartitionSinks,
            List<InternalTopic> repartitionSources,
            List<CopartitionGroup> copartitionGroups) {

        /** Every topic that it reads. */
        List<String> inputs() {
            List<String> inputs = new ArrayList<>(sourceTopics);
            repartitionSources.forEach(topic -> inputs.add(topic.name()));
            return inputs;
        }

        boolean isStateful() {
            return !changelogs.isEmpty();
        }
    }

    /** Subtopologies in order of their ids. */
    List<Subtopology> sorted() {
        Map<String, Subtopology> sorted = new TreeMap<>();
        subtopologies.forEach(each -> sorted.put(each.id(), each));
        return List.copyOf(sorted.values());
    }

    /** The internal topics by name. */
    Map<String, InternalTopic> internalTopics() {
        Map<String, InternalTopic> topics = new LinkedHashMap<>();
        for (Subtopology each : sorted()) {
            each.repartitionSources().forEach(topic -> topics.put(topic.name(), topic));
            each.changelogs().forEach(topic -> topics.put(topic.name(), topic));
        }
        return topics;
    }

    /** The names of all topics that it needs. */
    SortedSet<String> topics() {
        SortedSet<String> topics = new TreeSet<>(internalTopics().keySet());
        subtopologies.forEach(each -> topics.addAll(each.sourceTopics()));
        return topics;
    }

    /** The subtopology that reads a topic, or null. */
    Subtopology reader(String topic) {
        return sorted().stream().filter(each -> each.inputs().contains(topic)).findFirst().orElse(null);
    }
}
