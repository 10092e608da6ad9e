// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import java.util.List;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;

/** Replica lists that clients choose themselves: with one broker there is one right answer. */
final class ManualAssignment {
    private ManualAssignment() {}

    static void check(List<Integer> brokerIds, int nodeId) {
        if (brokerIds.isEmpty()) {
            throw new InvalidReplicaAssignmentException("The manual partition assignment includes an empty replica list.");
        }
        for (int id : brokerIds) {
            if (id != nodeId) {
                throw new InvalidReplicaAssignmentException(
                        "The manual partition assignment includes broker " + id + ", but no such broker is registered.");
            }
        }
        if (brokerIds.size() > 1) {
            throw new InvalidReplicaAssignmentException(
                    "The manual partition assignment includes the broker " + nodeId + " more than once.");
        }
    }
}
