// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

/** A question about offsets that needs a look into the log. */
public sealed interface OffsetQuery {
    /** The first record whose timestamp is at or after {@code timestampMs}. */
    record ByTimestamp(long timestampMs) implements OffsetQuery {}

    /** The first record with the largest timestamp (KIP-734). */
    record MaxTimestamp() implements OffsetQuery {}

    /** The largest epoch at or before {@code leaderEpoch}, and the offset where it ends (KIP-101, KIP-320). */
    record EndOfEpoch(int leaderEpoch) implements OffsetQuery {}

    /**
     * The answer.
     *
     * @param offset      the offset, or -1 where there is none
     * @param timestampMs the record's timestamp, or -1
     * @param leaderEpoch the epoch of the record or the one found, or -1
     */
    record Answer(long offset, long timestampMs, int leaderEpoch) {
        public static final Answer NONE = new Answer(-1, -1, -1);
    }
}
