// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import io.ottla.coordinator.Caller;
import io.ottla.transaction.TransactionCommand.NeedsId;

/** What decisions have others do. What they lead to is asked for by a reply, so never before the decision is durable. */
interface TransactionErrands {
    /** Writes markers and submits {@link TransactionCommand.MarkersWritten}. Forgotten if refused: loading the shard again repeats it. */
    Caller<MarkerOrder> markers();

    /** Finds a new producer id and submits {@code command} with it. */
    Caller<NeedsId> freshIdFor(NeedsId command);
}
