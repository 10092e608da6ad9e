// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.util.Map;
import java.util.TreeMap;

/** Which byte ranges of a file were found sound. Bounded: beyond that, what is forgotten is looked at again. Safe for any thread. */
final class VerifiedRanges {
    private static final int MAX_RANGES = 64;

    private final int limit;
    private final TreeMap<Integer, Integer> endByStart = new TreeMap<>();

    /** @param limit what lies past it needs no look */
    VerifiedRanges(int limit) {
        this.limit = limit;
    }

    synchronized boolean covers(int from, int to) {
        if (from >= limit) {
            return true;
        }
        Map.Entry<Integer, Integer> range = endByStart.floorEntry(from);
        return range != null && range.getValue() >= Math.min(to, limit);
    }

    /** Adds a range; true if everything is verified now. */
    synchronized boolean add(int from, int to) {
        int start = from;
        int end = to;
        Map.Entry<Integer, Integer> before = endByStart.floorEntry(start);
        if (before != null && before.getValue() >= start) {
            start = before.getKey();
            end = Math.max(end, before.getValue());
        }
        for (Map.Entry<Integer, Integer> next = endByStart.ceilingEntry(start); next != null && next.getKey() <= end; next = endByStart.ceilingEntry(start)) {
            end = Math.max(end, next.getValue());
            endByStart.remove(next.getKey());
        }
        endByStart.put(start, end);
        if (endByStart.size() > MAX_RANGES) {
            endByStart.pollFirstEntry();
        }
        return start == 0 && end >= limit;
    }
}
