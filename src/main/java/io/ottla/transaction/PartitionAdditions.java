// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import io.ottla.coordinator.Caller;
import io.ottla.topic.InternalTopics;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import io.ottla.transaction.TransactionCommand.Add;
import io.ottla.transaction.TransactionCommand.Admission;
import io.ottla.transaction.TransactionCommand.Verify;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnPartitionResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResultCollection;
import org.apache.kafka.common.protocol.Errors;

/** Answers AddPartitionsToTxn: versions 0 to 3 come from clients, 4 and later from other brokers, several producers at once (KIP-890). */
final class PartitionAdditions {
    private static final short FIRST_OF_BROKERS = 4;

    private final TopicCatalog catalog;
    private final BiConsumer<String, TransactionCommand> coordinator;

    PartitionAdditions(TopicCatalog catalog, BiConsumer<String, TransactionCommand> coordinator) {
        this.catalog = catalog;
        this.coordinator = coordinator;
    }

    /** @param shown how the client's version shows an error */
    void answer(AddPartitionsToTxnRequestData request, short version, UnaryOperator<Errors> shown, Consumer<AddPartitionsToTxnResponseData> reply) {
        if (version >= FIRST_OF_BROKERS) {
            answerAll(request, reply);
            return;
        }
        AddPartitionsToTxnTransaction one = new AddPartitionsToTxnTransaction().setTransactionalId(request.v3AndBelowTransactionalId())
                .setProducerId(request.v3AndBelowProducerId()).setProducerEpoch(request.v3AndBelowProducerEpoch())
                .setTopics(request.v3AndBelowTopics());
        Consumer<AddPartitionsToTxnTopicResultCollection> shownReply = results -> {
            results.forEach(topic -> topic.resultsByPartition().forEach(each ->
                    each.setPartitionErrorCode(shown.apply(Errors.forCode(each.partitionErrorCode())).code())));
            reply.accept(new AddPartitionsToTxnResponseData().setResultsByTopicV3AndBelow(results));
        };
        if (one.topics().stream().anyMatch(topic -> InternalTopics.NAMES.contains(topic.name()))) {
            shownReply.accept(results(one.topics(), each -> InternalTopics.NAMES.contains(each.topic())
                    ? Errors.TOPIC_AUTHORIZATION_FAILED : Errors.OPERATION_NOT_ATTEMPTED));
        } else {
            answerOne(one, Transaction.FIRST_PROTOCOL, shownReply);
        }
    }

    private void answerAll(AddPartitionsToTxnRequestData request, Consumer<AddPartitionsToTxnResponseData> reply) {
        AddPartitionsToTxnResponseData response = new AddPartitionsToTxnResponseData();
        AtomicInteger open = new AtomicInteger(request.transactions().size());
        if (open.get() == 0) {
            reply.accept(response);
        }
        for (AddPartitionsToTxnTransaction each : request.transactions()) {
            answerOne(each, Transaction.SECOND_PROTOCOL, results -> {
                synchronized (response) {
                    response.resultsByTransaction().add(new AddPartitionsToTxnResult().setTransactionalId(each.transactionalId()).setTopicResults(results));
                }
                if (open.decrementAndGet() == 0) {
                    reply.accept(response);
                }
            });
        }
    }

    private void answerOne(AddPartitionsToTxnTransaction asked, short protocol, Consumer<AddPartitionsToTxnTopicResultCollection> reply) {
        Set<TopicPartition> known = new HashSet<>();
        Set<TopicPartition> unknown = new HashSet<>();
        for (AddPartitionsToTxnTopic topic : asked.topics()) {
            Topic found = catalog.topics().get(topic.name());
            for (int index : topic.partitions()) {
                boolean exists = found != null && index >= 0 && index < found.partitions().size();
                (exists ? known : unknown).add(new TopicPartition(topic.name(), index));
            }
        }
        if (!unknown.isEmpty()) {
            reply.accept(results(asked.topics(), each -> unknown.contains(each) ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.OPERATION_NOT_ATTEMPTED));
            return;
        }
        Caller<Admission> caller = new Once<>(admission -> reply.accept(results(asked.topics(), each ->
                admission.missing().contains(each) ? Errors.TRANSACTION_ABORTABLE : admission.error())), Admission::refused);
        String id = asked.transactionalId();
        coordinator.accept(id, asked.verifyOnly()
                ? new Verify(id, asked.producerId(), asked.producerEpoch(), known, caller)
                : new Add(id, asked.producerId(), asked.producerEpoch(), known, protocol, true, caller));
    }

    private static AddPartitionsToTxnTopicResultCollection results(AddPartitionsToTxnTopicCollection topics, Function<TopicPartition, Errors> error) {
        AddPartitionsToTxnTopicResultCollection results = new AddPartitionsToTxnTopicResultCollection();
        for (AddPartitionsToTxnTopic topic : topics) {
            AddPartitionsToTxnTopicResult result = new AddPartitionsToTxnTopicResult().setName(topic.name());
            for (int index : topic.partitions()) {
                result.resultsByPartition().add(new AddPartitionsToTxnPartitionResult().setPartitionIndex(index)
                        .setPartitionErrorCode(error.apply(new TopicPartition(topic.name(), index)).code()));
            }
            results.add(result);
        }
        return results;
    }
}
