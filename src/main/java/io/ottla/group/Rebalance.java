// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.List;

/**
 * One rebalance of a group that has ended.
 *
 * @param generation     the generation, or group epoch, that it led to
 * @param startedMs      wall-clock time when members were first called back, or one was gone
 * @param durationMs     from then until the new assignment was given out; to the last member, in a group of the consumer protocol
 * @param reason         what set it off
 * @param joined         members that were not in the generation before, at most {@value #MAX_LISTED}
 * @param left           members of the generation before that are gone, at most {@value #MAX_LISTED}
 * @param members        how many members there are now
 * @param partitions     how many partitions are assigned now; 0 where the broker cannot read the assignment
 * @param moved          how many of them belonged to somebody else before
 * @param moves          which ones, at most {@value #MAX_LISTED}
 * @param longestGapMs   the longest time for which nobody owned one of the assigned partitions
 */
public record Rebalance(
        String groupId,
        int generation,
        long startedMs,
        long durationMs,
        String reason,
        List<String> joined,
        List<String> left,
        int members,
        int partitions,
        int moved,
        List<Move> moves,
        long longestGapMs) {
    static final int MAX_LISTED = 100;

    /** The same rebalance, over after this time. */
    Rebalance lasting(long newDurationMs, long newLongestGapMs) {
        return new Rebalance(groupId, generation, startedMs, newDurationMs, reason, joined, left, members, partitions, moved, moves, newLongestGapMs);
    }

    /** @param from the owner before, or null if nobody owned it */
    public record Move(String topic, int partition, String from, String to) {}
}
