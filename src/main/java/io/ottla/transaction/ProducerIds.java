// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import io.ottla.coordinator.Aside;
import io.ottla.topic.TopicCatalog;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands out producer ids from a block that was reserved durably, so that no id is ever given twice, also after a crash.
 * Safe for any thread and never blocks: a used-up block is replaced on a thread of its own while those who ask wait.
 */
final class ProducerIds {
    /** Given instead of an id when no block could be reserved. */
    static final long NONE = -1;

    private static final Logger LOG = LoggerFactory.getLogger(ProducerIds.class);
    private static final int BLOCK_SIZE = 1000;

    private final TopicCatalog catalog;
    private final Aside aside;
    /** Guards everything below. */
    private final Object lock = new Object();
    /** One for each request under way at most, which the connections bound. */
    private final Queue<LongConsumer> waiting = new ArrayDeque<>();
    private boolean reserving;
    private long next;
    private long end;

    ProducerIds(TopicCatalog catalog, Aside aside) {
        this.catalog = catalog;
        this.aside = aside;
    }

    /** Gives {@code taker} a new id, or {@link #NONE}, now or later from another thread. */
    void take(LongConsumer taker) {
        long id;
        synchronized (lock) {
            if (next == end) {
                waiting.add(taker);
                reserveAside();
                return;
            }
            id = next++;
        }
        taker.accept(id);
    }

    private void reserveAside() {
        if (!reserving) {
            reserving = true;
            aside.run("producer-ids", this::reserve);
        }
    }

    private void reserve() {
        try {
            long first = catalog.reserveProducerIds(BLOCK_SIZE);
            LOG.debug("event=producer-ids-reserved first={} count={}", first, BLOCK_SIZE);
            hand(first, first + BLOCK_SIZE);
        } catch (RuntimeException e) {
            LOG.error("event=producer-ids-not-reserved action=refuse-and-retry-at-next-request", e);
            fail();
        }
    }

    private void hand(long from, long to) {
        List<Runnable> given = new ArrayList<>();
        synchronized (lock) {
            reserving = false;
            next = from;
            end = to;
            while (next < end && !waiting.isEmpty()) {
                LongConsumer taker = waiting.remove();
                long id = next++;
                given.add(() -> taker.accept(id));
            }
            if (!waiting.isEmpty()) {
                reserveAside();
            }
        }
        given.forEach(Runnable::run);
    }

    private void fail() {
        List<LongConsumer> refused;
        synchronized (lock) {
            reserving = false;
            refused = new ArrayList<>(waiting);
            waiting.clear();
        }
        refused.forEach(taker -> taker.accept(NONE));
    }
}
