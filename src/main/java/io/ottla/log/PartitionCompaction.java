// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.TopicConfig;
import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compacts a partition: planned and swapped in under its lock, read and written without it. Runs on a worker's thread, one
 * at a time.
 */
final class PartitionCompaction {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionCompaction.class);

    private final PartitionState state;
    private final Flusher flusher;

    PartitionCompaction(PartitionState state, Flusher flusher) {
        this.state = state;
        this.flusher = flusher;
    }

    /** Compacts what is worth it. */
    void run() {
        TopicConfig topic = state.config();
        if (!topic.compacted()) {
            return;
        }
        try {
            PartitionLog log;
            CompactionPlan plan;
            state.lock();
            try {
                if (!state.inUse()) {
                    return;
                }
                state.open();
                log = state.log();
                rollIfOverdue(log, topic);
                plan = CompactionPlan.of(log, topic, state.context().clock().wallMs());
                if (plan == null) {
                    return;
                }
                FlushPoint withGaps = log.allowGaps();
                state.point().write(withGaps);
                state.point().set(withGaps.withLogStart(log.logStart()));
            } finally {
                state.unlock();
            }
            state.context().points().force();
            if (state.beginWork()) {
                rewrite(log, topic, plan);
            }
        } catch (DamagedLogException e) {
            damaged(e);
        } catch (IOException | KafkaStorageException e) {
            LOG.warn("event=compaction_failed partition={} action=tried_again_later reason=\"{}\"", state.id(), e.getMessage());
        }
    }

    /** What was in the active segment is compacted once the flush is done. */
    private void rollIfOverdue(PartitionLog log, TopicConfig topic) throws IOException {
        long nowMs = state.context().clock().wallMs();
        if (!flusher.flushing() && SegmentRoll.overdueForCompaction(log, topic, nowMs)) {
            log.roll(nowMs);
            flusher.request();
        }
    }

    private void rewrite(PartitionLog log, TopicConfig topic, CompactionPlan plan) throws IOException {
        try {
            rewrite(log, new Compactor(state.context(), state.folder(), topic, plan), plan.groups(topic));
        } finally {
            state.endWork();
        }
    }

    private void rewrite(PartitionLog log, Compactor compactor, List<List<Segment>> groups) throws IOException {
        long end = compactor.mapKeys();
        for (List<Segment> group : groups) {
            if (group.getFirst().baseOffset() >= end) {
                break;
            }
            if (!swap(log, group, compactor.rewrite(group))) {
                return;
            }
        }
        state.lock();
        try {
            if (state.log() == log) {
                state.remember(log.cleaned(end));
            }
        } finally {
            state.unlock();
        }
    }

    private boolean swap(PartitionLog log, List<Segment> group, Segment fresh) throws IOException {
        state.lock();
        try {
            if (state.log() != log || !log.contains(group)) {
                for (CachedFile file : fresh.files()) {
                    file.delete();
                }
                return false;
            }
            CompactionSwap.run(state.context().disk(), state.folder(), group, fresh);
            log.replace(group, fresh);
            state.publish();
            return true;
        } catch (IOException e) {
            // Some files may have their new names and some not: opening the partition again settles that.
            state.goOffline(e);
            throw e;
        } finally {
            state.unlock();
        }
    }

    private void damaged(DamagedLogException cause) {
        state.lock();
        try {
            state.goOffline(cause);
        } finally {
            state.unlock();
        }
    }
}
