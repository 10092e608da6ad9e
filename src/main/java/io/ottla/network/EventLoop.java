// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import io.ottla.wire.ReplyWriter;
import io.ottla.world.Clock;
import io.ottla.world.TurnThread;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread, one selector, and the connections that live on it. Everything of a connection happens on its loop; other
 * threads reach it by {@link #execute}. The task queue is bounded by the requests in hand, which connections bound.
 */
public final class EventLoop {
    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);
    private static final int SCRATCH_BYTES = 256 * 1024;
    private static final long STALLED_PAUSE_NANOS = 100_000_000;

    /** Something to do later on the loop. */
    public static final class Timer implements Comparable<Timer> {
        private final long deadlineNanos;
        private Runnable task;

        private Timer(long deadlineNanos, Runnable task) {
            this.deadlineNanos = deadlineNanos;
            this.task = task;
        }

        /** Keeps the task from running. Only on the loop's thread. */
        public void cancel() {
            task = null;
        }

        @Override
        public int compareTo(Timer other) {
            return Long.signum(deadlineNanos - other.deadlineNanos);
        }
    }

    final BufferPool buffers;
    final BufferBudget budget;
    /** Does what would take too long here. */
    final Executor costly;
    final ReplyWriter writer = new ReplyWriter();
    final RefusalLog refusals = new RefusalLog(this::schedule, line -> LOG.warn("{}", line));
    final ByteBuffer readScratch = ByteBuffer.allocateDirect(SCRATCH_BYTES);
    final ByteBuffer writeScratch = ByteBuffer.allocateDirect(SCRATCH_BYTES);
    private final Selector selector;
    private long stalledClosedNanos;
    private final Clock clock;
    private final LoopThread thread;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean awake = new AtomicBoolean();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private volatile boolean running = true;

    EventLoop(String name, Clock clock, BufferBudget budget, long maxDirectBytes, Executor costly) throws IOException {
        this.clock = clock;
        this.budget = budget;
        this.costly = costly;
        stalledClosedNanos = clock.monotonicNanos() - STALLED_PAUSE_NANOS;
        buffers = new BufferPool(budget, maxDirectBytes, this::closeStalled);
        selector = Selector.open();
        thread = new LoopThread(name);
    }

    private final class LoopThread extends TurnThread {
        LoopThread(String name) {
            super(name, false);
        }

        @Override
        public void run() {
            EventLoop.this.run();
        }

        /** The tasks that end a turn may leave work for the end of the next one. */
        boolean isBusy() {
            return hasWorkAtEnd();
        }

        void endTurn() {
            for (Runnable work = takeAtEnd(); work != null; work = takeAtEnd()) {
                runSafely(work);
            }
            runTasks();
            renewEffort();
        }
    }

    /** Runs a task on the loop's thread, soon. From any thread. */
    public void execute(Runnable task) {
        tasks.add(task);
        if (Thread.currentThread() != thread && awake.compareAndSet(false, true)) {
            selector.wakeup();
        }
    }

    /** Runs a task on the loop's thread after {@code delayMs}. Only on the loop's thread. */
    public Timer schedule(long delayMs, Runnable task) {
        Timer timer = new Timer(clock.monotonicNanos() + TimeUnit.MILLISECONDS.toNanos(delayMs), task);
        timers.add(timer);
        return timer;
    }

    /** True on the loop's own thread. */
    public boolean inLoop() {
        return Thread.currentThread() == thread;
    }

    long nowNanos() {
        return clock.monotonicNanos();
    }

    void start() {
        thread.start();
    }

    SelectionKey register(SocketChannel channel, Connection connection) throws IOException {
        return channel.register(selector, SelectionKey.OP_READ, connection);
    }

    void listen(ServerSocketChannel channel, Runnable onAccept) throws IOException {
        channel.register(selector, SelectionKey.OP_ACCEPT, onAccept);
    }

    /** Looks at, or looks away from, a listener. Only on the loop's thread. */
    void interest(ServerSocketChannel channel, boolean accepting) {
        SelectionKey key = channel.keyFor(selector);
        if (key != null && key.isValid()) {
            key.interestOps(accepting ? SelectionKey.OP_ACCEPT : 0);
        }
    }

    /** Stops the loop, closing every connection, and waits for its thread to end. */
    void stop() {
        running = false;
        if (thread.getState() == Thread.State.NEW) {
            // A closed listener keeps its port until the selector has let go of it.
            closeAll();
            return;
        }
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (running) {
            try {
                turn();
            } catch (Throwable e) {
                LOG.error("event=loop_turn_failed loop={} action=continue", thread.getName(), e);
            }
        }
        closeAll();
    }

    private void closeAll() {
        for (SelectionKey key : selector.keys()) {
            closeQuietly(key);
        }
        try {
            selector.close();
        } catch (IOException e) {
            LOG.warn("event=selector_close_failed loop={}", thread.getName(), e);
        }
    }

    /** Closes the connections that hold buffers and have not moved for a while; false if there were none, or when it was done a moment ago. */
    private boolean closeStalled() {
        long now = clock.monotonicNanos();
        if (now - stalledClosedNanos < STALLED_PAUSE_NANOS) {
            return false;
        }
        stalledClosedNanos = now;
        int closed = 0;
        for (SelectionKey key : selector.keys()) {
            if (key.attachment() instanceof Connection connection && connection.closeIfStalled()) {
                closed++;
            }
        }
        return closed > 0;
    }

    private void turn() throws IOException {
        long waitMs = untilNextTimerMs();
        if (waitMs == 0 || !tasks.isEmpty() || thread.isBusy()) {
            selector.selectNow(this::ready);
        } else {
            selector.select(this::ready, Math.max(0, waitMs));
        }
        awake.set(false);
        runTasks();
        runTimers();
        thread.endTurn();
    }

    /** Milliseconds until the next timer, 0 if one is due, -1 if there is none. */
    private long untilNextTimerMs() {
        Timer next = timers.peek();
        if (next == null) {
            return -1;
        }
        long nanos = next.deadlineNanos - clock.monotonicNanos();
        return nanos <= 0 ? 0 : nanos / 1_000_000 + 1;
    }

    private void ready(SelectionKey key) {
        Object attachment = key.attachment();
        if (attachment instanceof Connection connection) {
            connection.ready();
        } else if (attachment instanceof Runnable onAccept) {
            runSafely(onAccept);
        }
    }

    private void runTasks() {
        Runnable task;
        while ((task = tasks.poll()) != null) {
            runSafely(task);
        }
    }

    private void runTimers() {
        if (timers.isEmpty()) {
            return;
        }
        long now = clock.monotonicNanos();
        Timer next;
        while ((next = timers.peek()) != null && (next.task == null || next.deadlineNanos <= now)) {
            timers.poll();
            if (next.task != null) {
                runSafely(next.task);
            }
        }
    }

    private void runSafely(Runnable task) {
        try {
            task.run();
        } catch (Exception e) {
            LOG.error("event=task_failed loop={} action=continue", thread.getName(), e);
        }
    }

    private void closeQuietly(SelectionKey key) {
        if (key.attachment() instanceof Connection connection) {
            connection.close();
        }
    }
}
