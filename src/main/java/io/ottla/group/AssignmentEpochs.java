// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/**
 * Since which epoch a member has each of its partitions (KIP-1251): a commit of an older epoch of the member's own counts, if
 * it had the partition then. Immutable.
 */
record AssignmentEpochs(Map<Uuid, Map<Integer, Integer>> byTopic) {
    static final AssignmentEpochs NONE = new AssignmentEpochs(Map.of());

    /** All these partitions since one epoch. */
    static AssignmentEpochs of(Partitions partitions, int epoch) {
        return NONE.to(partitions, epoch);
    }

    /** The epochs of these partitions: what it was, or {@code epoch} for those that are new. */
    AssignmentEpochs to(Partitions partitions, int epoch) {
        if (partitions.isEmpty()) {
            return NONE;
        }
        Map<Uuid, Map<Integer, Integer>> epochs = new TreeMap<>();
        partitions.byTopic().forEach((topicId, indexes) -> {
            Map<Integer, Integer> had = byTopic.getOrDefault(topicId, Map.of());
            Map<Integer, Integer> has = new TreeMap<>();
            indexes.forEach(partition -> has.put(partition, had.getOrDefault(partition, epoch)));
            epochs.put(topicId, has);
        });
        return new AssignmentEpochs(epochs);
    }

    /** {@link Integer#MAX_VALUE}, which no commit reaches, for a partition that the member does not have. */
    int since(Uuid topicId, int partition) {
        return byTopic.getOrDefault(topicId, Map.of()).getOrDefault(partition, Integer.MAX_VALUE);
    }
}
