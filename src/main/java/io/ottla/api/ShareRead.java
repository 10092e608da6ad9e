// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.share.Acquisition;
import io.ottla.topic.Fetched;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.wire.StoredRecords;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import org.apache.kafka.common.errors.KafkaStorageException;

/** What was read from a partition for a share fetch: the record batches, seen by their headers. */
final class ShareRead {
    private static final int HEADER_BYTES = 61;
    private static final int LENGTH_AT = 8;
    private static final int ATTRIBUTES_AT = 21;
    private static final int LAST_DELTA_AT = 23;
    private static final int PRODUCER_AT = 43;
    private static final int LENGTH_ENDS_AT = 12;
    private static final int TRANSACTIONAL = 0x10;
    private static final int CONTROL = 0x20;

    private final long offset;
    private final StoredRecords records;
    private final List<Acquisition.Batch> batches = new ArrayList<>();
    /** Where each batch ends in the records. */
    private final List<Integer> ends = new ArrayList<>();

    private ShareRead(long offset, StoredRecords records) {
        this.offset = offset;
        this.records = records;
    }

    /**
     * Reads from {@code offset} on, and looks at the batches until one holds {@code lastOffset}.
     *
     * @throws org.apache.kafka.common.errors.ApiException as {@link Partition#read}
     */
    static ShareRead of(Partition partition, ReadLimit limit, long offset, long lastOffset, int maxBytes, boolean minOneBatch) {
        Fetched fetched = partition.read(offset, maxBytes, minOneBatch, limit);
        ShareRead read = new ShareRead(offset, fetched.records());
        try {
            read.scan(lastOffset, fetched.aborted());
        } catch (IOException e) {
            fetched.records().release();
            throw new KafkaStorageException("records of " + partition.id() + " can't be read", e);
        }
        return read;
    }

    private void scan(long lastOffset, List<Fetched.AbortedTransaction> aborted) throws IOException {
        PriorityQueue<Fetched.AbortedTransaction> ahead = new PriorityQueue<>(Comparator.comparingLong(Fetched.AbortedTransaction::firstOffset));
        ahead.addAll(aborted);
        Set<Long> abortedNow = new HashSet<>();
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
        int position = 0;
        while (position + HEADER_BYTES <= records.sizeInBytes() && (batches.isEmpty() || batches.getLast().last() < lastOffset)) {
            records.copyTo(header.clear(), position);
            long first = header.getLong(0);
            long last = first + header.getInt(LAST_DELTA_AT);
            while (!ahead.isEmpty() && ahead.peek().firstOffset() <= last) {
                abortedNow.add(ahead.poll().producerId());
            }
            int attributes = header.getShort(ATTRIBUTES_AT);
            boolean control = (attributes & CONTROL) != 0;
            if (control) {
                abortedNow.remove(header.getLong(PRODUCER_AT));
            }
            boolean undone = (attributes & TRANSACTIONAL) != 0 && abortedNow.contains(header.getLong(PRODUCER_AT));
            batches.add(new Acquisition.Batch(first, last, !control && !undone));
            position += LENGTH_ENDS_AT + header.getInt(LENGTH_AT);
            ends.add(position);
        }
    }

    long offset() {
        return offset;
    }

    List<Acquisition.Batch> batches() {
        return batches;
    }

    /** Bytes of the batches that were looked at. */
    int sizeBytes() {
        return ends.isEmpty() ? 0 : ends.getLast();
    }

    void release() {
        records.release();
    }

    /** The batches that hold the offsets from {@code first} to {@code last}; to be released by the taker, instead of this. */
    StoredRecords holding(long first, long last) {
        int from = 0;
        while (batches.get(from).last() < first) {
            from++;
        }
        int to = from;
        while (to + 1 < batches.size() && batches.get(to + 1).first() <= last) {
            to++;
        }
        int start = from == 0 ? 0 : ends.get(from - 1);
        return records.part(start, ends.get(to) - start);
    }
}
