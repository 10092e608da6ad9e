// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

/**
 * How compaction goes about its work.
 *
 * @param enabled        log.cleaner.enable
 * @param backoffMs      how often it looks for what is worth it (log.cleaner.backoff.ms)
 * @param mapBytes       the most memory for the keys of one round (log.cleaner.dedupe.buffer.size)
 * @param bytesPerSecond the most that it rewrites (log.cleaner.io.max.bytes.per.second)
 */
public record CleanerSettings(boolean enabled, long backoffMs, long mapBytes, double bytesPerSecond) {
    /** Kafka's defaults. */
    public static final CleanerSettings DEFAULT = new CleanerSettings(true, 15_000L, 128L << 20, Double.MAX_VALUE);

    private static final long LEAST_BACKOFF_MS = 100;
    /** Half-filled tables, and the smaller one that is copied from while they grow. */
    private static final int BYTES_PER_KEY = 128;
    private static final int FEWEST_KEYS = 1024;
    /** Leaves most of the disk to those who wait for it. */
    private static final long MOST_BYTES_PER_SECOND = 100L << 20;

    public CleanerSettings {
        backoffMs = Math.max(LEAST_BACKOFF_MS, backoffMs);
        bytesPerSecond = Math.clamp(bytesPerSecond, 1, MOST_BYTES_PER_SECOND);
    }

    int maxKeys() {
        return Math.clamp(mapBytes / BYTES_PER_KEY, FEWEST_KEYS, 1 << 28);
    }
}
