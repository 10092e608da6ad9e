// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.AppendOrigin;
import io.ottla.topic.AppendRefused;
import io.ottla.topic.AppendTooCostly;
import io.ottla.topic.Appended;
import io.ottla.topic.Partition;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import io.ottla.transaction.TransactionalWrites.Pass;
import io.ottla.wire.BatchView;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * One produce request under way: partition by partition on the thread that it came on, until one of them takes too long for that; the
 * rest of them aside. Used by one thread at a time until the last is appended; the partitions' flushes then answer it.
 */
final class ProduceRound {
    private static final short ALL = -1;
    private static final int FIRST_VERSION_WITH_ZSTD = 7;
    private static final int FIRST_VERSION_OF_TV2 = 12;
    /** Kafka's admin client may write into internal topics. */
    private static final String ADMIN_CLIENT_ID = "__admin_client";

    private final TopicCatalog catalog;
    private final ProduceRequestData body;
    private final Request request;
    private final short acks;
    private final ProduceResponseData reply = new ProduceResponseData();
    /** One for the pass over the request, and one for each partition that is not durable yet. */
    private final AtomicInteger waiting = new AtomicInteger(1);
    private volatile boolean failed;
    private volatile String hangUpReason;

    private Map<TopicPartition, Errors> refused;
    private Pass pass;
    private AppendOrigin origin;
    private boolean recordsKept;
    private final Iterator<TopicProduceData> topics;
    private Topic topic;
    private TopicProduceResponse topicReply;
    private Iterator<PartitionProduceData> partitions;
    /** The partition that is next, or null if the iterators say. */
    private PartitionProduceData next;

    ProduceRound(TopicCatalog catalog, ProduceRequestData body, Request request) {
        this.catalog = catalog;
        this.body = body;
        this.request = request;
        acks = body.acks();
        origin = version() >= FIRST_VERSION_OF_TV2 ? AppendOrigin.TV2_CLIENT_ON_LOOP : AppendOrigin.CLIENT_ON_LOOP;
        topics = body.topicData().iterator();
    }

    ProduceRequestData body() {
        return body;
    }

    short version() {
        return request.head().version();
    }

    Topic find(TopicProduceData data) {
        return version() >= 13 ? catalog.find(data.topicId()) : catalog.topics().get(data.name());
    }

    /**
     * Appends, after what this connection has aside. Once.
     *
     * @param refused partitions that the transaction does not let in; null if it lets nothing in for want of a transactional id
     * @param pass    left when everything is appended; null for none
     */
    void append(Map<TopicPartition, Errors> refused, Pass pass) {
        this.refused = refused;
        this.pass = pass;
        if (request.mustFollow()) {
            goAside();
            return;
        }
        try {
            while (advance()) {
                appendNext();
            }
        } catch (AppendTooCostly e) {
            goAside();
            return;
        } catch (RuntimeException e) {
            leave();
            Failures.reply(request, body, e);
            return;
        }
        leave();
        finished();
    }

    private void goAside() {
        origin = origin.aside();
        if (keepRecords()) {
            request.aside(this::step);
        } else {
            leave();
            finished();
        }
    }

    /** Appends to one more partition, on a thread for what is costly. */
    private boolean step() {
        try {
            // Nobody will know what became of the rest, unless nobody wanted to.
            if ((acks == 0 || !request.abandoned()) && advance()) {
                appendNext();
                return true;
            }
            leave();
            finished();
        } catch (RuntimeException e) {
            leave();
            Failures.reply(request, body, e);
        } catch (OutOfMemoryError e) {
            leave();
            request.hangUp("out of memory: " + e.getMessage());
        }
        return false;
    }

    private void appendNext() {
        append(next);
        // Not kept any longer.
        next.setRecords(MemoryRecords.EMPTY);
        next = null;
    }

    /** Once, however it comes about. */
    private void leave() {
        Pass left = pass;
        pass = null;
        if (left != null) {
            left.leave();
        }
    }

    /**
     * Copies the records that are still to be appended and are views over the frame, for the time after the frame is gone. False if there
     * is no memory for them: then the connection has to end.
     */
    boolean keepRecords() {
        if (recordsKept) {
            return true;
        }
        recordsKept = true;
        for (TopicProduceData topicData : body.topicData()) {
            for (PartitionProduceData data : topicData.partitionData()) {
                if (data.records() != null && !keep(data)) {
                    hangUpReason = "no memory for records that have to wait";
                    return false;
                }
            }
        }
        return true;
    }

    private boolean keep(PartitionProduceData data) {
        ByteBuffer records = ((MemoryRecords) data.records()).buffer();
        if (!request.keep(records.remaining())) {
            return false;
        }
        data.setRecords(MemoryRecords.readableRecords(ByteBuffer.allocate(records.remaining()).put(records.duplicate()).flip()));
        return true;
    }

    /** The connection has to end, as {@link #keepRecords} failed before anything was appended. */
    void giveUp() {
        finished();
    }

    /** Moves to the next partition; false after the last one. */
    private boolean advance() {
        while (next == null) {
            if (partitions != null && partitions.hasNext()) {
                next = partitions.next();
            } else if (topics.hasNext()) {
                TopicProduceData data = topics.next();
                topic = find(data);
                topicReply = new TopicProduceResponse().setName(data.name()).setTopicId(data.topicId());
                reply.responses().add(topicReply);
                partitions = data.partitionData().iterator();
            } else {
                return false;
            }
        }
        return true;
    }

    private void append(PartitionProduceData data) {
        Errors refusal = null;
        String message = null;
        if (acks < ALL || acks > 1) {
            refusal = Errors.INVALID_REQUIRED_ACKS;
        } else if (topic == null) {
            refusal = version() >= 13 ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
        } else if (data.index() < 0 || data.index() >= topic.partitions().size()) {
            refusal = Errors.UNKNOWN_TOPIC_OR_PARTITION;
        } else if (topic.internal() && !ADMIN_CLIENT_ID.equals(request.head().clientId())) {
            refusal = Errors.INVALID_TOPIC_EXCEPTION;
            message = "Cannot append to internal topic " + topic.name();
        } else if (refused == null) {
            refusal = Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
        } else if (!refused.isEmpty()) {
            refusal = refused.get(new TopicPartition(topic.name(), data.index()));
            message = refusal == null ? null : "Partition was not added to the transaction: " + refusal.message();
        }
        PartitionProduceResponse partitionReply = new PartitionProduceResponse().setIndex(data.index()).setBaseOffset(-1);
        if (refusal == null) {
            append(topic.partitions().get(data.index()), data, partitionReply);
        } else {
            refuse(partitionReply, refusal, message);
        }
        topicReply.partitionResponses().add(partitionReply);
    }

    /** @throws AppendTooCostly before anything was done */
    private void append(Partition partition, PartitionProduceData data, PartitionProduceResponse reply) {
        try {
            if (data.records() == null) {
                throw new AppendRefused(Errors.INVALID_RECORD, "a partition without records");
            }
            ByteBuffer batches = ((MemoryRecords) data.records()).buffer();
            checkCodec(batches, version());
            Appended appended = partition.append(batches, origin);
            reply.setBaseOffset(appended.baseOffset()).setLogAppendTimeMs(appended.logAppendTimeMs())
                    .setLogStartOffset(appended.logStartOffset());
            if (acks == ALL) {
                awaitDurable(partition, appended.lastOffset() + 1, reply);
            }
        } catch (AppendRefused e) {
            refuse(reply, e.error(), e.getMessage());
            e.recordErrors().forEach(error -> reply.recordErrors().add(new BatchIndexAndErrorMessage()
                    .setBatchIndex(error.batchIndex()).setBatchIndexErrorMessage(error.message())));
        } catch (ApiException e) {
            refuse(reply, Errors.forException(e), e.getMessage());
        }
    }

    /** zstd is refused from clients that can't know it (KIP-110). */
    private static void checkCodec(ByteBuffer batches, short version) {
        boolean hasAttributes = batches.remaining() >= 23;
        if (version < FIRST_VERSION_WITH_ZSTD && hasAttributes
                && new BatchView(batches, batches.position()).compressionId() == CompressionType.ZSTD.id) {
            throw new AppendRefused(Errors.UNSUPPORTED_COMPRESSION_TYPE,
                    "Produce requests with version " + version + " are not allowed to use ZStandard compression");
        }
    }

    private void refuse(PartitionProduceResponse reply, Errors error, String message) {
        failed = true;
        reply.setErrorCode(error.code()).setErrorMessage(message).setBaseOffset(-1).setLogAppendTimeMs(-1).setLogStartOffset(-1);
    }

    private void awaitDurable(Partition partition, long offset, PartitionProduceResponse reply) {
        waiting.incrementAndGet();
        partition.whenDurable(offset, failure -> {
            if (failure != null) {
                refuse(reply, Errors.forException(failure), failure.getMessage());
            }
            finished();
        });
    }

    private void finished() {
        if (waiting.decrementAndGet() > 0) {
            return;
        }
        if (hangUpReason != null) {
            request.hangUp(hangUpReason);
        } else if (acks != 0) {
            request.reply(reply);
        } else if (failed) {
            request.hangUp("a produce request with acks=0 failed");
        } else {
            request.noReply();
        }
    }
}
