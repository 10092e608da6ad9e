// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.PartitionOffsets;
import io.ottla.topic.ReadLimit;

/**
 * One consistent picture of a partition for its readers. Immutable; a change publishes a new one.
 *
 * @param segments      in order of their base offsets; empty until the first append
 * @param logEnd        where the next batch goes
 * @param highWatermark where what is durable ends
 * @param gaps          whether offsets may be missing between batches
 * @param offsets       the same in offsets
 */
record LogView(Segment[] segments, LogPosition logEnd, LogPosition highWatermark, boolean gaps, PartitionOffsets offsets) {
    /** Where a read with this limit ends; the position is -1 where it has to be looked up. */
    LogPosition end(ReadLimit limit) {
        return switch (limit) {
            case LOG_END -> logEnd;
            case HIGH_WATERMARK -> highWatermark;
            case LAST_STABLE -> offsets.lastStable() == highWatermark.offset() ? highWatermark : new LogPosition(null, offsets.lastStable(), -1);
        };
    }

    /** Index of the last segment whose base offset is at most {@code offset}, or -1. */
    int segmentIndex(long offset) {
        int low = 0;
        int high = segments.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (segments[middle].baseOffset() <= offset) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }
}
