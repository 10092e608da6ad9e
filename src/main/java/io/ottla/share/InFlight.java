// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The offsets of a share partition that have left the log and are not yet done with, from the start offset on, as runs in
 * order. An offset within that no run covers was never handed out, like one after the end. Before the start everything is
 * done with.
 */
final class InFlight {
    private final TreeMap<Long, Run> runs = new TreeMap<>();
    private long start;

    InFlight(long start) {
        this.start = start;
    }

    long start() {
        return start;
    }

    /** The offset after the last one that was handed out. */
    long end() {
        return runs.isEmpty() ? start : runs.lastEntry().getValue().last() + 1;
    }

    Collection<Run> runs() {
        return runs.values();
    }

    /** The runs, or parts of them, between two offsets, both inclusive. */
    List<Run> within(long first, long last) {
        List<Run> found = new ArrayList<>();
        Map.Entry<Long, Run> entry = runs.floorEntry(first);
        if (entry == null || entry.getValue().last() < first) {
            entry = runs.higherEntry(first);
        }
        while (entry != null && entry.getValue().first() <= last) {
            found.add(entry.getValue().part(first, last));
            entry = runs.higherEntry(entry.getKey());
        }
        return found;
    }

    /** What can be handed out between two offsets, both inclusive: available runs, and what no run covers as new ones. */
    List<Run> available(long first, long last) {
        List<Run> found = new ArrayList<>();
        long position = Math.max(first, start);
        for (Run run : within(position, last)) {
            if (position < run.first()) {
                found.add(Run.unlocked(position, run.first() - 1, DeliveryState.AVAILABLE, 0));
            }
            if (run.state() == DeliveryState.AVAILABLE) {
                found.add(run);
            }
            position = run.last() + 1;
        }
        if (position <= last) {
            found.add(Run.unlocked(position, last, DeliveryState.AVAILABLE, 0));
        }
        return found;
    }

    /** The first offset that can be handed out. */
    long firstAvailable() {
        long position = start;
        for (Run run : runs.values()) {
            if (position < run.first() || run.state() == DeliveryState.AVAILABLE) {
                return position;
            }
            position = run.last() + 1;
        }
        return position;
    }

    /** Puts {@code run} over whatever was there. What lies before the start is done with and stays so. */
    void put(Run run) {
        if (run.last() < start) {
            return;
        }
        Run kept = run.first() < start ? run.part(start, run.last()) : run;
        cut(kept.first(), kept.last());
        runs.put(kept.first(), kept);
        join(kept);
    }

    private void cut(long first, long last) {
        Map.Entry<Long, Run> before = runs.lowerEntry(first);
        if (before != null && before.getValue().last() >= first) {
            Run whole = before.getValue();
            runs.put(whole.first(), whole.part(whole.first(), first - 1));
            if (whole.last() > last) {
                runs.put(last + 1, whole.part(last + 1, whole.last()));
            }
        }
        Map.Entry<Long, Run> inside = runs.ceilingEntry(first);
        while (inside != null && inside.getKey() <= last) {
            Run whole = inside.getValue();
            runs.remove(whole.first());
            if (whole.last() > last) {
                runs.put(last + 1, whole.part(last + 1, whole.last()));
            }
            inside = runs.ceilingEntry(first);
        }
    }

    private void join(Run run) {
        Run joined = run;
        Map.Entry<Long, Run> before = runs.lowerEntry(joined.first());
        if (before != null && before.getValue().continues(joined)) {
            runs.remove(joined.first());
            joined = widen(before.getValue(), joined.last());
            runs.put(joined.first(), joined);
        }
        Map.Entry<Long, Run> after = runs.higherEntry(joined.first());
        if (after != null && joined.continues(after.getValue())) {
            runs.remove(after.getKey());
            runs.put(joined.first(), widen(joined, after.getValue().last()));
        }
    }

    private static Run widen(Run run, long last) {
        return new Run(run.first(), last, run.state(), run.deliveryCount(), run.memberId(), run.lockedUntilMs());
    }

    /** Moves the start past everything at the front that is done with. */
    void advance() {
        while (!runs.isEmpty()) {
            Run first = runs.firstEntry().getValue();
            if (first.first() != start || !first.state().isFinal()) {
                return;
            }
            runs.pollFirstEntry();
            start = first.last() + 1;
        }
    }

    /** Moves the start to {@code offset} if that is further on, whatever becomes of the records before it. */
    void startAt(long offset) {
        if (offset <= start) {
            return;
        }
        cut(start, offset - 1);
        start = offset;
        advance();
    }

    /** How many offsets from the start on are done with. */
    long finished() {
        long count = 0;
        for (Run run : runs.values()) {
            if (run.state().isFinal()) {
                count += run.size();
            }
        }
        return count;
    }

    /** When the first lock ends, or {@link Long#MAX_VALUE}. */
    long nextLockEndMs() {
        long next = Long.MAX_VALUE;
        for (Run run : runs.values()) {
            if (run.state() == DeliveryState.ACQUIRED) {
                next = Math.min(next, run.lockedUntilMs());
            }
        }
        return next;
    }
}
