// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.TopicConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is to be compacted, as captured under the partition's lock.
 *
 * @param segments      the oldest segments, all decided, durable and old enough
 * @param firstDirty    offsets from here on were never compacted
 * @param end           where the last of the segments ends
 * @param aborted       every aborted transaction of the log, by producer
 * @param lastOffsets   of each producer that is remembered, the last offset of its newest batch, or -1 in a new epoch
 */
record CompactionPlan(
        List<Segment> segments,
        long firstDirty,
        long end,
        Map<Long, List<TransactionIndex.Entry>> aborted,
        Map<Long, Long> lastOffsets) {

    /** The plan for now, or null if compaction is not worth it yet. */
    static CompactionPlan of(PartitionLog log, TopicConfig config, long nowMs) throws IOException {
        Segment[] all = log.segments();
        int count = cleanable(log, all, config, nowMs);
        long cleanBytes = 0;
        long dirtyBytes = 0;
        boolean overdue = false;
        for (int i = 0; i < count; i++) {
            if (all[i + 1].baseOffset() <= log.cleanedTo()) {
                cleanBytes += all[i].sizeBytes();
            } else {
                dirtyBytes += all[i].sizeBytes();
                overdue |= all[i].firstTimestamp() >= 0 && nowMs - all[i].firstTimestamp() > config.maxCompactionLagMs();
            }
        }
        if (dirtyBytes == 0 || !overdue && dirtyBytes < config.minCleanableDirtyRatio() * (cleanBytes + dirtyBytes)) {
            return null;
        }
        return new CompactionPlan(List.of(all).subList(0, count), Math.max(log.cleanedTo(), log.logStart()), all[count].baseOffset(),
                aborted(all), lastOffsets(log.producers()));
    }

    /** How many of the oldest segments may be compacted: before the active one, before any open transaction, and not too young. */
    private static int cleanable(PartitionLog log, Segment[] all, TopicConfig config, long nowMs) throws IOException {
        int limit = Math.min(log.removable(), all.length - 1);
        long stable = log.view().offsets().lastStable();
        int count = 0;
        while (count < limit && all[count + 1].baseOffset() <= stable && !tooYoung(all[count], config, nowMs)) {
            count++;
        }
        return count;
    }

    private static boolean tooYoung(Segment segment, TopicConfig config, long nowMs) throws IOException {
        if (config.minCompactionLagMs() <= 0) {
            return false;
        }
        return segment.maxTimestamp() > nowMs - config.minCompactionLagMs();
    }

    private static Map<Long, List<TransactionIndex.Entry>> aborted(Segment[] all) throws IOException {
        Map<Long, List<TransactionIndex.Entry>> byProducer = new HashMap<>();
        for (Segment segment : all) {
            for (TransactionIndex.Entry entry : segment.aborted().entries()) {
                byProducer.computeIfAbsent(entry.producerId(), id -> new ArrayList<>()).add(entry);
            }
        }
        return byProducer;
    }

    private static Map<Long, Long> lastOffsets(ProducerLedger producers) {
        Map<Long, Long> offsets = new HashMap<>();
        for (ProducerEntry entry : producers.entries()) {
            offsets.put(entry.producerId(), entry.last() == null ? -1 : entry.last().lastOffset());
        }
        return offsets;
    }

    boolean isAborted(long producerId, long offset) {
        for (TransactionIndex.Entry entry : aborted.getOrDefault(producerId, List.of())) {
            if (entry.firstOffset() <= offset && offset <= entry.lastOffset()) {
                return true;
            }
        }
        return false;
    }

    /** Neighbouring segments that fit into one. */
    List<List<Segment>> groups(TopicConfig config) throws IOException {
        List<List<Segment>> groups = new ArrayList<>();
        List<Segment> group = new ArrayList<>();
        long bytes = 0;
        for (int i = 0; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            long next = i + 1 < segments.size() ? segments.get(i + 1).baseOffset() : end;
            boolean fits = group.isEmpty() || bytes + segment.sizeBytes() <= config.segmentBytes() && next - group.getFirst().baseOffset() <= Integer.MAX_VALUE;
            if (!fits) {
                groups.add(group);
                group = new ArrayList<>();
                bytes = 0;
            }
            group.add(segment);
            bytes += segment.sizeBytes();
        }
        groups.add(group);
        return groups;
    }
}
