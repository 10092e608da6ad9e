// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.Partition.Durable;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import org.apache.kafka.common.errors.ApiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who waits for which offset to become durable. Guarded by the partition's lock; callbacks run outside of it. */
final class DurabilityWaiters {
    private static final Logger LOG = LoggerFactory.getLogger(DurabilityWaiters.class);

    private record Waiter(long offset, long number, Durable callback) implements Comparable<Waiter> {
        @Override
        public int compareTo(Waiter other) {
            return offset != other.offset ? Long.compare(offset, other.offset) : Long.compare(number, other.number);
        }
    }

    private PriorityQueue<Waiter> waiters;
    private long count;

    void add(long offset, Durable callback) {
        if (waiters == null) {
            waiters = new PriorityQueue<>();
        }
        waiters.add(new Waiter(offset, count++, callback));
    }

    /** Removes those who wait for {@code offset} or less, in order. */
    List<Durable> take(long offset) {
        if (waiters == null || waiters.isEmpty() || waiters.peek().offset() > offset) {
            return List.of();
        }
        List<Durable> due = new ArrayList<>();
        while (!waiters.isEmpty() && waiters.peek().offset() <= offset) {
            due.add(waiters.poll().callback());
        }
        return due;
    }

    /** Calls back; a callback that fails does not keep the others from being called. */
    static void complete(List<Durable> callbacks, ApiException failure) {
        for (Durable callback : callbacks) {
            try {
                callback.done(failure);
            } catch (RuntimeException | Error e) {
                LOG.error("event=durable_callback_failed action=ignored", e);
            }
        }
    }
}
