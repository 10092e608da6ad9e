// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.topic.TopicCatalog;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Topics that were deleted a moment ago. Whoever deletes a topic and asks whether it is gone would make it again by asking;
 * so the first question for it is answered that it is not there. Whoever means to use it asks again. Safe for any thread.
 */
final class RecentDeletions {
    private static final long MOMENT_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int MOST = 1_000;

    private final Map<String, Long> deleted = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MOST;
        }
    };

    RecentDeletions(TopicCatalog catalog) {
        catalog.watch(change -> {
            if (change.after() == null) {
                add(change.before().name());
            }
        });
    }

    private synchronized void add(String topic) {
        deleted.remove(topic);
        deleted.put(topic, System.nanoTime());
    }

    /** Whether the topic was deleted a moment ago and nobody has asked for it since. */
    synchronized boolean firstQuestionSince(String topic) {
        Long at = deleted.remove(topic);
        return at != null && System.nanoTime() - at < MOMENT_NANOS;
    }
}
