// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

/**
 * How far a partition is known to be durable, so that recovery looks only at what came after.
 *
 * @param segmentBase        base offset of the segment that was active
 * @param offset             first offset that may not be durable
 * @param position           where that is in the segment's file
 * @param logStart           the log start offset
 * @param maxTimestamp       largest timestamp in that segment up to there, or -1
 * @param maxTimestampOffset last offset of the batch that has it, or -1
 * @param leaderEpoch        the epoch that appends were stamped with
 * @param indexEntries       entries of that segment's offset index that are durable
 * @param timeEntries        entries of its time index that are durable
 * @param producers          true if any producer was remembered
 * @param clean              true if the log was closed there and not appended to since
 * @param gaps               true if offsets may be missing between batches: compaction took some out, or the log was imported
 * @param cleanedTo          offsets below this were compacted
 * @param abortedCheck       what the transaction indexes of all segments add up to ({@link TransactionIndex#check}), by exclusive or
 */
record FlushPoint(
        long segmentBase,
        long offset,
        int position,
        long logStart,
        long maxTimestamp,
        long maxTimestampOffset,
        int leaderEpoch,
        int indexEntries,
        int timeEntries,
        boolean producers,
        boolean clean,
        boolean gaps,
        long cleanedTo,
        int abortedCheck) {

    FlushPoint withLogStart(long newLogStart) {
        return new FlushPoint(segmentBase, offset, position, newLogStart, maxTimestamp, maxTimestampOffset, leaderEpoch, indexEntries, timeEntries, producers, clean, gaps, cleanedTo, abortedCheck);
    }

    /** The same, but from now on there are records of {@code newLeaderEpoch} that it knows nothing of. */
    FlushPoint unclean(int newLeaderEpoch) {
        return new FlushPoint(segmentBase, offset, position, logStart, maxTimestamp, maxTimestampOffset, newLeaderEpoch, indexEntries, timeEntries, producers, false, gaps, cleanedTo, abortedCheck);
    }
}
