// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Command;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/** What a shard of the coordinator is asked. */
sealed interface TransactionCommand extends Command {
    /** A command that may need a producer id that nobody has had: -1 until it was found to need one. */
    sealed interface NeedsId extends TransactionCommand {
        String id();

        NeedsId with(long freshId);
    }

    /** A producer starts. Expected producer id and epoch are -1 unless it says what it had (KIP-360). */
    record Init(String id, int timeoutMs, long expectedId, short expectedEpoch, long freshId, Caller<Identity> caller) implements NeedsId {
        @Override
        public Init with(long id) {
            return new Init(this.id, timeoutMs, expectedId, expectedEpoch, id, caller);
        }
    }

    /** A producer writes to partitions for the first time in a transaction. A patient one would rather wait for the markers of the last than come again. */
    record Add(String id, long producerId, short epoch, Set<TopicPartition> partitions, short version, boolean patient, Caller<Admission> caller)
            implements TransactionCommand {
        @Override
        public boolean brief() {
            return true;
        }
    }

    /** Do partitions belong to the open transaction? */
    record Verify(String id, long producerId, short epoch, Set<TopicPartition> partitions, Caller<Admission> caller) implements TransactionCommand {
        @Override
        public boolean brief() {
            return true;
        }
    }

    /** A producer ends its transaction. */
    record End(String id, long producerId, short epoch, boolean commit, short version, long freshId, Caller<Identity> caller) implements NeedsId {
        @Override
        public End with(long id) {
            return new End(this.id, producerId, epoch, commit, version, id, caller);
        }

        @Override
        public boolean brief() {
            return true;
        }
    }

    /** Ends a late transaction, if it is still open. */
    record AbortLate(String id, long producerId, short epoch, long freshId) implements NeedsId {
        @Override
        public AbortLate with(long id) {
            return new AbortLate(this.id, producerId, epoch, id);
        }
    }

    /** Markers were written as ordered, except into {@code unmarked}. */
    record MarkersWritten(MarkerOrder order, Set<TopicPartition> unmarked) implements TransactionCommand {
        @Override
        public boolean brief() {
            return true;
        }
    }

    /** Timer: try the missing markers again. */
    record SendMarkers(String id) implements TransactionCommand {}

    /** Successor: the markers are written, so take up what waited for them. */
    record Resume(String id) implements TransactionCommand {}

    /** Timer: those who wait have waited long enough. */
    record StopWaiting(String id) implements TransactionCommand {}

    /** Timer: look for transactions that are late. */
    record FindLate() implements TransactionCommand {}

    /** Timer: look for transactional ids that are not used any more. */
    record FindUnused() implements TransactionCommand {}

    record Describe(String id, Caller<Description> caller) implements TransactionCommand {}

    record DescribeAll(Caller<List<Transaction>> caller) implements TransactionCommand {}

    /** Producer id and epoch to go on with, or an error. */
    record Identity(Errors error, long producerId, short epoch) {
        static Identity refused(Errors error) {
            return new Identity(error, Transaction.NO_ID, Transaction.NO_EPOCH);
        }
    }

    /**
     * May a write begin?
     *
     * @param error   why none may, or NONE
     * @param missing partitions that are not a part of the transaction
     * @param gate    to be passed by the writes; null if there is an error
     */
    record Admission(Errors error, Set<TopicPartition> missing, Gate gate) {
        static Admission refused(Errors error) {
            return new Admission(error, Set.of(), null);
        }
    }

    /** A transactional id, and the partitions that take part in its transaction and have no marker yet; or an error and no transaction. */
    record Description(Errors error, Transaction transaction, Set<TopicPartition> unmarked) {
        static Description refused(Errors error) {
            return new Description(error, null, Set.of());
        }
    }

    @Override
    default void refuse(Errors error) {
        switch (this) {
            case Init init -> init.caller.refuse(error);
            case Add add -> add.caller.refuse(error);
            case Verify verify -> verify.caller.refuse(error);
            case End end -> end.caller.refuse(error);
            case Describe describe -> describe.caller.refuse(error);
            case DescribeAll all -> all.caller.refuse(error);
            case AbortLate _, MarkersWritten _, SendMarkers _, Resume _, StopWaiting _, FindLate _, FindUnused _ -> { }
        }
    }
}
