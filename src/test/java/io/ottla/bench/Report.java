// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** The numbers of a run as a table for people and as JSON for programs. */
final class Report {
    private static final String OURS = "ottla";
    private static final String THEIRS = "kafka";

    private final Samples samples;

    Report(Samples samples) {
        this.samples = samples;
    }

    /** Medians, and how many times better Ottla is, if there is something to compare with. */
    void print(PrintStream out) {
        out.printf("%-22s %-46s %10s %10s %8s%n", "row", "what", OURS, THEIRS, "ratio");
        samples.values().forEach((metric, values) -> out.printf("%-22s %-46s %10s %10s %8s%n", metric.row(), metric.name() + ", " + metric.unit(),
                number(values.get(OURS)), number(values.get(THEIRS)), ratio(metric, values)));
        out.println("ratio: how many times better Ottla is; medians of " + rounds() + " rounds");
    }

    /** Writes every sample to a new file and returns its path. */
    Path write(Path directory) throws IOException {
        Files.createDirectories(directory);
        String time = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC).format(Instant.now());
        Path file = directory.resolve("bench-" + time + ".json");
        Files.writeString(file, json());
        return file;
    }

    private String json() {
        StringJoiner rows = new StringJoiner(",\n", "[\n", "\n  ]");
        samples.values().forEach((metric, values) -> rows.add("    {\"row\": \"" + metric.row() + "\", \"metric\": \"" + metric.name() + "\", \"unit\": \""
                + metric.unit() + "\", \"moreIsBetter\": " + metric.moreIsBetter() + array(values, OURS) + array(values, THEIRS)
                + (both(values) ? ", \"ratio\": " + ratio(metric, values) : "") + "}"));
        return "{\n  \"time\": \"" + Instant.now() + "\",\n  \"java\": \"" + Runtime.version() + "\",\n  \"processors\": "
                + Runtime.getRuntime().availableProcessors() + ",\n  \"os\": \"" + System.getProperty("os.name") + " " + System.getProperty("os.version")
                + "\",\n  \"rows\": " + rows + "\n}\n";
    }

    private static String array(Map<String, List<Double>> values, String contender) {
        List<Double> numbers = values.get(contender);
        return numbers == null ? "" : ", \"" + contender + "\": " + numbers;
    }

    private static boolean both(Map<String, List<Double>> values) {
        return values.containsKey(OURS) && values.containsKey(THEIRS);
    }

    private static String ratio(Metric metric, Map<String, List<Double>> values) {
        if (!both(values)) {
            return "";
        }
        return String.format(Locale.ROOT, "%.2f", metric.ratio(Samples.median(values.get(OURS)), Samples.median(values.get(THEIRS))));
    }

    private static String number(List<Double> values) {
        if (values == null) {
            return "";
        }
        double median = Samples.median(values);
        return String.format(Locale.ROOT, median >= 100 ? "%.0f" : "%.2f", median);
    }

    private int rounds() {
        return samples.values().values().stream().flatMap(values -> values.values().stream()).mapToInt(List::size).max().orElse(0);
    }
}
