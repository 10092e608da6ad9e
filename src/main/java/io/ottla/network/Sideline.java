// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The costly work of one connection: one piece after another, a step at a time, so that the workers turn to each connection in turn.
 * Bounded by the requests that a connection may have in hand. Safe for any thread.
 */
final class Sideline implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Sideline.class);

    private final Executor workers;
    private final ArrayDeque<Costly> queue = new ArrayDeque<>(1);
    private volatile boolean busy;

    Sideline(Executor workers) {
        this.workers = workers;
    }

    /** True until all that was added is done. */
    boolean busy() {
        return busy;
    }

    synchronized void add(Costly work) {
        queue.add(work);
        if (!busy) {
            busy = true;
            workers.execute(this);
        }
    }

    private synchronized Costly head() {
        return queue.peek();
    }

    private synchronized void stepped(boolean more) {
        if (!more) {
            queue.poll();
        }
        if (queue.isEmpty()) {
            busy = false;
        } else {
            workers.execute(this);
        }
    }

    @Override
    public void run() {
        boolean more = false;
        try {
            more = head().step();
        } catch (RuntimeException | Error e) {
            LOG.error("event=costly_work_failed action=dropped", e);
        } finally {
            stepped(more);
        }
    }
}
