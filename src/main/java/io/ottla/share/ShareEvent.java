// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Caller;
import java.util.List;

/** A change of a shard's share partitions. The first four kinds outlive the process, as records of __share_group_state. */
sealed interface ShareEvent {
    SharePartitionKey key();

    /** The state of a partition begins as this, whatever it was. */
    record Begun(SharePartitionKey key, ShareSnapshot snapshot) implements ShareEvent {}

    /** The state of a partition is kept as a whole again; nothing changes. */
    record Repeated(SharePartitionKey key, ShareSnapshot snapshot) implements ShareEvent {}

    /**
     * Runs that nobody holds (any more).
     *
     * @param startOffset where the partition starts at least; -1 for where it did
     * @param finished    how many offsets from {@code startOffset} on are done with then
     */
    record Written(SharePartitionKey key, int snapshotEpoch, int leaderEpoch, long startOffset, int finished, List<Run> runs)
            implements ShareEvent {}

    /** The group does not work on the partition any more. */
    record Removed(SharePartitionKey key) implements ShareEvent {}

    /** A member has got locks or has got them prolonged, and offsets that hold nothing to deliver are passed over. */
    record Locked(SharePartitionKey key, List<Run> runs) implements ShareEvent {}

    /** No lock is over before this, in {@link io.ottla.coordinator.Moment#elapsedMs()}. */
    record LocksChecked(SharePartitionKey key, long nextMs) implements ShareEvent {}

    /** The log begins later than the share partition; what is gone from it cannot be handed out. */
    record LogStartMoved(SharePartitionKey key, long logStart) implements ShareEvent {}

    /** Records have become available or locks free; everybody who waits is told. */
    record Freed(SharePartitionKey key) implements ShareEvent {}

    record Waiting(SharePartitionKey key, Caller<Boolean> caller) implements ShareEvent {}

    record WaitingNoMore(SharePartitionKey key, Caller<Boolean> caller) implements ShareEvent {}
}
