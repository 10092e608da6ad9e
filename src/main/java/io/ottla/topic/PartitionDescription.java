// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

import java.util.List;

/**
 * What operators ask about a partition.
 *
 * @param directory where it is stored
 * @param sizeBytes bytes of its records
 * @param producers idempotent producers that it remembers (KIP-664)
 */
public record PartitionDescription(String directory, long sizeBytes, List<ProducerState> producers) {
    /** One producer; -1 stands for an unknown sequence or offset, and for no open transaction. */
    public record ProducerState(
            long producerId,
            short producerEpoch,
            int coordinatorEpoch,
            int lastSequence,
            long lastTimestampMs,
            long currentTransactionStartOffset) {}
}
