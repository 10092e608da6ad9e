// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.TurnThread;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A few threads, started on demand. Many partitions are flushed side by side, so that the file system can commit them
 * together. A partition's flush is in the queue at most once, which bounds it.
 */
final class LogWorkers implements Workers {
    private static final Logger LOG = LoggerFactory.getLogger(LogWorkers.class);
    private static final long IDLE_MS = 10_000;

    private final int maxThreads;
    private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
    private int threads;
    private int idle;
    private boolean closed;

    /** A turn is one task. What came of a flush, such as markers and the next step of a transaction, is done right behind it. */
    private final class Worker extends TurnThread {
        private boolean finishing;

        private Worker() {
            super("log-worker", true);
        }

        @Override
        public void run() {
            for (Runnable task = take(); task != null; task = take()) {
                renewEffort();
                runSafely(task);
                Runnable left = takeAtEnd();
                if (left != null) {
                    finishTurn(left);
                }
            }
        }

        private void finishTurn(Runnable first) {
            wakeForQueued();
            finishing = true;
            for (Runnable work = first; work != null; work = takeAtEnd()) {
                runSafely(work);
            }
            finishing = false;
        }

        private boolean finishesTurnOf(LogWorkers workers) {
            return finishing && workers == LogWorkers.this;
        }
    }

    LogWorkers(int maxThreads) {
        this.maxThreads = maxThreads;
    }

    @Override
    public synchronized void submit(Runnable task) {
        queue.addLast(task);
        boolean mine = queue.size() == 1 && Thread.currentThread() instanceof Worker worker && worker.finishesTurnOf(this);
        if (!mine) {
            wake();
        }
    }

    private void wake() {
        if (idle > 0) {
            notify();
        } else if (threads < maxThreads) {
            startThread();
        }
    }

    /** What this thread would have taken next must not wait until its turn is over. */
    private synchronized void wakeForQueued() {
        if (!queue.isEmpty()) {
            wake();
        }
    }

    private void startThread() {
        threads++;
        try {
            new Worker().start();
        } catch (OutOfMemoryError e) {
            threads--;
            LOG.error("event=thread_start_failed threads={} action=task_waits_for_another reason=\"{}\"", threads, e.getMessage());
        }
    }

    @Override
    public synchronized void submitNext(Runnable task) {
        queue.addLast(task);
    }

    @Override
    public synchronized boolean spare() {
        return queue.isEmpty() && (idle > 0 || threads < maxThreads);
    }

    private static void runSafely(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.error("event=log_task_failed action=dropped", e);
        }
    }

    private synchronized Runnable take() {
        while (queue.isEmpty() && !closed) {
            idle++;
            long started = System.nanoTime();
            try {
                wait(IDLE_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("a worker was interrupted", e);
            } finally {
                idle--;
            }
            if (queue.isEmpty() && System.nanoTime() - started >= IDLE_MS * 1_000_000) {
                break;
            }
        }
        Runnable next = queue.pollFirst();
        if (next == null) {
            threads--;
            notifyAll();
        }
        return next;
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
        while (threads > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
