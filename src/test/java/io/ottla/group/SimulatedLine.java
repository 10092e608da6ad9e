// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

/** One simulated client's connection: what is sent in one direction arrives in that order, if it arrives. */
final class SimulatedLine {
    private long cutUntilMs;
    private long lateUntilMs;
    private int latenessMs;
    private long requestsArrivedMs;
    private long answersArrivedMs;

    /** Loses everything until then, in both directions. */
    void cutUntil(long ms) {
        cutUntilMs = ms;
    }

    /** Delays what is sent until then by up to so much each, in both directions. */
    void lateUntil(long ms, int byUpToMs) {
        lateUntilMs = ms;
        latenessMs = byUpToMs;
    }

    boolean cut(long nowMs) {
        return nowMs < cutUntilMs;
    }

    /** The most by which a message that is sent now is late. */
    int latenessMs(long nowMs) {
        return nowMs < lateUntilMs ? latenessMs : 0;
    }

    /** When a request arrives that would do so then, were it not for those before it. */
    long requestArrivesMs(long ms) {
        requestsArrivedMs = Math.max(requestsArrivedMs, ms);
        return requestsArrivedMs;
    }

    /** As {@link #requestArrivesMs}, in the other direction. */
    long answerArrivesMs(long ms) {
        answersArrivedMs = Math.max(answersArrivedMs, ms);
        return answersArrivedMs;
    }
}
