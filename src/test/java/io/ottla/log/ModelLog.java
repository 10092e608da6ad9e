// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.topic.Fetched;
import io.ottla.topic.Fetched.AbortedTransaction;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;

/** What a log should hold, as simply as can be: a list of batches. */
final class ModelLog {
    /**
     * A batch that was appended.
     *
     * @param producerId -1 for none
     * @param marker     null for data, or whether it commits
     */
    record Batch(long base, List<String> values, long timestamp, long producerId, int epoch, int sequence, boolean transactional, Boolean marker) {
        long next() {
            return base + values.size();
        }

        int lastSequence() {
            return sequence + values.size() - 1;
        }
    }

    /** What a producer may do next. */
    static final class Producer {
        int epoch;
        int nextSequence;
        long transactionStart = -1;
        final List<Batch> last = new ArrayList<>();
    }

    final List<Batch> batches = new ArrayList<>();
    long logStart;
    long durable;

    long end() {
        return batches.isEmpty() ? 0 : batches.getLast().next();
    }

    void truncate(long end) {
        batches.removeIf(batch -> batch.base() >= end);
    }

    /** The producers as of the end of the log. */
    Map<Long, Producer> producers() {
        Map<Long, Producer> producers = new HashMap<>();
        for (Batch batch : batches) {
            if (batch.producerId() < 0) {
                continue;
            }
            Producer producer = producers.computeIfAbsent(batch.producerId(), id -> new Producer());
            if (producer.epoch != batch.epoch()) {
                producer.epoch = batch.epoch();
                producer.last.clear();
                producer.nextSequence = 0;
            }
            if (batch.marker() != null) {
                producer.transactionStart = -1;
                continue;
            }
            producer.nextSequence = batch.lastSequence() + 1;
            producer.last.add(batch);
            if (producer.last.size() > 5) {
                producer.last.removeFirst();
            }
            if (batch.transactional() && producer.transactionStart < 0) {
                producer.transactionStart = batch.base();
            }
        }
        return producers;
    }

    /** First offset of the oldest transaction that is not ended by a marker below {@code highWatermark}. */
    long lastStable(long highWatermark) {
        long stable = highWatermark;
        for (long[] transaction : transactions()) {
            if (transaction[2] < 0 || transaction[2] >= highWatermark) {
                stable = Math.min(stable, transaction[1]);
            }
        }
        return Math.max(stable, logStart);
    }

    /** Aborted transactions that overlap [from, to), by producer and first offset. */
    List<AbortedTransaction> aborted(long from, long to) {
        List<AbortedTransaction> found = new ArrayList<>();
        for (long[] transaction : transactions()) {
            if (transaction[3] == 0 && transaction[2] >= from && transaction[1] < to) {
                found.add(new AbortedTransaction(transaction[0], transaction[1]));
            }
        }
        return found;
    }

    /** Producer, first offset, marker offset or -1, 1 for committed. */
    private List<long[]> transactions() {
        List<long[]> all = new ArrayList<>();
        Map<Long, long[]> open = new TreeMap<>();
        for (Batch batch : batches) {
            if (batch.marker() != null) {
                long[] transaction = open.remove(batch.producerId());
                if (transaction != null) {
                    transaction[2] = batch.base();
                    transaction[3] = batch.marker() ? 1 : 0;
                }
            } else if (batch.transactional() && !open.containsKey(batch.producerId())) {
                long[] transaction = {batch.producerId(), batch.base(), -1, -1};
                open.put(batch.producerId(), transaction);
                all.add(transaction);
            }
        }
        return all;
    }

    /** Reads from {@code from} to {@code end} piece by piece and compares. */
    void check(Partition partition, long from, long end, ReadLimit limit, int maxBytes) {
        long next = from;
        while (next < end) {
            Fetched fetched = partition.read(next, maxBytes, true, limit);
            int size = fetched.records().sizeInBytes();
            List<MutableRecordBatch> found = Batches.batches(fetched);
            assertTrue(!found.isEmpty(), "nothing at " + next + " of " + end);
            assertTrue(size <= maxBytes || found.size() == 1, "more than asked");
            long first = next;
            for (MutableRecordBatch batch : found) {
                compare(batchAt(next), batch);
                next = batch.nextOffset();
            }
            assertTrue(next <= end, "read past the limit");
            if (limit == ReadLimit.LAST_STABLE) {
                assertEquals(new HashSet<>(aborted(first, next)), new HashSet<>(fetched.aborted()), "aborted transactions in " + first + " to " + next);
            }
        }
        assertEquals(0, partition.read(end, maxBytes, true, limit).records().sizeInBytes());
    }

    private Batch batchAt(long offset) {
        return batches.stream().filter(batch -> batch.base() <= offset && offset < batch.next()).findFirst().orElseThrow();
    }

    private static void compare(Batch expected, MutableRecordBatch batch) {
        assertEquals(expected.base(), batch.baseOffset());
        assertEquals(expected.next(), batch.nextOffset());
        if (expected.marker() == null) {
            List<String> values = new ArrayList<>();
            for (Record record : batch) {
                values.add(StandardCharsets.UTF_8.decode(record.value()).toString());
            }
            assertEquals(expected.values(), values);
        }
    }
}
