// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.AppendOrigin;
import io.ottla.topic.AppendRefused;
import io.ottla.topic.Appended;
import io.ottla.topic.Partition;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import io.ottla.transaction.TransactionalWrites;
import io.ottla.wire.BatchView;
import java.nio.ByteBuffer;
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
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Produce, 3 to 13; topics are named by id from version 13 on. acks=1 is answered when the records are written, acks=all
 * when they are durable, acks=0 never: there an error closes the connection, as it is all that can be told.
 * Transactional batches pass through {@link TransactionalProduce}, with errors of its own, and need a transactional id
 * (TRANSACTIONAL_ID_AUTHORIZATION_FAILED). Errors per partition: INVALID_REQUIRED_ACKS, UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, INVALID_TOPIC_EXCEPTION (a topic
 * of the broker's own), and all that {@link Partition#append} refuses with, with the records at fault from version 8 on (KIP-467).
 */
final class ProduceApi implements Api<ProduceRequestData> {
    private static final short ALL = -1;
    private static final int FIRST_VERSION_WITH_ZSTD = 7;
    /** Kafka's admin client may write into internal topics. */
    private static final String ADMIN_CLIENT_ID = "__admin_client";

    private final TopicCatalog catalog;
    private final TransactionalWrites transactions;

    ProduceApi(TopicCatalog catalog, TransactionalWrites transactions) {
        this.catalog = catalog;
        this.transactions = transactions;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.PRODUCE;
    }

    @Override
    public boolean pipelined() {
        return true;
    }

    @Override
    public void answer(ProduceRequestData body, Request request) {
        Round round = new Round(request, body.acks());
        if (!TransactionalProduce.concerns(body)) {
            append(body, round, Map.of());
        } else if (body.transactionalId() == null) {
            append(body, round, null);
        } else {
            new TransactionalProduce(transactions, request.head().version(), body, data -> find(data, request))
                    .run(refused -> append(body, round, refused));
        }
    }

    /** @param refused partitions that the transaction does not let in; null if it lets nothing in for want of a transactional id */
    private void append(ProduceRequestData body, Round round, Map<TopicPartition, Errors> refused) {
        for (TopicProduceData topicData : body.topicData()) {
            Topic topic = find(topicData, round.request);
            TopicProduceResponse topicReply = new TopicProduceResponse().setName(topicData.name()).setTopicId(topicData.topicId());
            round.reply.responses().add(topicReply);
            for (PartitionProduceData data : topicData.partitionData()) {
                PartitionProduceResponse reply = new PartitionProduceResponse().setIndex(data.index()).setBaseOffset(-1);
                topicReply.partitionResponses().add(reply);
                append(topic, data, round, refused, reply);
            }
        }
        round.finished();
    }

    private Topic find(TopicProduceData data, Request request) {
        return request.head().version() >= 13 ? catalog.find(data.topicId()) : catalog.topics().get(data.name());
    }

    private void append(Topic topic, PartitionProduceData data, Round round, Map<TopicPartition, Errors> refused, PartitionProduceResponse reply) {
        Request request = round.request;
        short version = request.head().version();
        if (round.acks < ALL || round.acks > 1) {
            round.refuse(reply, Errors.INVALID_REQUIRED_ACKS, null);
        } else if (topic == null) {
            round.refuse(reply, version >= 13 ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION, null);
        } else if (data.index() < 0 || data.index() >= topic.partitions().size()) {
            round.refuse(reply, Errors.UNKNOWN_TOPIC_OR_PARTITION, null);
        } else if (topic.internal() && !ADMIN_CLIENT_ID.equals(request.head().clientId())) {
            round.refuse(reply, Errors.INVALID_TOPIC_EXCEPTION, "Cannot append to internal topic " + topic.name());
        } else if (refused == null) {
            round.refuse(reply, Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, null);
        } else {
            Errors refusal = refused.isEmpty() ? null : refused.get(new TopicPartition(topic.name(), data.index()));
            if (refusal == null) {
                append(topic.partitions().get(data.index()), data, round, reply);
            } else {
                round.refuse(reply, refusal, "Partition was not added to the transaction: " + refusal.message());
            }
        }
    }

    private void append(Partition partition, PartitionProduceData data, Round round, PartitionProduceResponse reply) {
        try {
            if (data.records() == null) {
                throw new AppendRefused(Errors.INVALID_RECORD, "a partition without records");
            }
            ByteBuffer batches = ((MemoryRecords) data.records()).buffer();
            checkCodec(batches, round.request.head().version());
            Appended appended = partition.append(batches, AppendOrigin.CLIENT);
            reply.setBaseOffset(appended.baseOffset()).setLogAppendTimeMs(appended.logAppendTimeMs())
                    .setLogStartOffset(appended.logStartOffset());
            if (round.acks == ALL) {
                round.awaitDurable(partition, appended.lastOffset() + 1, reply);
            }
        } catch (AppendRefused e) {
            round.refuse(reply, e.error(), e.getMessage());
            e.recordErrors().forEach(error -> reply.recordErrors().add(new BatchIndexAndErrorMessage()
                    .setBatchIndex(error.batchIndex()).setBatchIndexErrorMessage(error.message())));
        } catch (ApiException e) {
            round.refuse(reply, Errors.forException(e), e.getMessage());
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

    /** One request under way: the reply, and how many partitions it still waits for. */
    private static final class Round {
        private final Request request;
        private final short acks;
        private final ProduceResponseData reply = new ProduceResponseData();
        /** One for the pass over the request, and one for each partition that is not durable yet. */
        private final AtomicInteger waiting = new AtomicInteger(1);
        private volatile boolean failed;

        private Round(Request request, short acks) {
            this.request = request;
            this.acks = acks;
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
            if (acks != 0) {
                request.reply(reply);
            } else if (failed) {
                request.hangUp("a produce request with acks=0 failed");
            } else {
                request.noReply();
            }
        }
    }
}
