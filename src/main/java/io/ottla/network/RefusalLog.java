// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import java.util.function.Consumer;

/**
 * The warnings about refused connections of one event loop, on whose thread it runs: whoever floods the broker must not flood its
 * log. After {@link #LINES_A_ROUND} lines the rest of a round is only counted, and the count told at its end.
 */
final class RefusalLog {
    static final int LINES_A_ROUND = 10;
    static final long ROUND_MS = 10_000;

    /** Runs a task later, on the same thread. */
    @FunctionalInterface
    interface Alarm {
        void set(long delayMs, Runnable task);
    }

    private final Alarm alarm;
    private final Consumer<String> log;
    private int lines;
    private long suppressed;

    RefusalLog(Alarm alarm, Consumer<String> log) {
        this.alarm = alarm;
        this.log = log;
    }

    /** Says that a peer's connection is being closed, and why. */
    void refused(String peer, String reason) {
        if (lines == 0) {
            alarm.set(ROUND_MS, this::endRound);
        }
        if (lines == LINES_A_ROUND) {
            suppressed++;
            return;
        }
        lines++;
        log.accept("event=connection_refused peer=" + peer + " reason=\"" + reason + "\" action=close");
    }

    private void endRound() {
        if (suppressed > 0) {
            log.accept("event=connections_refused more=" + suppressed + " within_ms=" + ROUND_MS + " action=close");
        }
        lines = 0;
        suppressed = 0;
    }
}
