// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.PartitionId;
import io.ottla.topic.TopicConfig;
import io.ottla.wire.BatchView;
import java.io.IOException;
import java.nio.ByteBuffer;

/** When the active segment has to end: too large, too old, or out of room for offsets or in its indexes. */
final class SegmentRoll {
    private SegmentRoll() {}

    /** Whether {@code batches}, which will start at {@code first}, need a new segment. Called under the partition's lock. */
    static boolean due(PartitionId id, Segment active, long first, ByteBuffer batches, TopicConfig config, long nowMs) throws IOException {
        if (active.sizeBytes() == 0) {
            return false;
        }
        BatchView batch = new BatchView();
        long offsets = 0;
        long newest = BatchView.NO_TIMESTAMP;
        for (int at = batches.position(); at < batches.limit(); at += batch.sizeBytes()) {
            batch.at(batches, at);
            offsets += batch.lastOffsetDelta() + 1L;
            newest = Math.max(newest, batch.maxTimestamp());
        }
        return active.sizeBytes() > config.segmentBytes() - batches.remaining()
                || waitedMs(active, newest, nowMs) > maxAgeMs(config) - jitterMs(id, active, config)
                || first + offsets - 1 - active.baseOffset() > Integer.MAX_VALUE
                || active.indexes().offsetBytes() >= config.segmentIndexBytes() - 8
                || active.indexes().timeBytes() >= config.segmentIndexBytes() - 12;
    }

    /**
     * Whether the active segment keeps records from being compacted in time (max.compaction.lag.ms, KIP-354), though nothing may
     * ever be appended after them. Called under the partition's lock.
     */
    static boolean overdueForCompaction(PartitionLog log, TopicConfig config, long nowMs) throws IOException {
        Segment[] segments = log.segments();
        if (segments.length == 0 || log.unflushed() || config.maxCompactionLagMs() == Long.MAX_VALUE) {
            return false;
        }
        Segment active = segments[segments.length - 1];
        long first = active.firstTimestamp();
        return active.sizeBytes() > 0 && nowMs - (first >= 0 ? first : active.createdMs()) > config.maxCompactionLagMs();
    }

    private static long maxAgeMs(TopicConfig config) {
        return config.compacted() ? Math.min(config.segmentMs(), config.maxCompactionLagMs()) : config.segmentMs();
    }

    private static long waitedMs(Segment active, long newest, long nowMs) throws IOException {
        long first = active.firstTimestamp();
        return first >= 0 ? newest - first : nowMs - active.createdMs();
    }

    /** The same for a segment whenever it is asked, so that it rolls once and not by luck. */
    private static long jitterMs(PartitionId id, Segment segment, TopicConfig config) {
        long bound = Math.min(config.segmentJitterMs(), maxAgeMs(config));
        if (bound <= 0) {
            return 0;
        }
        long mixed = (id.topicId().hashCode() * 31L + id.index()) * 0x9E3779B97F4A7C15L + segment.baseOffset();
        return Math.floorMod(mixed * 0xBF58476D1CE4E5B9L >>> 1, bound);
    }
}
