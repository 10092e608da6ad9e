// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import java.nio.ByteBuffer;

/** One thing kept in a journal: a record of the internal topic. Buffers are read from their position, and valid only during the call. */
public sealed interface JournalEntry {
    /** A record; a null value is a tombstone. */
    record Plain(ByteBuffer key, ByteBuffer value) implements JournalEntry {}

    /** A record that counts only once its producer's transaction commits. */
    record Transactional(long producerId, short producerEpoch, ByteBuffer key, ByteBuffer value) implements JournalEntry {}

    /** The end of a producer's transaction in this partition. */
    record Marker(long producerId, short producerEpoch, int coordinatorEpoch, boolean committed) implements JournalEntry {}
}
