// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

/**
 * A consistent picture of a partition's offsets: {@code logStart <= lastStable <= highWatermark <= logEnd}.
 *
 * @param logStart      the first offset that may be read
 * @param lastStable    the first offset of the oldest open transaction, or the high watermark (read_committed ends here)
 * @param highWatermark the first offset that is not durable yet (read_uncommitted ends here)
 * @param logEnd        the offset that the next record gets
 * @param leaderEpoch   the epoch that appends are stamped with
 */
public record PartitionOffsets(long logStart, long lastStable, long highWatermark, long logEnd, int leaderEpoch) {}
