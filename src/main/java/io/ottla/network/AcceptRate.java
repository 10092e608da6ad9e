// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

/** How many connections may be accepted now, so that no second sees more than the limit allows. Used by one thread. */
final class AcceptRate {
    private double allowance;
    private long filledNanos;

    AcceptRate(long nowNanos) {
        // As if nothing had been accepted for a second.
        filledNanos = nowNanos - 1_000_000_000;
    }

    /** Whether one more may be accepted. */
    boolean allows(int aSecond, long nowNanos) {
        allowance = Math.min(aSecond, allowance + (nowNanos - filledNanos) / 1e9 * aSecond);
        filledNanos = nowNanos;
        return allowance >= 1;
    }

    /** One has been accepted. */
    void accepted() {
        allowance--;
    }
}
