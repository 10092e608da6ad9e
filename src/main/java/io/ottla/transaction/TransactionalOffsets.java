// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;

/** What transactions ask of the group coordinator, which keeps the offsets that they commit. Safe for any thread. */
public interface TransactionalOffsets {
    /** The partition of {@code __consumer_offsets} that keeps a group's offsets. */
    int partitionOf(String groupId);

    /**
     * Ends a producer's transaction in one partition of {@code __consumer_offsets}: writes the marker and makes the offsets
     * that were held for it visible, or drops them. Repeating it is harmless.
     *
     * @param done called once from any thread: NONE when the marker is durable, otherwise why it is not
     */
    void complete(int partition, long producerId, short producerEpoch, int coordinatorEpoch, boolean committed, Consumer<Errors> done);
}
