// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Caller;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What a shard knows of one share partition. Changed by events only. */
final class SharePartition {
    /** The group has not begun here. */
    static final long NOT_STARTED = -1;

    final SharePartitionKey key;
    /** Members that wait for records to become available, or for locks to become free. */
    final Set<Caller<Boolean>> waiting = new LinkedHashSet<>();
    private int stateEpoch;
    private int leaderEpoch;
    private int snapshotEpoch;
    private int updatesSinceSnapshot;
    private long createdMs;
    private long snapshotMs;
    private InFlight inFlight;
    /** When locks are looked at again; {@link Long#MAX_VALUE} while there are none. */
    private long lockCheckMs = Long.MAX_VALUE;
    /** Grows whenever records become available or locks free. */
    private long freed;

    SharePartition(SharePartitionKey key) {
        this.key = key;
    }

    boolean started() {
        return inFlight != null;
    }

    /** Only of a partition that has started. */
    InFlight inFlight() {
        return inFlight;
    }

    long startOffset() {
        return inFlight == null ? NOT_STARTED : inFlight.start();
    }

    int stateEpoch() {
        return stateEpoch;
    }

    int leaderEpoch() {
        return leaderEpoch;
    }

    int snapshotEpoch() {
        return snapshotEpoch;
    }

    int updatesSinceSnapshot() {
        return updatesSinceSnapshot;
    }

    long freed() {
        return freed;
    }

    /** The state as it outlives the process: records that are locked were, before that, available. */
    ShareSnapshot snapshot(long nowMs) {
        List<Run> runs = new ArrayList<>();
        if (inFlight != null) {
            for (Run run : inFlight.runs()) {
                if (run.state() != DeliveryState.ACQUIRED) {
                    runs.add(run);
                } else if (run.deliveryCount() > 1) {
                    runs.add(Run.unlocked(run.first(), run.last(), DeliveryState.AVAILABLE, run.deliveryCount() - 1));
                }
            }
        }
        int finished = inFlight == null ? 0 : (int) inFlight.finished();
        return new ShareSnapshot(snapshotEpoch + 1, stateEpoch, leaderEpoch, startOffset(), finished, createdMs, nowMs, runs);
    }

    void restore(ShareSnapshot snapshot) {
        stateEpoch = snapshot.stateEpoch();
        leaderEpoch = snapshot.leaderEpoch();
        createdMs = snapshot.createdMs();
        repeated(snapshot);
        inFlight = snapshot.startOffset() == NOT_STARTED ? null : new InFlight(snapshot.startOffset());
        put(snapshot.runs());
    }

    void repeated(ShareSnapshot snapshot) {
        snapshotEpoch = snapshot.snapshotEpoch();
        snapshotMs = snapshot.writtenMs();
        updatesSinceSnapshot = 0;
    }

    /** When it was last kept as a whole, in ms since the Unix epoch. */
    long snapshotMs() {
        return snapshotMs;
    }

    /** Begins at {@code offset}, if it has not begun. */
    void startAt(long offset) {
        if (inFlight == null) {
            inFlight = new InFlight(offset);
        } else {
            inFlight.startAt(offset);
        }
    }

    void wrote(ShareEvent.Written written) {
        updatesSinceSnapshot++;
        leaderEpoch = Math.max(leaderEpoch, written.leaderEpoch());
        if (written.startOffset() != NOT_STARTED) {
            startAt(written.startOffset());
        }
        put(written.runs());
    }

    void put(List<Run> runs) {
        if (inFlight == null && !runs.isEmpty()) {
            inFlight = new InFlight(runs.getFirst().first());
        }
        for (Run run : runs) {
            inFlight.put(run);
            if (run.state() == DeliveryState.ACQUIRED) {
                lockCheckMs = Math.min(lockCheckMs, run.lockedUntilMs());
            }
        }
        if (inFlight != null) {
            inFlight.advance();
        }
    }

    long lockCheckMs() {
        return lockCheckMs;
    }

    void checkLocksAt(long nextMs) {
        lockCheckMs = nextMs;
    }

    void free() {
        freed++;
        waiting.clear();
    }
}
