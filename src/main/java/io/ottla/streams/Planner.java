// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.streams.Topology.InternalTopic;
import io.ottla.streams.Topology.Subtopology;
import io.ottla.topic.TopicView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatResponse.Status;

/**
 * Finds out what a topology comes to with the topics that there are: how many partitions its internal topics must have, how
 * many tasks there are, and what is in the way. Pure, but for asking which topics there are.
 */
final class Planner {
    /** Topics that a message names before it only counts them. */
    private static final int MAX_NAMED = 10;

    private final Topology topology;
    private final TopicView topics;

    /** Partitions of internal topics, as far as they are decided. */
    private final Map<String, Integer> decided = new HashMap<>();

    private Planner(Topology topology, TopicView topics) {
        this.topology = topology;
        this.topics = topics;
    }

    /** Changes when one of the topology's topics is created, deleted, made anew or grows; 0 if none exists. */
    static long topicsHash(Topology topology, TopicView topics) {
        long hash = 0;
        for (String name : topology.topics()) {
            TopicView.Known topic = topics.find(name);
            if (topic != null) {
                hash = hash * 31 + topic.id().getMostSignificantBits();
                hash = hash * 31 + topic.id().getLeastSignificantBits();
                hash = hash * 31 + topic.partitions();
            }
        }
        return hash;
    }

    /** @throws InvalidTopology if no topics could make this topology work */
    static Plan plan(Topology topology, TopicView topics, long topicsHash) throws InvalidTopology {
        try {
            return new Planner(topology, topics).plan(topicsHash);
        } catch (NotYet e) {
            return new Plan(topology.epoch(), topicsHash, new TreeMap<>(), Map.of(), List.of(), new Plan.Problem(e.status.code(), e.getMessage()));
        }
    }

    /** The topics are not as they should be. */
    private static final class NotYet extends Exception {
        private static final long serialVersionUID = 1;
        private final Status status;

        NotYet(Status status, String message) {
            super(message, null, false, false);
            this.status = status;
        }
    }

    /** The topology contradicts itself. */
    static final class InvalidTopology extends Exception {
        private static final long serialVersionUID = 1;

        InvalidTopology(String message) {
            super(message, null, false, false);
        }
    }

    private Plan plan(long topicsHash) throws NotYet, InvalidTopology {
        requireSourceTopics();
        decideRepartitionTopics();
        copartition();
        SortedMap<String, Integer> tasks = new TreeMap<>();
        for (Subtopology each : topology.sorted()) {
            int count = widest(each.inputs());
            tasks.put(each.id(), count);
            each.changelogs().forEach(topic -> decided.put(topic.name(), count));
        }
        List<InternalTopic> missing = missing();
        Plan.Problem problem = missing.isEmpty() ? null : new Plan.Problem(Status.MISSING_INTERNAL_TOPICS.code(),
                "Internal topics are missing: " + summary(missing.stream().map(InternalTopic::name).toList()));
        return new Plan(topology.epoch(), topicsHash, tasks, Map.copyOf(decided), missing, problem);
    }

    private void copartition() throws NotYet {
        try {
            for (Subtopology each : topology.sorted()) {
                new Copartitioning(each, this::partitionsOf, decided).enforce();
            }
        } catch (Copartitioning.Impossible e) {
            throw new NotYet(Status.INCORRECTLY_PARTITIONED_TOPICS, e.getMessage());
        }
    }

    private void requireSourceTopics() throws NotYet {
        TreeSet<String> missing = new TreeSet<>();
        topology.subtopologies().forEach(each -> each.sourceTopics().stream().filter(name -> topics.find(name) == null).forEach(missing::add));
        if (!missing.isEmpty()) {
            throw new NotYet(Status.MISSING_SOURCE_TOPICS, "Source topics " + summary(missing) + " are missing.");
        }
    }

    /** A repartition topic without a count of its own is as wide as the widest topic that its writers read. */
    private void decideRepartitionTopics() throws InvalidTopology {
        Map<String, InternalTopic> open = new TreeMap<>();
        topology.subtopologies().forEach(each -> each.repartitionSources().forEach(topic -> {
            if (topic.partitions() > 0) {
                decided.put(topic.name(), topic.partitions());
            } else {
                open.put(topic.name(), topic);
            }
        }));
        while (!open.isEmpty()) {
            if (!decideAll(open) && !decideOneInLoop(open)) {
                throw new InvalidTopology("Failed to compute number of partitions for all repartition topics. "
                        + "There may be loops in the topology that cannot be resolved.");
            }
        }
    }

    /** Decides the topics whose writers read nothing that is still open; false if there are none. */
    private boolean decideAll(Map<String, InternalTopic> open) throws InvalidTopology {
        int before = open.size();
        for (String name : List.copyOf(open.keySet())) {
            List<Integer> counts = writersInputs(name);
            if (!counts.contains(null)) {
                decide(name, widestOf(counts), open);
            }
        }
        return open.size() < before;
    }

    /** When all that are left wait for each other: one follows what else its writers read, so that the rest can follow it. */
    private boolean decideOneInLoop(Map<String, InternalTopic> open) throws InvalidTopology {
        for (String name : open.keySet()) {
            int widest = widestOf(writersInputs(name));
            if (widest > 0) {
                decide(name, widest, open);
                return true;
            }
        }
        return false;
    }

    private void decide(String topic, int count, Map<String, InternalTopic> open) {
        decided.put(topic, count);
        open.remove(topic);
    }

    private static int widestOf(List<Integer> counts) {
        return counts.stream().filter(Objects::nonNull).max(Integer::compare).orElse(0);
    }

    /** The partition counts of what the writers of the topic read; null for what is not decided. */
    private List<Integer> writersInputs(String topic) throws InvalidTopology {
        List<Subtopology> writers = topology.subtopologies().stream().filter(each -> each.repartitionSinks().contains(topic)).toList();
        if (writers.isEmpty()) {
            throw new InvalidTopology("Failed to compute number of partitions for all repartition topics, "
                    + "because a repartition source topic is never used as a sink topic.");
        }
        List<Integer> counts = new ArrayList<>();
        writers.forEach(writer -> writer.inputs().forEach(input -> counts.add(partitionsOf(input))));
        return counts;
    }

    /** Null if that is not known (yet). What is decided goes before what is there: if they differ, that is said later. */
    private Integer partitionsOf(String topic) {
        Integer count = decided.get(topic);
        TopicView.Known known = count == null ? topics.find(topic) : null;
        return known == null ? count : Integer.valueOf(known.partitions());
    }

    private int widest(Collection<String> names) {
        return names.stream().map(this::partitionsOf).filter(count -> count != null).max(Integer::compare).orElse(0);
    }

    private List<InternalTopic> missing() throws NotYet {
        List<InternalTopic> missing = new ArrayList<>();
        for (InternalTopic topic : topology.internalTopics().values()) {
            int expected = decided.get(topic.name());
            TopicView.Known known = topics.find(topic.name());
            if (known == null) {
                missing.add(new InternalTopic(topic.name(), expected, topic.replicationFactor(), topic.configs()));
            } else if (known.partitions() != expected) {
                throw new NotYet(Status.INCORRECTLY_PARTITIONED_TOPICS, "Existing topic " + topic.name()
                        + " has different number of partitions: expected " + expected + ", found " + known.partitions());
            }
        }
        return missing;
    }

    static String summary(Collection<String> names) {
        String named = String.join(", ", names.stream().sorted().limit(MAX_NAMED).toList());
        return names.size() <= MAX_NAMED ? named : named + " and " + (names.size() - MAX_NAMED) + " additional topics";
    }
}
