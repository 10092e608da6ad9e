// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import io.ottla.coordinator.Aside;
import io.ottla.topic.AppendOrigin;
import io.ottla.topic.AppendRefused;
import io.ottla.topic.Appended;
import io.ottla.topic.InternalTopics;
import io.ottla.topic.Partition;
import io.ottla.topic.PartitionDescription.ProducerState;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the markers that end transactions. What has come in while a round was written goes out in the next, with one append
 * for each partition whoever its transactions belong to; nobody waits for a flush. The queue holds at most one entry for each
 * transactional id, and for each marker request under way. Safe for any thread; rounds run where they may wait.
 */
final class MarkerWriter {
    private static final Logger LOG = LoggerFactory.getLogger(MarkerWriter.class);
    private static final int MAX_A_ROUND = 1000;
    /** Of one marker: batch header, record header, key and value. */
    private static final int MARKER_BYTES = 128;

    /** Markers of one transaction with the same coordinator epoch, and who wants to know. */
    private static final class Job {
        private final MarkerOrder order;
        private final int coordinatorEpoch;
        private final boolean raisesEpoch;
        private final Consumer<Map<TopicPartition, Errors>> done;
        private final AtomicInteger open;
        private final Map<TopicPartition, Errors> failed = new ConcurrentHashMap<>();

        private Job(MarkerOrder order, int coordinatorEpoch, boolean raisesEpoch, Consumer<Map<TopicPartition, Errors>> done) {
            this.order = order;
            this.coordinatorEpoch = coordinatorEpoch;
            this.raisesEpoch = raisesEpoch;
            this.done = done;
            open = new AtomicInteger(order.partitions().size());
        }

        private void ended(TopicPartition partition, Errors error) {
            if (error != Errors.NONE) {
                failed.put(partition, error);
            }
            if (open.decrementAndGet() == 0) {
                done.accept(failed);
            }
        }
    }

    /** One marker of a job. */
    private record Marker(Job job, TopicPartition partition, int coordinatorEpoch) {
        void ended(Errors error) {
            job.ended(partition, error);
        }
    }

    private final TopicCatalog catalog;
    private final TransactionalOffsets offsets;
    private final Aside aside;
    private final Queue<Job> queue = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean running = new AtomicBoolean();
    private final Runnable run = this::run;

    MarkerWriter(TopicCatalog catalog, TransactionalOffsets offsets, Aside aside) {
        this.catalog = catalog;
        this.aside = aside;
        this.offsets = offsets;
    }

    /**
     * Writes markers into all partitions of {@code order}.
     *
     * @param raisesEpoch true if the markers end a transaction only if it is of an earlier epoch than theirs, so that one that is late cannot
     *     end the next (KIP-1228); the coordinator's own never are
     * @param done called once from any thread, when all markers are durable or have failed, with the errors by partition:
     *     UNKNOWN_TOPIC_OR_PARTITION, INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED, KAFKA_STORAGE_ERROR, UNKNOWN_SERVER_ERROR for a
     *     negative producer id or epoch, or what the group coordinator says
     */
    void write(MarkerOrder order, int coordinatorEpoch, boolean raisesEpoch, Consumer<Map<TopicPartition, Errors>> done) {
        if (order.partitions().isEmpty()) {
            done.accept(Map.of());
            return;
        }
        queue.add(new Job(order, coordinatorEpoch, raisesEpoch, done));
        if (running.compareAndSet(false, true)) {
            aside.runBehind("markers", run);
        }
    }

    private void run() {
        do {
            while (!queue.isEmpty()) {
                round();
            }
            running.set(false);
        } while (!queue.isEmpty() && running.compareAndSet(false, true));
    }

    private void round() {
        Map<Partition, List<Marker>> byPartition = new LinkedHashMap<>();
        Job job;
        for (int i = 0; i < MAX_A_ROUND && (job = queue.poll()) != null; i++) {
            for (TopicPartition partition : job.order.partitions()) {
                sort(new Marker(job, partition, job.coordinatorEpoch), byPartition);
            }
        }
        byPartition.forEach(this::append);
    }

    private void sort(Marker marker, Map<Partition, List<Marker>> byPartition) {
        MarkerOrder order = marker.job.order;
        boolean ofNobody = order.producerId() < 0 || order.epoch() < 0;
        if (marker.partition.topic().equals(InternalTopics.CONSUMER_OFFSETS) && !ofNobody) {
            complete(marker);
            return;
        }
        Partition partition = partition(marker.partition);
        if (partition == null) {
            marker.ended(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        } else if (ofNobody) {
            LOG.info("event=marker-refused partition={} producer_id={} producer_epoch={} reason=\"no producer has this id or epoch\"",
                    marker.partition, order.producerId(), order.epoch());
            marker.ended(Errors.UNKNOWN_SERVER_ERROR);
        } else {
            byPartition.computeIfAbsent(partition, id -> new ArrayList<>()).add(marker);
        }
    }

    private void complete(Marker marker) {
        MarkerOrder order = marker.job.order;
        offsets.complete(marker.partition.partition(), order.producerId(), order.epoch(), marker.coordinatorEpoch, order.commit(), error -> {
            Marker again = error == Errors.TRANSACTION_COORDINATOR_FENCED ? withKnownEpoch(marker, partition(marker.partition)) : null;
            if (again == null) {
                marker.ended(error);
            } else {
                complete(again);
            }
        });
    }

    /** Null if there is none. */
    private Partition partition(TopicPartition asked) {
        Topic topic = catalog.topics().get(asked.topic());
        return topic == null || asked.partition() >= topic.partitions().size() ? null : topic.partitions().get(asked.partition());
    }

    private static boolean late(Marker marker, Partition partition) {
        MarkerOrder order = marker.job.order;
        return marker.job.raisesEpoch && partition.describe().producers().stream().anyMatch(producer -> producer.producerId() == order.producerId()
                && producer.currentTransactionStartOffset() >= 0 && producer.producerEpoch() >= order.epoch());
    }

    private void append(Partition partition, List<Marker> markers) {
        try {
            if (markers.stream().anyMatch(marker -> late(marker, partition))) {
                throw new AppendRefused(Errors.INVALID_PRODUCER_EPOCH, "the open transaction is of no earlier epoch");
            }
            Appended appended = partition.append(batches(markers), AppendOrigin.COORDINATOR);
            partition.whenDurable(appended.lastOffset() + 1, failure -> end(markers, failure));
        } catch (AppendRefused e) {
            refused(partition, markers, e);
        } catch (ApiException e) {
            end(markers, e);
        } catch (RuntimeException e) {
            LOG.error("event=markers-failed partition={} markers={} action=refused", partition.id(), markers.size(), e);
            markers.forEach(marker -> marker.ended(Errors.UNKNOWN_SERVER_ERROR));
        }
    }

    private void refused(Partition partition, List<Marker> markers, AppendRefused refusal) {
        if (markers.size() > 1) {
            markers.forEach(each -> append(partition, List.of(each)));
            return;
        }
        Marker marker = markers.getFirst();
        MarkerOrder order = marker.job.order;
        Marker again = refusal.error() == Errors.TRANSACTION_COORDINATOR_FENCED ? withKnownEpoch(marker, partition) : null;
        if (again != null) {
            append(partition, List.of(again));
            return;
        }
        LOG.info("event=marker-refused partition={} producer_id={} producer_epoch={} error={} reason=\"{}\"",
                partition.id(), order.producerId(), order.epoch(), refusal.error(), refusal.getMessage());
        marker.ended(refusal.error());
    }

    /** An operator may have written a marker with any epoch; the transaction must come to its end all the same. Null if that is not why. */
    private static Marker withKnownEpoch(Marker fenced, Partition partition) {
        MarkerOrder order = fenced.job.order;
        if (order.id() == null || partition == null) {
            return null;
        }
        int known;
        try {
            known = partition.describe().producers().stream().filter(producer -> producer.producerId() == order.producerId())
                    .mapToInt(ProducerState::coordinatorEpoch).max().orElse(-1);
        } catch (ApiException e) {
            LOG.info("event=marker-put-off partition={} reason=\"{}\" action=retry", fenced.partition, e.getMessage());
            return null;
        }
        if (known <= fenced.coordinatorEpoch) {
            return null;
        }
        LOG.warn("event=marker-fenced partition={} transactional_id={} coordinator_epoch={} known_epoch={} action=write-with-known-epoch",
                fenced.partition, order.id(), fenced.coordinatorEpoch, known);
        return new Marker(fenced.job, fenced.partition, known);
    }

    private static void end(List<Marker> markers, ApiException failure) {
        Errors error = failure == null ? Errors.NONE : Errors.forException(failure);
        markers.forEach(marker -> marker.ended(error));
    }

    private static ByteBuffer batches(List<Marker> markers) {
        ByteBuffer out = ByteBuffer.allocate(MARKER_BYTES * markers.size());
        for (Marker marker : markers) {
            MarkerOrder order = marker.job.order;
            ControlRecordType type = order.commit() ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
            MemoryRecords.writeEndTransactionalMarker(out, 0, order.timestampMs(), RecordBatch.NO_PARTITION_LEADER_EPOCH, order.producerId(), order.epoch(),
                    new EndTransactionMarker(type, marker.coordinatorEpoch));
        }
        return out.flip();
    }
}
