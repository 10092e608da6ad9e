// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.util.List;

/** What is kept of a change, and when the whole is kept again. */
final class Writing {
    /** Kafka's default of share.coordinator.snapshot.update.records.per.snapshot. */
    private static final int UPDATES_PER_SNAPSHOT = 500;

    private Writing() {}

    /** Runs that were locked until now are {@code runs} from now on. */
    static ShareEvent.Written written(SharePartition partition, List<Run> runs) {
        long finished = partition.inFlight().finished();
        for (Run run : runs) {
            finished += run.state().isFinal() ? run.size() : 0;
        }
        return new ShareEvent.Written(
                partition.key, partition.snapshotEpoch(), partition.leaderEpoch(), partition.startOffset(), (int) finished, runs);
    }

    /** The command that follows a change: a snapshot where it is time for one. */
    static ShareCommand next(SharePartition partition) {
        return partition.updatesSinceSnapshot() + 1 >= UPDATES_PER_SNAPSHOT ? new ShareCommand.Snapshot(partition.key) : null;
    }
}
