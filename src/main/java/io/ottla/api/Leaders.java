// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.topic.Partition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;

/** Who leads a partition: this broker, or nobody while its storage is offline. */
final class Leaders {
    record Leader(int id, int epoch, Errors error) {}

    private static final Leader NONE = new Leader(-1, -1, Errors.LEADER_NOT_AVAILABLE);

    private Leaders() {}

    static Leader of(Partition partition, int nodeId) {
        try {
            return new Leader(nodeId, partition.offsets().leaderEpoch(), Errors.NONE);
        } catch (ApiException e) {
            return NONE;
        }
    }

    /** NONE if {@code claimed}, what a client believes the epoch to be (-1: it does not say), is right (KIP-320). */
    static Errors check(int claimed, int current) {
        if (claimed < 0 || claimed == current) {
            return Errors.NONE;
        }
        return claimed < current ? Errors.FENCED_LEADER_EPOCH : Errors.UNKNOWN_LEADER_EPOCH;
    }
}
