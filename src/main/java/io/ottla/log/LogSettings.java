// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What a local log needs to know.
 *
 * @param directory            where everything is kept; created if missing
 * @param flushMode            when records count as durable
 * @param nodeId               the broker's id; dynamic broker configs of this id or of "" give topic defaults
 * @param topicDefaults        the broker's defaults for topics, keyed by topic config names
 * @param maxOpenFiles         segment and index files kept open at once; more are opened only while they are being sent or flushed
 * @param mostOpenFiles        segment and index files at which appends wait for flushes before they open another
 * @param flushThreads         most threads that flush at the same time, started on demand
 * @param flushTogether        whether several partitions may be flushed by one flush of their file system
 * @param writeAhead           whether, and from when on, small appends are written ahead
 * @param producerExpirationMs how long an idle idempotent producer is remembered (producer.id.expiration.ms); may change while the log is open
 * @param producerCheckMs      how often idle producers are looked for (producer.id.expiration.check.interval.ms)
 * @param retentionCheckMs     how often retention is applied (log.retention.check.interval.ms)
 * @param cleaner              how compaction goes about its work; all but whether it does may change while the log is open
 */
public record LogSettings(
        Path directory,
        FlushMode flushMode,
        int nodeId,
        Map<String, String> topicDefaults,
        int maxOpenFiles,
        int mostOpenFiles,
        int flushThreads,
        boolean flushTogether,
        WriteAhead writeAhead,
        LongSupplier producerExpirationMs,
        long producerCheckMs,
        long retentionCheckMs,
        Supplier<CleanerSettings> cleaner) {

    /**
     * When there is a {@link WriteAheadLog}.
     *
     * @param pieceBytes  its size in quarters
     * @param busyFlushes so many flushes in a second make one
     */
    public record WriteAhead(int pieceBytes, int busyFlushes) {
        public static final WriteAhead DEFAULT = new WriteAhead(8 << 20, 256);
        public static final WriteAhead NEVER = new WriteAhead(8 << 20, Integer.MAX_VALUE);
    }

    public LogSettings {
        topicDefaults = Map.copyOf(topicDefaults);
        if (maxOpenFiles < 1 || mostOpenFiles < maxOpenFiles || flushThreads < 1) {
            throw new IllegalArgumentException("maxOpenFiles and flushThreads must be positive, and mostOpenFiles no less than maxOpenFiles");
        }
    }

    /** Durable on the device, Kafka's defaults for all else. */
    public static LogSettings in(Path directory) {
        return new LogSettings(directory, FlushMode.DISK, 1, Map.of(), 4000, 100_000, 8, true, WriteAhead.DEFAULT, () -> 86_400_000L, 600_000L, 300_000L, () -> CleanerSettings.DEFAULT);
    }

    public LogSettings withFlushMode(FlushMode mode) {
        return new LogSettings(directory, mode, nodeId, topicDefaults, maxOpenFiles, mostOpenFiles, flushThreads, flushTogether, writeAhead, producerExpirationMs, producerCheckMs, retentionCheckMs, cleaner);
    }

    public LogSettings withTopicDefaults(Map<String, String> defaults) {
        return new LogSettings(directory, flushMode, nodeId, defaults, maxOpenFiles, mostOpenFiles, flushThreads, flushTogether, writeAhead, producerExpirationMs, producerCheckMs, retentionCheckMs, cleaner);
    }

    LogSettings withWriteAhead(WriteAhead newWriteAhead) {
        return new LogSettings(directory, flushMode, nodeId, topicDefaults, maxOpenFiles, mostOpenFiles, flushThreads, flushTogether, newWriteAhead, producerExpirationMs, producerCheckMs, retentionCheckMs, cleaner);
    }
}
