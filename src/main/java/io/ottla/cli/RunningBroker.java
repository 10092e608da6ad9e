// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import io.ottla.broker.BrokerConfig;
import io.ottla.broker.Ottla;
import java.util.concurrent.CountDownLatch;

/**
 * A broker that SIGTERM and Ctrl-C stop: the broker is closed and the process ends with code 0. Before it is up there is nothing
 * to close, and the process ends at once, which the data survives as it survives anything.
 */
final class RunningBroker {
    private volatile Ottla ottla;
    private volatile boolean failed;

    private RunningBroker() {}

    static RunningBroker start(BrokerConfig config) {
        RunningBroker running = new RunningBroker();
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

    /** Never returns: what stops the process halts it. */
    void awaitStop() throws InterruptedException {
        new CountDownLatch(1).await();
    }

    /** As a shutdown hook; it halts because the JVM would end with the signal's code otherwise. */
    private void stop() {
        if (failed) {
            return;
        }
        try {
            if (ottla != null) {
                ottla.close();
            }
        } catch (RuntimeException e) {
            System.err.println("ottla: " + e.getMessage() + ": " + e.getCause());
            Runtime.getRuntime().halt(1);
        }
        Runtime.getRuntime().halt(0);
    }
}
