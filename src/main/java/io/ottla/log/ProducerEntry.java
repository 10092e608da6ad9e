// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.util.Arrays;

/** What a partition remembers of one producer: its epoch, its last five batches and its open transaction. Guarded by the partition's lock. */
final class ProducerEntry {
    static final int BATCHES = 5;
    static final short NO_EPOCH = -1;
    static final int NO_COORDINATOR_EPOCH = -1;

    /** One remembered batch, for answering its duplicates. */
    record Batch(int lastSequence, long lastOffset, int offsetDelta, long timestamp) {
        int firstSequence() {
            return (int) (((long) lastSequence - offsetDelta) & Integer.MAX_VALUE);
        }

        long firstOffset() {
            return lastOffset - offsetDelta;
        }
    }

    private final long producerId;
    private short epoch = NO_EPOCH;
    private int coordinatorEpoch = NO_COORDINATOR_EPOCH;
    private long lastTimestamp = -1;
    private long transactionStart = -1;
    private long lastUsedMs;
    private Batch[] batches = {};

    ProducerEntry(long producerId, long nowMs) {
        this.producerId = producerId;
        lastUsedMs = nowMs;
    }

    long producerId() {
        return producerId;
    }

    short epoch() {
        return epoch;
    }

    int coordinatorEpoch() {
        return coordinatorEpoch;
    }

    long lastTimestamp() {
        return lastTimestamp;
    }

    /** First offset of the open transaction, or -1. */
    long transactionStart() {
        return transactionStart;
    }

    /** When the producer was last heard of, in wall time. */
    long lastUsedMs() {
        return lastUsedMs;
    }

    /** Oldest first. */
    Batch[] batches() {
        return batches;
    }

    /** The newest batch, or null in a new epoch. */
    Batch last() {
        return batches.length == 0 ? null : batches[batches.length - 1];
    }

    /** The batch of this epoch with exactly these sequences, or null. */
    Batch find(int firstSequence, int lastSequence) {
        for (Batch batch : batches) {
            if (batch.lastSequence() == lastSequence && batch.firstSequence() == firstSequence) {
                return batch;
            }
        }
        return null;
    }

    void add(Batch batch, short batchEpoch, long nowMs) {
        raiseEpoch(batchEpoch);
        if (batches.length < BATCHES) {
            batches = Arrays.copyOf(batches, batches.length + 1);
        } else {
            System.arraycopy(batches, 1, batches, 0, BATCHES - 1);
        }
        batches[batches.length - 1] = batch;
        lastTimestamp = batch.timestamp();
        lastUsedMs = nowMs;
    }

    void raiseEpoch(short newEpoch) {
        if (epoch != newEpoch) {
            batches = new Batch[0];
            epoch = newEpoch;
        }
    }

    void marker(int newCoordinatorEpoch, long timestamp, long nowMs) {
        coordinatorEpoch = newCoordinatorEpoch;
        transactionStart = -1;
        lastTimestamp = timestamp;
        lastUsedMs = nowMs;
    }

    void startTransaction(long offset) {
        transactionStart = offset;
    }

    /** Puts back what a snapshot said. */
    void restore(short savedEpoch, int savedCoordinatorEpoch, long savedTimestamp, long savedTransactionStart, Batch[] savedBatches) {
        epoch = savedEpoch;
        coordinatorEpoch = savedCoordinatorEpoch;
        lastTimestamp = savedTimestamp;
        transactionStart = savedTransactionStart;
        batches = savedBatches;
    }
}
