// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

/** Time that stands still until a test moves it. */
public final class ManualClock implements Clock {
    private volatile long nowMs;

    public ManualClock(long startMs) {
        nowMs = startMs;
    }

    public void advance(long ms) {
        nowMs += ms;
    }

    @Override
    public long wallMs() {
        return nowMs;
    }

    @Override
    public long monotonicNanos() {
        return nowMs * 1_000_000;
    }
}
