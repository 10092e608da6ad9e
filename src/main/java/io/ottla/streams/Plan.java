// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.streams.Topology.InternalTopic;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * What a topology comes to with the topics that there are.
 *
 * @param topologyEpoch of the topology
 * @param topicsHash    stands for the topics
 * @param tasks         how many tasks each subtopology has, by id; empty if that cannot be known
 * @param partitions    how many partitions each internal topic has or must get
 * @param missing       internal topics that are to be created, with their partitions
 * @param problem       why the application cannot work yet; null if it can
 */
record Plan(
        int topologyEpoch,
        long topicsHash,
        SortedMap<String, Integer> tasks,
        Map<String, Integer> partitions,
        List<InternalTopic> missing,
        Problem problem) {

    /** As a heartbeat's answer names it. @param status the code of {@code StreamsGroupHeartbeatResponse.Status} */
    record Problem(byte status, String detail) {}

    boolean isReady() {
        return problem == null;
    }
}
