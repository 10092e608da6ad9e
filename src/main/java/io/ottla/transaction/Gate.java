// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
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
    private Runnable whenEmpty;

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
        Runnable next = null;
        synchronized (this) {
            inside--;
            if (inside == 0 && closed) {
                next = whenEmpty;
                whenEmpty = null;
            }
        }
        if (next != null) {
            next.run();
        }
    }

    /** Lets nobody in any more; calls back when the last write has ended. Only the first caller is called back. */
    void close(Runnable afterLast) {
        synchronized (this) {
            if (!closed && inside > 0) {
                whenEmpty = afterLast;
            }
            boolean wait = !closed && inside > 0;
            closed = true;
            if (wait) {
                return;
            }
        }
        afterLast.run();
    }

    synchronized boolean closed() {
        return closed;
    }
}
