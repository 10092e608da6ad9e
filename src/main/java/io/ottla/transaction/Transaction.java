// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * What is known of one transactional id: the value that {@code __transaction_state} keeps. Immutable; each step gives the next one.
 *
 * @param previousProducerId the producer id before the last step: another one than {@code producerId} just after its epochs were used up
 * @param nextProducerId     the producer id that takes over when this transaction is complete, or -1
 * @param epoch              -1 for an id that was never given out
 * @param lastEpoch          the epoch that the same producer had before, or -1; not kept over a restart (KIP-360)
 * @param partitions         written to by the open or prepared transaction
 * @param startMs            when the last transaction began, or -1 after a new start
 * @param clientVersion      {@code transaction.version} by which the last transaction began or ended: 0, or 2 (KIP-890)
 */
record Transaction(
        String id,
        long producerId,
        long previousProducerId,
        long nextProducerId,
        short epoch,
        short lastEpoch,
        int timeoutMs,
        Status status,
        Set<TopicPartition> partitions,
        long startMs,
        long updatedMs,
        short clientVersion) {
    static final long NO_ID = RecordBatch.NO_PRODUCER_ID;
    static final short NO_EPOCH = RecordBatch.NO_PRODUCER_EPOCH;
    static final short FIRST_PROTOCOL = 0;
    /** KIP-890: writes add their partitions, and each end raises the epoch. */
    static final short SECOND_PROTOCOL = 2;
    /** The largest epoch that a producer is given; one more is left for the marker that ends its last transaction. */
    private static final short LAST_EPOCH = Short.MAX_VALUE - 1;

    /** An id that nobody has used before. */
    static Transaction created(String id, long producerId, int timeoutMs, long nowMs) {
        return new Transaction(id, producerId, producerId, NO_ID, NO_EPOCH, NO_EPOCH, timeoutMs, Status.EMPTY, Set.of(), -1, nowMs, FIRST_PROTOCOL);
    }

    /** No producer can be given a larger epoch: the next one gets a new producer id. */
    boolean exhausted() {
        return epoch >= LAST_EPOCH;
    }

    /** Whether this producer took over when the epochs of that one were used up. */
    boolean followed(long otherId, short otherEpoch) {
        return otherId == previousProducerId && otherId != producerId && otherEpoch >= LAST_EPOCH;
    }

    /** When an open transaction is late. */
    long deadlineMs() {
        return startMs + timeoutMs;
    }

    /** The next epoch, for a new start. */
    Transaction started(int newTimeoutMs, short newLastEpoch, long nowMs) {
        return started(producerId, (short) (epoch + 1), newTimeoutMs, newLastEpoch, nowMs);
    }

    /** The same epoch, for a start that repeats the last one. */
    Transaction startedAgain(int newTimeoutMs, long nowMs) {
        return started(producerId, epoch, newTimeoutMs, lastEpoch, nowMs);
    }

    /** A new producer id, for a start when the epochs of the old one are used up. */
    Transaction startedAs(long newProducerId, int newTimeoutMs, short newLastEpoch, long nowMs) {
        return started(newProducerId, (short) 0, newTimeoutMs, newLastEpoch, nowMs);
    }

    private Transaction started(long newProducerId, short newEpoch, int newTimeoutMs, short newLastEpoch, long nowMs) {
        return new Transaction(id, newProducerId, producerId, NO_ID, newEpoch, newLastEpoch, newTimeoutMs, Status.EMPTY, Set.of(), -1, nowMs, clientVersion);
    }

    /** With more partitions; begins a transaction if none is open. */
    Transaction with(Set<TopicPartition> more, short version, long nowMs) {
        Set<TopicPartition> all = new HashSet<>(partitions);
        all.addAll(more);
        long begunMs = status == Status.ONGOING ? startMs : nowMs;
        return new Transaction(id, producerId, producerId, nextProducerId, epoch, lastEpoch, timeoutMs, Status.ONGOING, Collections.unmodifiableSet(all), begunMs, nowMs, version);
    }

    /** The end is decided; the producer keeps its epoch (TV1). */
    Transaction prepared(boolean commit, long nowMs) {
        return new Transaction(id, producerId, producerId, NO_ID, epoch, lastEpoch, timeoutMs, preparing(commit), partitions, startMs, nowMs, FIRST_PROTOCOL);
    }

    /** The end is decided, and the epoch raised, so that whatever is still under way is refused (TV2). {@code freshId} takes over if the epochs are used up. */
    Transaction preparedAndFenced(boolean commit, long freshId, long nowMs) {
        long next = exhausted() ? freshId : NO_ID;
        long begunMs = status == Status.ONGOING ? startMs : nowMs;
        return new Transaction(id, producerId, producerId, next, (short) (epoch + 1), epoch, timeoutMs, preparing(commit), partitions, begunMs, nowMs, SECOND_PROTOCOL);
    }

    private static Status preparing(boolean commit) {
        return commit ? Status.PREPARE_COMMIT : Status.PREPARE_ABORT;
    }

    /** All markers are written. */
    Transaction completed(long nowMs) {
        Status done = status == Status.PREPARE_COMMIT ? Status.COMPLETE_COMMIT : Status.COMPLETE_ABORT;
        long newProducerId = nextProducerId == NO_ID ? producerId : nextProducerId;
        short newEpoch = nextProducerId == NO_ID ? epoch : 0;
        return new Transaction(id, newProducerId, producerId, NO_ID, newEpoch, lastEpoch, timeoutMs, done, Set.of(), startMs, nowMs, clientVersion);
    }
}
