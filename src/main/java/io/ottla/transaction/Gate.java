// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;

/**
 * The way into one open transaction. Counts the writes that are under way, so that the markers that end the transaction
 * come after the last of them: nothing is ever written into a transaction that has ended. Safe for any thread.
 */
final class Gate implements TransactionalWrites.Pass {
    private final long producerId;
    private final short epoch;
    /** Partitions that the journal durably counts to the transaction. */
    private final Set<TopicPartition> partitions = new HashSet<>();
    private int inside;
    private boolean closed;
    private List<Runnable> whenEmpty = List.of();
    private Gate before;

    Gate(long producerId, short epoch) {
        this.producerId = producerId;
        this.epoch = epoch;
    }

    long producerId() {
        return producerId;
    }

    /** Lets writes into these partitions pass from now on. */
    synchronized void open(Collection<TopicPartition> durable) {
        partitions.addAll(durable);
    }

    /** True if a write into all of {@code targets} may begin now; then {@link #leave} must follow. */
    synchronized boolean enter(short writerEpoch, Collection<TopicPartition> targets) {
        if (closed || writerEpoch != epoch || !partitions.containsAll(targets)) {
            return false;
        }
        inside++;
        return true;
    }

    @Override
    public void leave() {
        List<Runnable> next;
        synchronized (this) {
            inside--;
            if (inside > 0 || !closed) {
                return;
            }
            next = whenEmpty;
            whenEmpty = List.of();
        }
        next.forEach(Runnable::run);
    }

    /** Another gate into the same transaction, of before the shard was loaded anew: writes may still be inside. */
    synchronized void follow(Gate gate) {
        before = gate;
    }

    /** Lets nobody in any more; calls back when nobody is inside, at once or on the thread of the last to leave. */
    void close(Runnable afterLast) {
        Gate first;
        synchronized (this) {
            closed = true;
            first = before;
        }
        if (first == null) {
            waitUntilEmpty(afterLast);
        } else {
            first.close(() -> waitUntilEmpty(afterLast));
        }
    }

    private void waitUntilEmpty(Runnable afterLast) {
        synchronized (this) {
            if (inside > 0) {
                whenEmpty = Stream.concat(whenEmpty.stream(), Stream.of(afterLast)).toList();
                return;
            }
        }
        afterLast.run();
    }

    synchronized boolean closed() {
        return closed;
    }
}
