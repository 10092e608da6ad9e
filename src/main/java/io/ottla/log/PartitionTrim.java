// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.TopicConfig;
import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the oldest records out of a partition, by retention or because somebody asked. The new log start is made durable
 * before any file goes: recovery must not miss what was meant to go.
 */
final class PartitionTrim {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionTrim.class);

    private final PartitionState state;
    private final Flusher flusher;

    PartitionTrim(PartitionState state, Flusher flusher) {
        this.state = state;
        this.flusher = flusher;
    }

    /** As {@link io.ottla.topic.Partition#deleteRecordsBefore}. */
    long deleteRecordsBefore(long offset) {
        state.lock();
        try {
            LogView current = state.open();
            long target = offset == -1 ? current.highWatermark().offset() : offset;
            state.log().checkDeletable(target);
            if (target <= current.offsets().logStart()) {
                return current.offsets().logStart();
            }
            saveLogStart(target);
            List<Segment> removed = state.log().raiseLogStart();
            state.publish();
            state.context().workers().submit(() -> SegmentRemoval.start(state, removed));
            return target;
        } finally {
            state.unlock();
            state.watchers().advanced();
        }
    }

    private void saveLogStart(long offset) {
        try {
            FlushPoint planned = state.log().planLogStart(offset);
            state.point().writeThrough(planned);
            state.point().set(planned);
        } catch (IOException e) {
            state.log().dropPlan();
            throw new KafkaStorageException("Log start of " + state.id() + " cannot be made durable: " + e.getMessage(), e);
        }
    }

    /**
     * Decides what retention removes, and writes the new log start down; true if {@link #finish} has to be called once the
     * flush points are durable. Runs on a worker's thread.
     */
    boolean start(long nowMs) {
        TopicConfig topic = state.config();
        state.lock();
        try {
            if (!state.inUse()) {
                return false;
            }
            state.open();
            PartitionLog log = state.log();
            if (Retention.dooms(log, topic, nowMs) && !flusher.flushing()) {
                log.roll(nowMs);
                flusher.request();
            }
            int count = Retention.doomed(log, topic, nowMs);
            if (count == 0) {
                return false;
            }
            state.point().write(log.planLogStart(log.segments()[count].baseOffset()));
            return true;
        } catch (IOException | KafkaStorageException e) {
            LOG.warn("event=retention_failed partition={} action=tried_again_later reason=\"{}\"", state.id(), e.getMessage());
            return false;
        } finally {
            state.unlock();
        }
    }

    /** Removes what {@link #start} decided on. */
    void finish() {
        List<Segment> removed;
        state.lock();
        try {
            if (state.log() == null) {
                return;
            }
            removed = state.log().raiseLogStart();
            state.remember(state.log().point());
            state.publish();
        } finally {
            state.unlock();
        }
        SegmentRemoval.start(state, removed);
        state.watchers().advanced();
    }
}
