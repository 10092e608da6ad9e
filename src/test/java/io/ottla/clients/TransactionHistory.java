// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What transactional producers did and what read_committed consumers saw of it: each transaction appends its name to a few lists,
 * which are partitions, and may have read lists before. Finds, by the names of the published Jepsen analyses, every way in which the
 * two don't fit together. Write cycles (G0) between transactions that overlap in time are counted apart: Kafka does not promise
 * their absence, as it neither locks nor orders the partitions of a transaction.
 */
public final class TransactionHistory {
    /** What the producer knows of the end. */
    public enum Outcome { COMMITTED, ABORTED, UNKNOWN }

    /** The ways in which a history can be wrong. */
    public enum Anomaly {
        /** Acknowledged as committed, and missing from a list. */
        LOST_WRITE,
        /** Seen, though its abort was acknowledged or its commit never asked for. */
        ABORTED_READ,
        /** Seen in some of its lists and not in the others. */
        TORN_TRANSACTION,
        /** Seen more than once in one list. */
        DUPLICATE,
        /** Seen, and never written by anybody. */
        PHANTOM,
        /** Something seen earlier has changed or gone. */
        CHANGED_READ,
        /** A transaction that began after another was acknowledged comes before it in a list. */
        REAL_TIME_CYCLE,
        /** Transactions that have read each other's writes in a circle, or one that ended before what it has read began (G1c). */
        INFORMATION_CYCLE
    }

    /**
     * One transaction.
     *
     * @param endedNanos time of the acknowledgement, or the largest number without one
     * @param read       what was read before the first write
     */
    public record Attempt(String name, Set<Integer> lists, Outcome outcome, long begunNanos, long endedNanos, Set<String> read) {
        /** One that has read nothing. */
        public Attempt(String name, Set<Integer> lists, Outcome outcome, long begunNanos, long endedNanos) {
            this(name, lists, outcome, begunNanos, endedNanos, Set.of());
        }
    }

    private final List<Attempt> attempts = new ArrayList<>();
    private final List<Map<Integer, List<String>>> reads = new ArrayList<>();

    public synchronized void add(Attempt attempt) {
        attempts.add(attempt);
    }

    /** Lists from their beginning, as far as they were read. The last read added must be of everything. */
    public synchronized void addRead(Map<Integer, List<String>> lists) {
        reads.add(new TreeMap<>(lists));
    }

    public synchronized long count(Outcome outcome) {
        return attempts.stream().filter(attempt -> attempt.outcome == outcome).count();
    }

    public synchronized Map<Anomaly, Set<String>> anomalies() {
        Map<Anomaly, Set<String>> found = new TreeMap<>();
        Map<Integer, List<String>> all = reads.getLast();
        Map<String, Attempt> known = new HashMap<>();
        attempts.forEach(attempt -> known.put(attempt.name, attempt));
        attempts.forEach(attempt -> checkAttempt(attempt, all, found));
        all.forEach((list, names) -> checkList(list, names, known, found));
        checkInformation(known, found);
        reads.forEach(read -> read.forEach((list, names) -> checkPrefix(list, names, all.getOrDefault(list, List.of()), found)));
        return found;
    }

    private static void note(Map<Anomaly, Set<String>> found, Anomaly anomaly, String what) {
        found.computeIfAbsent(anomaly, key -> new LinkedHashSet<>()).add(what);
    }

    private static void checkAttempt(Attempt attempt, Map<Integer, List<String>> all, Map<Anomaly, Set<String>> found) {
        Set<Integer> seen = new HashSet<>();
        attempt.lists.forEach(list -> {
            if (all.getOrDefault(list, List.of()).contains(attempt.name)) {
                seen.add(list);
            }
        });
        if (attempt.outcome == Outcome.COMMITTED && seen.size() < attempt.lists.size()) {
            note(found, Anomaly.LOST_WRITE, attempt.name);
        }
        if (attempt.outcome == Outcome.ABORTED && !seen.isEmpty()) {
            note(found, Anomaly.ABORTED_READ, attempt.name);
        }
        if (!seen.isEmpty() && seen.size() < attempt.lists.size()) {
            note(found, Anomaly.TORN_TRANSACTION, attempt.name + " in " + seen + " of " + attempt.lists);
        }
    }

    private static void checkList(int list, List<String> names, Map<String, Attempt> known, Map<Anomaly, Set<String>> found) {
        Set<String> before = new HashSet<>();
        long latestBegin = Long.MIN_VALUE;
        for (String name : names) {
            if (!before.add(name)) {
                note(found, Anomaly.DUPLICATE, name + " in " + list);
            }
            Attempt attempt = known.get(name);
            if (attempt == null || !attempt.lists.contains(list)) {
                note(found, Anomaly.PHANTOM, name + " in " + list);
                continue;
            }
            if (attempt.endedNanos < latestBegin) {
                note(found, Anomaly.REAL_TIME_CYCLE, name + " in " + list);
            }
            latestBegin = Math.max(latestBegin, attempt.begunNanos);
        }
    }

    private static void checkPrefix(int list, List<String> read, List<String> all, Map<Anomaly, Set<String>> found) {
        if (read.size() > all.size() || !all.subList(0, read.size()).equals(read)) {
            note(found, Anomaly.CHANGED_READ, "list " + list + " read as " + read);
        }
    }

    private void checkInformation(Map<String, Attempt> known, Map<Anomaly, Set<String>> found) {
        Map<String, Set<String>> sources = new HashMap<>();
        attempts.forEach(attempt -> sources.put(attempt.name, attempt.read));
        Cycles.in(sources).forEach(cycle -> note(found, Anomaly.INFORMATION_CYCLE, cycle.toString()));
        for (Attempt attempt : attempts) {
            for (String source : attempt.read) {
                if (known.containsKey(source) && known.get(source).begunNanos > attempt.endedNanos) {
                    note(found, Anomaly.INFORMATION_CYCLE, attempt.name + " has read " + source + " of the future");
                }
            }
        }
    }

    /** G0: sets of transactions of which each comes before the next in some list, and the last before the first. */
    public synchronized List<Set<String>> writeCycles() {
        Map<String, Set<String>> later = new HashMap<>();
        reads.getLast().values().forEach(names -> {
            for (int i = 1; i < names.size(); i++) {
                later.computeIfAbsent(names.get(i - 1), name -> new HashSet<>()).add(names.get(i));
            }
        });
        return Cycles.in(later);
    }
}
