// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

import io.ottla.wire.StoredRecords;
import java.util.List;

/**
 * What a read found: whole batches, the first of which holds or follows the asked offset.
 *
 * @param records the batches; the taker must release them
 * @param offsets the offsets at the moment of the read
 * @param aborted transactions that were aborted within the range; empty unless the limit is {@link ReadLimit#LAST_STABLE}
 */
public record Fetched(StoredRecords records, PartitionOffsets offsets, List<AbortedTransaction> aborted) {
    /** A transaction whose records a read_committed consumer must skip, from its first offset until its abort marker. */
    public record AbortedTransaction(long producerId, long firstOffset) {}
}
