// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Command;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/** What a shard of share partitions can be asked. */
sealed interface ShareCommand extends Command {
    /** A request that somebody waits for. */
    sealed interface Asked<R> extends ShareCommand {
        Caller<R> caller();

        @Override
        default void refuse(Errors error) {
            caller().refuse(error);
        }
    }

    /** A timer, or the next step of a decision: nobody waits for it by name. */
    sealed interface Internal extends ShareCommand {
        @Override
        default void refuse(Errors error) {
            // Nobody asked.
        }
    }

    /**
     * @param stateEpoch  a newer one than before takes effect, an older one does not
     * @param startOffset -1 to begin where share.auto.offset.reset says
     * @param anew        whether the state begins anew where it has this epoch already
     */
    record Initialize(SharePartitionKey key, int stateEpoch, long startOffset, boolean anew, Caller<Errors> caller) implements Asked<Errors> {}

    /** Begins at {@code offset} unless the group has begun meanwhile. */
    record Start(SharePartitionKey key, long offset, Caller<Errors> caller) implements Asked<Errors> {}

    record Look(SharePartitionKey key, long logStart, int maxRecords, Caller<Position> caller) implements Asked<Position> {
        @Override
        public boolean brief() {
            return true;
        }
    }

    record Acquire(SharePartitionKey key, String memberId, Acquisition wanted, Caller<List<Acquisition.Acquired>> caller)
            implements Asked<List<Acquisition.Acquired>> {
        @Override
        public boolean brief() {
            return true;
        }
    }

    /** All of it or nothing; NONE, INVALID_RECORD_STATE, INVALID_REQUEST or UNKNOWN_TOPIC_OR_PARTITION. */
    record Acknowledge(SharePartitionKey key, String memberId, List<Acknowledgement> acknowledgements, Caller<Errors> caller)
            implements Asked<Errors> {
        @Override
        public boolean brief() {
            return true;
        }
    }

    /** Gives up all locks of a member. */
    record Release(SharePartitionKey key, String memberId, Caller<Errors> caller) implements Asked<Errors> {}

    /** Answered with true once something has become free since {@code seen}, with false when nobody needs to wait. */
    record Wait(SharePartitionKey key, long seen, Caller<Boolean> caller) implements Asked<Boolean> {}

    record WaitNoMore(SharePartitionKey key, Caller<Boolean> caller) implements Internal {}

    /** The state as it is kept; null if there is none. */
    record Read(SharePartitionKey key, Caller<ShareSnapshot> caller) implements Asked<ShareSnapshot> {}

    /** The state as a partition leader asks for it; FENCED_LEADER_EPOCH if there is a newer one, INVALID_REQUEST without state. */
    record ReadAsLeader(SharePartitionKey key, int leaderEpoch, Caller<Answered<ShareSnapshot>> caller)
            implements Asked<Answered<ShareSnapshot>> {}

    /**
     * What a partition leader has decided; FENCED_LEADER_EPOCH or FENCED_STATE_EPOCH if its epochs are old, INVALID_REQUEST without state.
     *
     * @param startOffset where the partition starts at least; -1 for where it did
     * @param finished    how many offsets from there on are done with, as the leader counts them; -1 if it does not
     */
    record Write(SharePartitionKey key, int stateEpoch, int leaderEpoch, long startOffset, int finished, List<Run> runs, Caller<Errors> caller)
            implements Asked<Errors> {}

    record Remove(SharePartitionKey key, Caller<Errors> caller) implements Asked<Errors> {}

    /**
     * Writes the state of partitions as a whole that was last written so before {@code beforeMs}, so that the journal until
     * then is not needed any more; answered with the number of those that are left.
     */
    record Condense(long beforeMs, Caller<Integer> caller) implements Asked<Integer> {}

    /** Locks of a partition may be over. */
    record LocksOver(SharePartitionKey key) implements Internal {}

    /** It may be time to shorten the journal. */
    record PruneDue() implements Internal {}

    /** Dead letters are written, or given up: their records are done with. */
    record DeadLetterWritten(SharePartitionKey key, long first, long last) implements Internal {}

    /** Writes the state of a partition as a whole. */
    record Snapshot(SharePartitionKey key) implements Internal {}
}
