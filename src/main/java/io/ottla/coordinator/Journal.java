// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import io.ottla.topic.AppendRefused;
import io.ottla.topic.Partition;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.ApiException;

/** Where a shard keeps its events. Owned by one thread at a time, except {@link #whenDurable}. */
public interface Journal {
    /** The offset that the next entry gets. */
    long end();

    /** How many entries {@link #replay} will go through at most. */
    long length();

    /** No batch may be larger, in bytes. */
    int maxBatchBytes();

    /**
     * Writes record batches, all or none; returns the new end. They are durable once {@link #whenDurable} says so of it.
     *
     * @throws AppendRefused nothing was written
     * @throws ApiException  the journal cannot be used now
     */
    long append(ByteBuffer batches);

    /** Calls back once everything below {@code end} is durable; see {@link Partition#whenDurable}. */
    void whenDurable(long end, Partition.Durable callback);

    /** Gives every entry from the first to the last. @throws ApiException the journal cannot be read */
    void replay(Consumer<JournalEntry> target);
}
