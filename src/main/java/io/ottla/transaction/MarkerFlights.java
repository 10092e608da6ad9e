// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Sees to it that markers fall into the right transaction: they are written when no write into it can be under way any more, and
 * for each transactional id by one flight at a time. An order that comes meanwhile, from a shard that was loaded anew, is for the
 * same transaction, and the flight under way answers it: a second flight could land in the next transaction. Safe for any thread.
 */
final class MarkerFlights {
    /** Writes markers; calls back once with the partitions that still lack theirs. */
    interface Writer {
        void write(MarkerOrder order, Consumer<Set<TopicPartition>> done);
    }

    private final TransactionalWrites writes;
    private final Writer writer;
    private final Consumer<TransactionCommand.MarkersWritten> coordinator;
    /** The last order of each transactional id that has a flight under way. */
    private final Map<String, MarkerOrder> flying = new ConcurrentHashMap<>();

    MarkerFlights(TransactionalWrites writes, Writer writer, Consumer<TransactionCommand.MarkersWritten> coordinator) {
        this.writes = writes;
        this.writer = writer;
        this.coordinator = coordinator;
    }

    void begin(MarkerOrder order) {
        if (flying.put(order.id(), order) == null) {
            writes.end(order, () -> writer.write(order, unmarked -> land(order.id(), unmarked)));
        }
    }

    private void land(String id, Set<TopicPartition> unmarked) {
        coordinator.accept(new TransactionCommand.MarkersWritten(flying.remove(id), unmarked));
    }
}
