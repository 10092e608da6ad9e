// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

/** Of times that were measured. */
final class Percentiles {
    private Percentiles() {}

    /** The time, in milliseconds, that the given part of the sorted times is below. */
    static double millis(long[] sortedNanos, double part) {
        return sortedNanos[(int) Math.min(sortedNanos.length - 1, Math.floor(sortedNanos.length * part))] / 1e6;
    }
}
