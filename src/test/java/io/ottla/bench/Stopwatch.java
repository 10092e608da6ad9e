// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.io.IOException;

/** Time on the clock, and on the broker's processors, since it was started. */
final class Stopwatch {
    private final Server server;
    private final double cpuBefore;
    private final long start = System.nanoTime();

    Stopwatch(Server server) throws IOException {
        this.server = server;
        this.cpuBefore = server.cpuSeconds();
    }

    double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }

    double millis() {
        return seconds() * 1000;
    }

    double cpuSeconds() throws IOException {
        return server.cpuSeconds() - cpuBefore;
    }
}
