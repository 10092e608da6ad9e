// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

/** What is broken on purpose below the coordinators, and which check must find it. */
enum Fault {
    NONE(null),
    /** What was written is said to be durable. */
    FLUSHES_NOTHING(Violation.Kind.LOST_COMMIT),
    /** Readers get what is not durable yet. */
    SHOWS_UNFLUSHED(Violation.Kind.LSO_WENT_BACK),
    /** Readers are not told which transactions were aborted. */
    FORGETS_ABORTED(Violation.Kind.ABORTED_READ),
    /** The last stable offset does not wait for open transactions. */
    READS_PAST_STABLE(Violation.Kind.ABORTED_READ),
    /** Some markers of transactions that are committed say abort. */
    FLIPS_MARKERS(Violation.Kind.TORN_WRITES),
    /** Some markers are never written. */
    DROPS_MARKERS(Violation.Kind.HANGING),
    /** A batch that is sent again is written again. */
    WRITES_DUPLICATES(Violation.Kind.DUPLICATE),
    /** Offsets count whatever becomes of their transaction. */
    KEEPS_ABORTED_OFFSETS(Violation.Kind.TORN_OFFSETS),
    /** Offsets of some transactions that are committed are dropped. */
    DROPS_OFFSETS(Violation.Kind.TORN_OFFSETS),
    /** Some reads of the compacted topic end too early, as if compaction had taken the rest. */
    HIDES_LATEST(Violation.Kind.LOST_BY_COMPACTION),
    /** The sequences of producers are forgotten when the broker starts again. */
    FORGETS_PRODUCERS(Violation.Kind.PRODUCERS_CHANGED),
    /** Some batches are written once more. */
    APPENDS_TWICE(null),
    /** There are records that nobody has sent. */
    MAKES_UP_RECORDS(null),
    /** Records are gone after they were read. */
    FORGETS_THE_BEGINNING(null),
    /** A batch is acknowledged, and written after those that came later. */
    APPENDS_LATE(null);

    private final Violation.Kind found;

    Fault(Violation.Kind found) {
        this.found = found;
    }

    /** The check of the simulation that finds this fault; null for those that are for the list checker only, and for none. */
    Violation.Kind found() {
        return found;
    }
}
