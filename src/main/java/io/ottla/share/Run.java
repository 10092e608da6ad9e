// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

/**
 * Neighbouring offsets that share one fate.
 *
 * @param first         first offset
 * @param last          last offset, inclusive
 * @param deliveryCount how often the records were handed out
 * @param memberId      who holds the lock; null unless ACQUIRED
 * @param lockedUntilMs when the lock ends, in {@link io.ottla.coordinator.Moment#elapsedMs()}; 0 unless ACQUIRED
 */
record Run(long first, long last, DeliveryState state, int deliveryCount, String memberId, long lockedUntilMs) {
    Run {
        if (first > last) {
            throw new IllegalArgumentException("a run from " + first + " to " + last);
        }
        if ((state == DeliveryState.ACQUIRED) != (memberId != null)) {
            throw new IllegalArgumentException(state + " held by " + memberId);
        }
    }

    static Run unlocked(long first, long last, DeliveryState state, int deliveryCount) {
        return new Run(first, last, state, deliveryCount, null, 0);
    }

    static Run acquired(long first, long last, int deliveryCount, String memberId, long lockedUntilMs) {
        return new Run(first, last, DeliveryState.ACQUIRED, deliveryCount, memberId, lockedUntilMs);
    }

    long size() {
        return last - first + 1;
    }

    /** The part between two offsets, both inclusive. */
    Run part(long from, long to) {
        return new Run(Math.max(first, from), Math.min(last, to), state, deliveryCount, memberId, lockedUntilMs);
    }

    /** The same records in another state, which nobody holds. */
    Run become(DeliveryState next) {
        return unlocked(first, last, next, deliveryCount);
    }

    boolean heldBy(String member) {
        return state == DeliveryState.ACQUIRED && memberId.equals(member);
    }

    /** Whether {@code next} begins where this ends and has the same fate, so that both are one. */
    boolean continues(Run next) {
        return last + 1 == next.first
                && state == next.state
                && (deliveryCount == next.deliveryCount || state.isFinal())
                && lockedUntilMs == next.lockedUntilMs
                && (memberId == null || memberId.equals(next.memberId));
    }
}
