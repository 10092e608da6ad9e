// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

import io.ottla.group.GroupCoordinator;
import io.ottla.transaction.TransactionalOffsets;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;

/** Ends transactions in the group coordinator, which transactions do not know. */
record GroupOffsets(GroupCoordinator groups) implements TransactionalOffsets {
    @Override
    public int partitionOf(String groupId) {
        return groups.partitionFor(groupId);
    }

    @Override
    public void complete(int partition, long producerId, short producerEpoch, int coordinatorEpoch, boolean committed, Consumer<Errors> done) {
        groups.completeTransaction(partition, producerId, producerEpoch, coordinatorEpoch, committed, done);
    }
}
