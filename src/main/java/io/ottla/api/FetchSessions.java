// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.message.FetchRequestData;

/**
 * The fetch sessions there are (KIP-227), at most as many as max.incremental.fetch.session.cache.slots. A new one takes the
 * place of the one that has been idle longest, if that was long enough; otherwise the client goes on without a session.
 * Guarded by its own lock.
 */
final class FetchSessions {
    /** Kafka's min.incremental.fetch.session.eviction.ms. */
    private static final long SAFE_IDLE_NANOS = 120_000_000_000L;

    private static final class Entry {
        private final FetchSession session;
        private long lastUsedNanos;

        private Entry(FetchSession session, long nowNanos) {
            this.session = session;
            this.lastUsedNanos = nowNanos;
        }
    }

    private final int slots;
    private final RandomGenerator random;
    /** In the order of last use. */
    private final LinkedHashMap<Integer, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    FetchSessions(int slots, RandomGenerator random) {
        this.slots = slots;
        this.random = random;
    }

    /** Opens a session for the partitions of {@code request}; null if there is no room. */
    synchronized FetchSession open(FetchRequestData request, boolean usesTopicIds, long nowNanos) {
        if (entries.size() >= slots && !evictIdle(nowNanos)) {
            return null;
        }
        int id;
        do {
            id = random.nextInt(1, Integer.MAX_VALUE);
        } while (entries.containsKey(id));
        FetchSession session = new FetchSession(id, request, usesTopicIds);
        entries.put(id, new Entry(session, nowNanos));
        return session;
    }

    /** The session, or null. */
    synchronized FetchSession find(int id, long nowNanos) {
        Entry entry = entries.get(id);
        if (entry == null) {
            return null;
        }
        entry.lastUsedNanos = nowNanos;
        return entry.session;
    }

    synchronized void close(int id) {
        entries.remove(id);
    }

    private boolean evictIdle(long nowNanos) {
        if (entries.isEmpty()) {
            return false;
        }
        Map.Entry<Integer, Entry> eldest = entries.firstEntry();
        if (nowNanos - eldest.getValue().lastUsedNanos < SAFE_IDLE_NANOS) {
            return false;
        }
        entries.remove(eldest.getKey());
        return true;
    }
}
