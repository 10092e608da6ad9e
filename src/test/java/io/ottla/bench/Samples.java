// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All numbers of a run, by metric and by contender, in the order in which they came. */
final class Samples {
    private final Map<Metric, Map<String, List<Double>>> values = new LinkedHashMap<>();
    private String contender;

    /** Whom the numbers that follow are of. */
    void of(Contender contender) {
        this.contender = contender.name();
    }

    void add(Metric metric, double value) {
        values.computeIfAbsent(metric, key -> new LinkedHashMap<>()).computeIfAbsent(contender, key -> new ArrayList<>()).add(value);
    }

    Map<Metric, Map<String, List<Double>>> values() {
        return values;
    }

    static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
