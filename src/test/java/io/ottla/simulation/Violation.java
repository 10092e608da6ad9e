// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

/** A promise that was broken. */
final class Violation extends AssertionError {
    private static final long serialVersionUID = 1;

    enum Kind {
        /** Acknowledged as committed, and gone or aborted. */
        LOST_COMMIT,
        /** Seen by a read_committed reader, though it was aborted or never asked to be committed. */
        ABORTED_READ,
        /** Some writes of a transaction count and others do not. */
        TORN_WRITES,
        /** The offsets of a transaction count and its writes do not, or the other way round. */
        TORN_OFFSETS,
        /** Seen twice in a partition. */
        DUPLICATE,
        /** The last stable offset, or the committed offset of a group, was larger before. */
        LSO_WENT_BACK,
        /** Read otherwise than before. */
        CHANGED_READ,
        /** Open or prepared long after everything should have come to an end. */
        HANGING,
        /** The latest committed value of a key is not there any more. */
        LOST_BY_COMPACTION,
        /** What is known of producers, or of transactions, is not the same after the broker was started again. */
        PRODUCERS_CHANGED
    }

    private final Kind kind;

    Violation(Kind kind, String message) {
        super(kind + ": " + message);
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }
}
