// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

/** What a number means. */
record Metric(String row, String name, String unit, boolean moreIsBetter) {
    static Metric more(String row, String name, String unit) {
        return new Metric(row, name, unit, true);
    }

    static Metric less(String row, String name, String unit) {
        return new Metric(row, name, unit, false);
    }

    /** How many times better {@code ours} is than {@code theirs}. */
    double ratio(double ours, double theirs) {
        return moreIsBetter ? ours / theirs : theirs / ours;
    }
}
