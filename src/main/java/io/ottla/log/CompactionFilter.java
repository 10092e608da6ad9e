// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.wire.BatchView;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Which records survive a compaction: of each key the latest, and its tombstone until the delete horizon (KIP-534); nothing of
 * aborted transactions; markers as long as their transaction has records, and after that until the delete horizon. The last
 * batch of a producer stays, if only as a header, so that what it appended last is known. Sees the batches in order, once.
 */
final class CompactionFilter extends RecordFilter {
    private final CompactionPlan plan;
    private final OffsetMap latest;
    private final long mappedTo;
    private final Set<Long> transactionsWithData = new HashSet<>();
    private final Set<Long> droppedMarkers = new HashSet<>();
    private boolean dropRecords;

    /** @param mappedTo keys from here on are not in {@code latest} */
    CompactionFilter(CompactionPlan plan, OffsetMap latest, long mappedTo, long nowMs, long deleteRetentionMs) {
        super(nowMs, deleteRetentionMs);
        this.plan = plan;
        this.latest = latest;
        this.mappedTo = mappedTo;
    }

    @Override
    protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
        boolean emptyTransaction = false;
        if (batch.isControlBatch()) {
            emptyTransaction = !transactionsWithData.remove(batch.producerId());
            dropRecords = emptyTransaction && batch.deleteHorizonMs().isPresent() && batch.deleteHorizonMs().getAsLong() <= currentTime;
            if (dropRecords) {
                droppedMarkers.add(batch.lastOffset());
            }
        } else {
            dropRecords = batch.isTransactional() && plan.isAborted(batch.producerId(), batch.baseOffset());
        }
        BatchRetention retention = lastOfProducer(batch) ? BatchRetention.RETAIN_EMPTY : dropRecords ? BatchRetention.DELETE : BatchRetention.DELETE_EMPTY;
        return new BatchRetentionResult(retention, emptyTransaction);
    }

    private boolean lastOfProducer(RecordBatch batch) {
        Long last = batch.hasProducerId() ? plan.lastOffsets().get(batch.producerId()) : null;
        return last != null && (last == batch.lastOffset() || last < 0 && batch.isControlBatch());
    }

    @Override
    protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
        if (dropRecords) {
            return false;
        }
        if (batch.isControlBatch()) {
            return true;
        }
        boolean retained = record.offset() >= mappedTo || record.hasKey() && latest(batch, record);
        if (retained && batch.isTransactional()) {
            transactionsWithData.add(batch.producerId());
        }
        return retained;
    }

    /** Takes note of a batch that stays as it is, without being looked into. */
    void keep(BatchView batch) {
        if (batch.transactional()) {
            transactionsWithData.add(batch.producerId());
        }
    }

    private boolean latest(RecordBatch batch, Record record) {
        boolean tombstoneStays = batch.deleteHorizonMs().isEmpty() || currentTime < batch.deleteHorizonMs().getAsLong();
        return record.offset() >= latest.get(record.key()) && (record.hasValue() || tombstoneStays);
    }

    /** Whether the abort marker at {@code offset} is gone: then readers must not be told of its transaction any more. */
    boolean droppedMarker(long offset) {
        return droppedMarkers.contains(offset);
    }
}
