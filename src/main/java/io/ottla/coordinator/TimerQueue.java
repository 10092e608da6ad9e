// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/** The timers of one loop, at most one for each shard and command. Owned by the loop's thread. */
final class TimerQueue {
    /** A timer that was set. Entries that were replaced or cancelled stay in the heap until they come up. */
    record Entry(Key key, long atElapsedMs, long sequence) implements Comparable<Entry> {
        @Override
        public int compareTo(Entry other) {
            int byTime = Long.compare(atElapsedMs, other.atElapsedMs);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }
    }

    private record Key(Shard<?, ?> shard, Command command) {}

    private static final int MIN_PURGE = 1024;

    private final Map<Key, Entry> current = new HashMap<>();
    private final PriorityQueue<Entry> heap = new PriorityQueue<>();
    private long sequence;

    void set(Shard<?, ?> shard, Command command, long atElapsedMs) {
        Entry entry = new Entry(new Key(shard, command), atElapsedMs, sequence++);
        current.put(entry.key, entry);
        heap.add(entry);
        purge();
    }

    void cancel(Shard<?, ?> shard, Command command) {
        current.remove(new Key(shard, command));
        purge();
    }

    void cancelAll(Shard<?, ?> shard) {
        current.keySet().removeIf(key -> key.shard == shard);
        purge();
    }

    /** Keeps the heap within twice the number of live timers. */
    private void purge() {
        if (heap.size() > MIN_PURGE && heap.size() > 2 * current.size()) {
            heap.removeIf(entry -> current.get(entry.key) != entry);
        }
    }

    /** The time of the next timer, or {@link Long#MAX_VALUE}. */
    long nextAtElapsedMs() {
        dropStale();
        Entry next = heap.peek();
        return next == null ? Long.MAX_VALUE : next.atElapsedMs;
    }

    /** Takes the next timer that is due and gives it to {@code shard}; false if none is. */
    boolean fireNext(Moment now) {
        if (nextAtElapsedMs() > now.elapsedMs()) {
            return false;
        }
        Key due = heap.poll().key;
        current.remove(due);
        due.shard.execute(due.command, now);
        return true;
    }

    private void dropStale() {
        for (Entry next = heap.peek(); next != null && current.get(next.key) != next; next = heap.peek()) {
            heap.poll();
        }
    }
}
