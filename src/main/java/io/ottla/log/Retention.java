// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.TopicConfig;
import java.io.IOException;

/** Which of the oldest segments have to go: those below the log start, too old, or too many. Called under the partition's lock. */
final class Retention {
    private Retention() {}

    /** How many segments to remove from the front; the segment where durable records end always stays. */
    static int doomed(PartitionLog log, TopicConfig config, long nowMs) throws IOException {
        Segment[] segments = log.segments();
        int removable = Math.min(log.removable(), segments.length - 1);
        long excess = excess(segments, config);
        int count = 0;
        while (count < removable) {
            Segment segment = segments[count];
            if (!belowStart(segments[count + 1].baseOffset(), log) && !tooOld(segment, config, nowMs) && excess < segment.sizeBytes()) {
                break;
            }
            excess -= segment.sizeBytes();
            count++;
        }
        return count;
    }

    /** Whether the active segment itself has to go, for which it must be ended first. */
    static boolean dooms(PartitionLog log, TopicConfig config, long nowMs) throws IOException {
        Segment[] segments = log.segments();
        if (segments.length == 0 || log.unflushed()) {
            return false;
        }
        Segment active = segments[segments.length - 1];
        if (active.sizeBytes() == 0) {
            return false;
        }
        return belowStart(log.durable().offset(), log) || tooOld(active, config, nowMs) || config.deleted() && config.retentionBytes() == 0;
    }

    private static boolean belowStart(long nextOffset, PartitionLog log) {
        return nextOffset <= log.logStart();
    }

    private static boolean tooOld(Segment segment, TopicConfig config, long nowMs) throws IOException {
        if (!config.deleted() || config.retentionMs() < 0) {
            return false;
        }
        long largest = segment.maxTimestamp();
        long newest = largest >= 0 ? largest : segment.createdMs();
        return nowMs - newest > config.retentionMs();
    }

    private static long excess(Segment[] segments, TopicConfig config) throws IOException {
        if (!config.deleted() || config.retentionBytes() < 0) {
            return 0;
        }
        long total = 0;
        for (Segment segment : segments) {
            total += segment.sizeBytes();
        }
        return total - config.retentionBytes();
    }
}
