// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.Errors;

/** A partition as far as transactions are concerned: who wrote what, which markers follow, and what a read_committed consumer sees of it. */
final class SimulatedLog {
    /** One record, or a marker if {@code value} is null. */
    record Item(long producerId, short epoch, String value, boolean commit) {
        boolean marker() {
            return value == null;
        }
    }

    private final List<Item> items = new ArrayList<>();
    private final Map<Integer, Boolean> decided = new TreeMap<>();
    private int durable;
    private int lastStable;

    Errors append(Item item) {
        for (Item each : items) {
            if (each.producerId == item.producerId && each.epoch > item.epoch) {
                return Errors.INVALID_PRODUCER_EPOCH;
            }
        }
        items.add(item);
        return Errors.NONE;
    }

    int end() {
        return items.size();
    }

    int durable() {
        return durable;
    }

    void flush() {
        durable = items.size();
    }

    void crash(Random random) {
        int kept = durable + random.nextInt(items.size() - durable + 1);
        items.subList(kept, items.size()).clear();
        durable = kept;
    }

    /** First offset of each transaction that has no durable marker. */
    Map<Long, Integer> open() {
        Map<Long, Integer> open = new HashMap<>();
        for (int i = 0; i < durable; i++) {
            Item item = items.get(i);
            if (item.marker()) {
                open.remove(item.producerId);
            } else {
                open.putIfAbsent(item.producerId, i);
            }
        }
        return open;
    }

    /** Looks at the log as a consumer would, and fails if it sees other things than before. */
    void checkReadCommitted() {
        int stable = open().values().stream().mapToInt(Integer::intValue).min().orElse(durable);
        if (stable < lastStable) {
            throw new AssertionError("last stable offset went back from " + lastStable + " to " + stable);
        }
        lastStable = stable;
        for (int i = 0; i < stable; i++) {
            Boolean committed = items.get(i).marker() ? null : committed(i);
            if (committed != null && !committed.equals(decided.computeIfAbsent(i, offset -> committed))) {
                throw new AssertionError("the record at " + i + " changed to " + (committed ? "committed" : "aborted"));
            }
        }
    }

    /** By the first marker of its producer after it; null while there is none. */
    private Boolean committed(int offset) {
        Item item = items.get(offset);
        for (int i = offset + 1; i < items.size(); i++) {
            Item later = items.get(i);
            if (later.marker() && later.producerId == item.producerId) {
                return later.commit;
            }
        }
        return null;
    }

    /** Whether the record is there, and if so what became of it: null stands for undecided. */
    Map<String, Boolean> fates() {
        Map<String, Boolean> fates = new HashMap<>();
        for (int i = 0; i < items.size(); i++) {
            if (!items.get(i).marker() && fates.put(items.get(i).value, committed(i)) != null) {
                throw new AssertionError("twice in the log: " + items.get(i).value);
            }
        }
        return fates;
    }
}
