// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The threads that do connections' costly work: as many as there are processors, started when they are needed. Each connection is in the queue at most once. */
final class SidelineWorkers implements Executor {
    private static final long IDLE_SECONDS = 10;

    private final ThreadPoolExecutor threads;

    SidelineWorkers(int most) {
        threads = new ThreadPoolExecutor(most, most, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
                Thread.ofPlatform().name("ottla-costly-", 0).daemon().factory(), new ThreadPoolExecutor.DiscardPolicy());
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    public void execute(Runnable step) {
        threads.execute(step);
    }

    /** Forgets what has not begun: the connections are closed. */
    void close() {
        threads.shutdownNow();
    }
}
