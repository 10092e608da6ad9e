// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Segments of an Apache Kafka that was killed while it put compacted ones in the place of others: `.swap` files hold what the others,
 * which may be renamed to `.deleted` already, held before. Decides as Kafka does at its next start, and changes nothing.
 */
final class KafkaSwap {
    private KafkaSwap() {}

    /** The segments of {@code folder} in order, given those that have their usual names. */
    static List<Segment> settle(LogContext context, Path folder, List<Segment> usual, long nowMs) throws IOException {
        List<Segment> settled = new ArrayList<>(usual);
        List<String> names = context.disk().list(folder);
        long firstCleaned = names.stream().filter(name -> name.endsWith(LogFileNames.CLEANED)).mapToLong(KafkaSwap::offset).min().orElse(Long.MAX_VALUE);
        long first = Long.MAX_VALUE;
        long end = -1;
        List<Segment> swapped = new ArrayList<>();
        for (String name : names) {
            long base = LogFileNames.baseOffset(name, LogFileNames.LOG + LogFileNames.SWAP);
            // Where a file is still called cleaned, not all that replace a segment have been renamed: those they replace are all there.
            if (base >= 0 && base < firstCleaned) {
                Segment segment = new Segment(context.files(), folder, base, nowMs, new Segment.Existing(true, false, false, false), LogFileNames.SWAP);
                swapped.add(segment);
                first = Math.min(first, base);
                end = Math.max(end, endOf(segment));
            }
        }
        long from = first;
        long to = end;
        settled.removeIf(segment -> segment.baseOffset() >= from && segment.baseOffset() < to || swapped.stream().anyMatch(other -> other.baseOffset() == segment.baseOffset()));
        settled.addAll(swapped);
        settled.sort(Comparator.comparingLong(Segment::baseOffset));
        return settled;
    }

    private static long offset(String name) {
        int dot = name.indexOf('.');
        long offset = dot < 0 ? -1 : LogFileNames.baseOffset(name.substring(0, dot), "");
        return offset < 0 ? Long.MAX_VALUE : offset;
    }

    private static long endOf(Segment segment) throws IOException {
        int size = segment.sizeBytes();
        LogScan scan = new LogScan(segment, size);
        int reached = scan.run(0, segment.baseOffset(), false, (batch, position) -> { });
        if (reached < size) {
            throw new DamagedLogException(segment + " is damaged at byte " + reached + ": " + scan.problem());
        }
        return scan.nextOffset();
    }
}
