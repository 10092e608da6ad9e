// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

/**
 * How the disk treats the log. The first two say how it is now, the others count since the start; all are 0 on a healthy disk.
 *
 * @param offlinePartitions  partitions that are not served: their files are damaged, or the disk failed and they are tried again later
 * @param refusingPartitions partitions whose last append was refused because the disk was full, failing or read-only
 * @param failedAppends      appends that the disk refused
 * @param failedFlushes      flushes that failed; each takes its partition offline until it was opened again
 * @param failedReads        reads that failed, damage included
 * @param failedChanges      changes to topics and configs that could not be saved
 */
public record LogHealth(
        int offlinePartitions,
        int refusingPartitions,
        long failedAppends,
        long failedFlushes,
        long failedReads,
        long failedChanges) {

    /** True if the disk does all that it is asked, at this moment. */
    public boolean healthy() {
        return offlinePartitions == 0 && refusingPartitions == 0;
    }
}
