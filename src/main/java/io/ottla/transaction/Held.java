// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import io.ottla.transaction.TransactionCommand.Add;
import io.ottla.transaction.TransactionCommand.Description;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/** One transactional id in memory: what the journal says of it, and what only lives as long as the process. Owned by the shard's loop. */
final class Held {
    private Transaction transaction;
    private Set<TopicPartition> unmarked = Set.of();
    private Gate gate;
    private MarkerOrder awaited;
    /** In the order in which they came; bounded by the decider. */
    private List<Add> waiting = List.of();

    Transaction transaction() {
        return transaction;
    }

    /** Partitions of a prepared transaction that may still lack their marker. */
    Set<TopicPartition> unmarked() {
        return unmarked;
    }

    /** The way into the open transaction, or of a prepared one whose markers may not be ordered yet; null if there is none. */
    Gate gate() {
        return gate;
    }

    List<Add> waiting() {
        return waiting;
    }

    void change(Transaction next) {
        transaction = next;
        unmarked = next.status().prepared() ? next.partitions() : Set.of();
        awaited = null;
        if (next.status() != Status.ONGOING && !next.status().prepared()) {
            gate = null;
        }
    }

    void open(Gate opened) {
        gate = opened;
    }

    void await(MarkerOrder order) {
        awaited = order;
    }

    /** Whether this is the order whose answer is waited for, and not one of before the shard was loaded. */
    boolean awaits(MarkerOrder order) {
        return awaited == order;
    }

    void mark(Set<TopicPartition> missing) {
        unmarked = missing;
    }

    void park(Add add) {
        waiting = Stream.concat(waiting.stream(), Stream.of(add)).toList();
    }

    void dropWaiting(int count) {
        waiting = waiting.stream().skip(count).toList();
    }

    Description describe() {
        return new Description(Errors.NONE, transaction, transaction.status().prepared() ? unmarked : transaction.partitions());
    }

    void abandon(Errors error) {
        if (gate != null) {
            gate.close(() -> { });
        }
        waiting.forEach(add -> add.caller().refuse(error));
    }
}
