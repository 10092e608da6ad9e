// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** What changes a shard of the coordinator. Only {@link Changed} and {@link Removed} outlive the process. */
sealed interface TransactionEvent {
    /** A transactional id took a step. */
    record Changed(Transaction to) implements TransactionEvent {}

    /** The way into the transaction that has just begun. */
    record Opened(String id, Gate gate) implements TransactionEvent {}

    /** A transactional id was not used for too long. */
    record Removed(String id) implements TransactionEvent {}

    /** Markers were ordered; only the answer to this order counts. */
    record Ordered(MarkerOrder order) implements TransactionEvent {}

    /** Some markers of a prepared transaction are durable, the others not yet. */
    record Marked(String id, Set<TopicPartition> unmarked) implements TransactionEvent {}

    /** Somebody waits for the markers of the transaction before. */
    record Parked(TransactionCommand.Add command) implements TransactionEvent {}

    /** The first {@code count} who waited need not any more. */
    record Resumed(String id, int count) implements TransactionEvent {}

    /** Whether late transactions will be looked for. */
    record Watching(boolean on) implements TransactionEvent {}
}
