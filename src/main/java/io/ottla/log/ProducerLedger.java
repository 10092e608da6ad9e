// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.AppendRefused;
import io.ottla.topic.PartitionDescription.ProducerState;
import io.ottla.topic.PartitionId;
import io.ottla.wire.BatchView;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.Errors;

/**
 * The producers of one partition: which batch each may append next, which it appended before, and which transactions are
 * undecided (KIP-98). Guarded by the partition's lock.
 */
final class ProducerLedger {
    /** A transaction that ended, until its marker is durable. */
    private record Ended(long firstOffset, long markerOffset) {}

    private final PartitionId id;
    private final Map<Long, ProducerEntry> producers = new HashMap<>();
    private final TreeMap<Long, Long> open = new TreeMap<>();
    private final ArrayDeque<Ended> ended = new ArrayDeque<>();

    ProducerLedger(PartitionId id) {
        this.id = id;
    }

    boolean isEmpty() {
        return producers.isEmpty();
    }

    Collection<ProducerEntry> entries() {
        return producers.values();
    }

    /**
     * Checks a batch before it is appended.
     *
     * @return the batch that this one is a duplicate of, or null if it may be appended
     * @throws AppendRefused INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_TXN_STATE, TRANSACTION_COORDINATOR_FENCED
     */
    ProducerEntry.Batch check(BatchView batch, long offset, AppendOrigin origin) {
        ProducerEntry entry = producers.get(batch.producerId());
        if (entry == null) {
            checkFirst(batch, offset, origin);
            return null;
        }
        short epoch = batch.producerEpoch();
        if (origin.client() && epoch == entry.epoch()) {
            ProducerEntry.Batch known = entry.find(batch.baseSequence(), batch.lastSequence());
            if (known != null) {
                return known;
            }
        }
        if (epoch < entry.epoch()) {
            throw new AppendRefused(Errors.INVALID_PRODUCER_EPOCH, "Epoch of producer " + batch.producerId() + " at offset " + offset
                    + " in " + id + " is " + epoch + ", which is smaller than the last seen epoch " + entry.epoch());
        }
        if (batch.control()) {
            checkMarker(batch, entry, offset);
        } else {
            checkData(batch, entry, offset, origin);
        }
        return null;
    }

    /** In the second protocol a later batch may not come first, or the one before it would be refused when it is sent again. Others may have been forgotten. */
    private void checkFirst(BatchView batch, long offset, AppendOrigin origin) {
        if (origin.secondProtocol() && batch.transactional() && batch.baseSequence() != 0) {
            throw new AppendRefused(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER, "Out of order sequence number for producer " + batch.producerId() + " at offset "
                    + offset + " in " + id + ": " + batch.baseSequence() + " (incoming seq. number), and its transaction has written nothing here yet");
        }
    }

    private void checkMarker(BatchView batch, ProducerEntry entry, long offset) {
        EndMarker marker = EndMarker.of(batch);
        if (marker != null && marker.coordinatorEpoch() < entry.coordinatorEpoch()) {
            throw new AppendRefused(Errors.TRANSACTION_COORDINATOR_FENCED, "Invalid coordinator epoch for producerId " + batch.producerId()
                    + " at offset " + offset + " in partition " + id + ": " + marker.coordinatorEpoch() + " (zombie), " + entry.coordinatorEpoch() + " (current)");
        }
    }

    private void checkData(BatchView batch, ProducerEntry entry, long offset, AppendOrigin origin) {
        if (origin.client()) {
            checkSequence(batch, entry, offset);
        }
        if (entry.transactionStart() >= 0 && !batch.transactional()) {
            throw new AppendRefused(Errors.INVALID_TXN_STATE, "Expected transactional write from producer " + batch.producerId()
                    + " at offset " + offset + " in partition " + id);
        }
    }

    private void checkSequence(BatchView batch, ProducerEntry entry, long offset) {
        int first = batch.baseSequence();
        if (batch.producerEpoch() != entry.epoch()) {
            if (first != 0) {
                throw new AppendRefused(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER, "Invalid sequence number for new epoch of producer " + batch.producerId()
                        + " at offset " + offset + " in partition " + id + ": " + batch.producerEpoch() + " (request epoch), " + first
                        + " (seq. number), " + entry.epoch() + " (current producer epoch)");
            }
            return;
        }
        int last = entry.last() == null ? BatchView.NO_SEQUENCE : entry.last().lastSequence();
        boolean follows = first == last + 1L || first == 0 && last == Integer.MAX_VALUE;
        if (!follows) {
            throw new AppendRefused(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER, "Out of order sequence number for producer " + batch.producerId()
                    + " at offset " + offset + " in partition " + id + ": " + first + " (incoming seq. number), " + last + " (current end sequence number)");
        }
    }

    /** The transaction that this batch aborts once it is appended at {@code offset}, for the index; null if none. */
    TransactionIndex.Entry abortedBy(BatchView batch, long offset) {
        if (!batch.control() || !batch.hasProducerId()) {
            return null;
        }
        EndMarker marker = EndMarker.of(batch);
        ProducerEntry entry = producers.get(batch.producerId());
        if (marker == null || marker.commit() || entry == null || entry.transactionStart() < 0) {
            return null;
        }
        long first = entry.transactionStart();
        long oldestOther = open.keySet().stream().filter(start -> start != first).findFirst().orElse(offset + 1);
        return new TransactionIndex.Entry(batch.producerId(), first, offset, oldestOther);
    }

    /** Takes note of a batch that was appended or read back. */
    void apply(BatchView batch, long nowMs) {
        if (!batch.hasProducerId()) {
            return;
        }
        if (batch.control()) {
            EndMarker marker = EndMarker.of(batch);
            if (marker != null) {
                applyMarker(batch, marker, nowMs);
            }
            return;
        }
        ProducerEntry entry = entry(batch.producerId(), nowMs);
        entry.add(new ProducerEntry.Batch(batch.lastSequence(), batch.lastOffset(), batch.lastOffsetDelta(), batch.maxTimestamp()), batch.producerEpoch(), nowMs);
        // What compaction has emptied belongs to a transaction that ended, though its marker may be gone.
        if (batch.transactional() && batch.count() > 0 && entry.transactionStart() < 0) {
            entry.startTransaction(batch.baseOffset());
            open.put(batch.baseOffset(), batch.producerId());
        }
    }

    private ProducerEntry entry(long producerId, long nowMs) {
        return producers.computeIfAbsent(producerId, producer -> new ProducerEntry(producer, nowMs));
    }

    private void applyMarker(BatchView batch, EndMarker marker, long nowMs) {
        ProducerEntry entry = entry(batch.producerId(), nowMs);
        entry.raiseEpoch(batch.producerEpoch());
        long first = entry.transactionStart();
        entry.marker(marker.coordinatorEpoch(), batch.maxTimestamp(), nowMs);
        if (first >= 0) {
            open.remove(first);
            ended.add(new Ended(first, batch.lastOffset()));
        }
    }

    /** The first offset of the oldest transaction whose end is not durable yet, or {@code highWatermark} if there is none. */
    long lastStableOffset(long highWatermark) {
        while (!ended.isEmpty() && ended.peekFirst().markerOffset() < highWatermark) {
            ended.pollFirst();
        }
        long result = open.isEmpty() ? highWatermark : Math.min(highWatermark, open.firstKey());
        for (Ended transaction : ended) {
            result = Math.min(result, transaction.firstOffset());
        }
        return result;
    }

    /** Puts back a producer from a snapshot. */
    void restore(ProducerEntry entry) {
        producers.put(entry.producerId(), entry);
        if (entry.transactionStart() >= 0) {
            open.put(entry.transactionStart(), entry.producerId());
        }
    }

    /** Takes over the producers of {@code other} that are unknown here and have no open transaction. */
    void addMissing(ProducerLedger other) {
        for (ProducerEntry entry : other.producers.values()) {
            if (entry.transactionStart() < 0) {
                producers.putIfAbsent(entry.producerId(), entry);
            }
        }
    }

    /** Forgets producers that were idle for too long and have no open transaction. */
    void expire(long idleSinceMs) {
        producers.values().removeIf(entry -> entry.transactionStart() < 0 && entry.lastUsedMs() <= idleSinceMs);
    }

    List<ProducerState> describe() {
        List<ProducerState> result = new ArrayList<>();
        for (ProducerEntry entry : producers.values()) {
            int lastSequence = entry.last() == null ? BatchView.NO_SEQUENCE : entry.last().lastSequence();
            result.add(new ProducerState(entry.producerId(), entry.epoch(), entry.coordinatorEpoch(), lastSequence, entry.lastTimestamp(), entry.transactionStart()));
        }
        return result;
    }
}
