// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ottla.streams.Topology.InternalTopic;
import io.ottla.streams.Topology.Subtopology;
import io.ottla.topic.TopicView;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class PlannerTest {
    private static final TopicView TOPICS = name -> name.startsWith("in") ? new TopicView.Known(Uuid.ZERO_UUID, name, name.charAt(2) - '0') : null;

    @Test
    void aSubtopologyThatFeedsItselfIsAsWideAsItsSource() throws Exception {
        Plan plan = plan(part("a", List.of("in2"), List.of("loop"), List.of("loop")));
        assertEquals(Map.of("loop", 2), plan.partitions());
        assertEquals(Map.of("a", 2), plan.tasks());
    }

    @Test
    void aLoopOfSubtopologiesFollowsTheSourceThatComesIn() throws Exception {
        Plan plan = plan(part("a", List.of("in3"), List.of("back"), List.of("forth")), part("b", List.of(), List.of("forth"), List.of("back")));
        assertEquals(Map.of("forth", 3, "back", 3), plan.partitions());
    }

    @Test
    void aChainOfRepartitionTopicsFollowsTheWidestInput() throws Exception {
        Plan plan = plan(part("a", List.of("in2"), List.of(), List.of("z")), part("b", List.of("in1"), List.of("z"), List.of("m")),
                part("c", List.of(), List.of("m"), List.of()));
        assertEquals(Map.of("z", 2, "m", 2), plan.partitions());
    }

    @Test
    void aLoopWithoutASourceIsRefused() {
        Subtopology one = part("a", List.of(), List.of("back"), List.of("forth"));
        Subtopology other = part("b", List.of(), List.of("forth"), List.of("back"));
        assertThrows(Planner.InvalidTopology.class, () -> plan(one, other));
    }

    private static Plan plan(Subtopology... parts) throws Planner.InvalidTopology {
        return Planner.plan(new Topology(1, List.of(parts)), TOPICS, 0);
    }

    private static Subtopology part(String id, List<String> sources, List<String> reads, List<String> writes) {
        List<InternalTopic> repartition = reads.stream().map(name -> new InternalTopic(name, 0, (short) 1, Map.of())).toList();
        return new Subtopology(id, sources, List.of(), List.of(), writes, repartition, List.of());
    }
}
