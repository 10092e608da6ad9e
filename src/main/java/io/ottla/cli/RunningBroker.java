// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import io.ottla.broker.BrokerConfig;
import io.ottla.broker.Ottla;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A broker that SIGTERM and Ctrl-C stop: the broker is closed and the process ends with code 0, or with 1 if that fails or takes
 * longer than it may. Before it is up there is nothing to close, and the process ends at once, which the data survives as it
 * survives anything.
 */
final class RunningBroker {
    private static final Logger LOG = LoggerFactory.getLogger(RunningBroker.class);
    private static final int PARTITIONS_SHOWN = 10;

    private final long stopTimeoutMs;
    private volatile Ottla ottla;
    private volatile boolean failed;

    private RunningBroker(long stopTimeoutMs) {
        this.stopTimeoutMs = stopTimeoutMs;
    }

    /** Runs a broker until the process is told to stop. */
    static int run(BrokerConfig config) throws InterruptedException {
        RunningBroker broker = start(config);
        System.out.println(broker.readyLine());
        broker.awaitStop();
        return 0;
    }

    static RunningBroker start(BrokerConfig config) {
        RunningBroker running = new RunningBroker(config.stopTimeoutMs());
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(running::stop, "stop"));
        } catch (IllegalStateException stopping) {
            // The signal came first, and nothing is open yet.
            Runtime.getRuntime().halt(0);
        }
        try {
            running.ottla = Ottla.start(config);
        } catch (RuntimeException | Error e) {
            running.failed = true;
            throw e;
        }
        return running;
    }

    Ottla ottla() {
        return ottla;
    }

    String readyLine() {
        return "ready on " + ottla.bootstrapServers() + ", data in " + ottla.dataDirectory().toAbsolutePath().normalize()
                + ", in " + ProcessAge.millis() + " ms";
    }

    /** Never returns: what stops the process halts it. */
    private void awaitStop() throws InterruptedException {
        new CountDownLatch(1).await();
    }

    /** As a shutdown hook; it halts because the JVM would end with the signal's code otherwise. */
    private void stop() {
        if (failed) {
            return;
        }
        Ottla running = ottla;
        Runtime.getRuntime().halt(running == null ? 0 : stop(running::close, running::unflushed, stopTimeoutMs));
    }

    /**
     * Closes a broker, as long as the disk lets it in that time; returns the process's exit code.
     *
     * @param unflushed partitions that are not on the disk yet, asked for when the time is over
     */
    static int stop(Runnable close, Supplier<List<String>> unflushed, long timeoutMs) {
        FutureTask<Void> closing = new FutureTask<>(close, null);
        Thread.ofPlatform().name("close").daemon().start(closing);
        try {
            closing.get(timeoutMs, TimeUnit.MILLISECONDS);
            return 0;
        } catch (ExecutionException e) {
            System.err.println("ottla: " + e.getCause().getMessage() + ": " + e.getCause().getCause());
        } catch (TimeoutException e) {
            List<String> left = unflushed.get();
            LOG.error("event=stop_timed_out timeout_ms={} unflushed_partitions={} action=end_and_recover_at_next_start partitions=\"{}\"",
                    timeoutMs, left.size(), String.join(" ", left.subList(0, Math.min(PARTITIONS_SHOWN, left.size()))) + (left.size() > PARTITIONS_SHOWN ? " ..." : ""));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return 1;
    }
}
