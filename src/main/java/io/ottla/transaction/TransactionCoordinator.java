// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.CoordinatorRuntime;
import io.ottla.coordinator.PartitionJournal;
import io.ottla.coordinator.Shards;
import io.ottla.topic.InternalTopics;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import io.ottla.transaction.TransactionCommand.Add;
import io.ottla.transaction.TransactionCommand.Admission;
import io.ottla.transaction.TransactionCommand.End;
import io.ottla.transaction.TransactionCommand.Identity;
import io.ottla.transaction.TransactionCommand.Init;
import io.ottla.transaction.TransactionCommand.NeedsId;
import io.ottla.wire.RequestContext;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddOffsetsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The door of the room: who may produce atomically, under which producer id and epoch, and how it ends. Every method calls
 * back once, from any thread. All may answer, besides what they say, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE
 * or NOT_COORDINATOR (try again), and before the version that knows PRODUCER_FENCED they answer INVALID_PRODUCER_EPOCH instead.
 * Safe for any thread.
 */
public final class TransactionCoordinator {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionCoordinator.class);
    private static final short ADD_KNOWS_FENCED = 2;
    private static final short END_KNOWS_FENCED = 2;
    private static final short OFFSETS_KNOW_FENCED = 2;
    private static final short INIT_KNOWS_FENCED = 4;
    private static final short END_RAISES_EPOCH = 5;

    /** Errors after which a marker is neither wanted nor possible any more: the topic is gone, or the partition has a newer producer. */
    private static final Set<Errors> NO_MARKER_WANTED = EnumSet.of(Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.INVALID_PRODUCER_EPOCH);

    private final CoordinatorRuntime runtime;
    private final TopicCatalog catalog;
    private final TransactionSettings settings;
    private final TransactionalOffsets offsets;
    private final ProducerIds producerIds;
    private final Shards<TransactionCommand> shards;
    private final MarkerWriter markers;
    private final TransactionalWrites writes;
    private final MarkerFlights flights;
    private final PartitionAdditions additions;
    private final TransactionReports reports;

    public TransactionCoordinator(
            CoordinatorRuntime runtime, TopicCatalog catalog, TransactionSettings settings, TransactionalOffsets offsets) {
        this.runtime = runtime;
        this.catalog = catalog;
        this.settings = settings;
        this.offsets = offsets;
        producerIds = new ProducerIds(catalog, runtime.aside());
        markers = new MarkerWriter(catalog, offsets, runtime.aside());
        writes = new TransactionalWrites(this::submit, settings.verifyPartitions());
        flights = new MarkerFlights(writes, this::writeMarkers, written -> submit(written.order().id(), written));
        additions = new PartitionAdditions(catalog, this::submit);
        Topic kept = catalog.topics().get(InternalTopics.TRANSACTION_STATE);
        int count = kept == null ? settings.logPartitions() : kept.partitions().size();
        Map<String, String> configs = Map.of(
                TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT,
                TopicConfig.COMPRESSION_TYPE_CONFIG, "uncompressed",
                TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG, "false",
                TopicConfig.SEGMENT_BYTES_CONFIG, Integer.toString(settings.logSegmentBytes()));
        shards = runtime.host(InternalTopics.TRANSACTION_STATE, count,
                PartitionJournal.over(catalog, InternalTopics.TRANSACTION_STATE, count, configs), () -> new TransactionDecider(settings, new Errands()));
        reports = new TransactionReports(shards, this::submit, this::exists, () -> runtime.now().wallMs());
    }

    /** Takes up what an earlier life of the broker left: markers that were not written, and transactions that are late by now. */
    public void start() {
        if (exists()) {
            for (int i = 0; i < shards.count(); i++) {
                shards.load(i);
            }
        }
    }

    /** The way in for the transactional writes of clients. */
    public TransactionalWrites writes() {
        return writes;
    }

    /** The group's part of a transaction: where {@code __consumer_offsets} keeps its offsets. */
    public TopicPartition offsetsOf(String groupId) {
        return new TopicPartition(InternalTopics.CONSUMER_OFFSETS, offsets.partitionOf(groupId));
    }

    /**
     * InitProducerId, 0 to 5. Without a transactional id every call gives a new producer id with epoch 0, whatever the
     * producer had before. Errors: INVALID_REQUEST (an empty transactional id, or only one of producer id and epoch),
     * INVALID_TRANSACTION_TIMEOUT, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS (the transaction before is being ended; try again).
     */
    public void initProducerId(RequestContext context, InitProducerIdRequestData request, Consumer<InitProducerIdResponseData> reply) {
        String id = request.transactionalId();
        boolean hasId = request.producerId() != Transaction.NO_ID;
        boolean hasEpoch = request.producerEpoch() != Transaction.NO_EPOCH;
        Caller<Identity> caller = new Once<>(identity -> reply.accept(new InitProducerIdResponseData()
                .setErrorCode(fenced(identity.error(), context.apiVersion() >= INIT_KNOWS_FENCED).code())
                .setProducerId(identity.producerId()).setProducerEpoch(identity.epoch())), Identity::refused);
        if (hasId != hasEpoch || (id != null && id.isEmpty())) {
            caller.refuse(Errors.INVALID_REQUEST);
        } else if (id == null) {
            producerIds.take(fresh -> caller.answer(fresh == ProducerIds.NONE ? Identity.refused(Errors.COORDINATOR_LOAD_IN_PROGRESS)
                    : new Identity(Errors.NONE, fresh, (short) 0)));
        } else if (request.transactionTimeoutMs() <= 0 || request.transactionTimeoutMs() > settings.maxTimeoutMs()) {
            caller.refuse(Errors.INVALID_TRANSACTION_TIMEOUT);
        } else {
            shards.submit(shardOf(id), new Init(id, request.transactionTimeoutMs(), request.producerId(), request.producerEpoch(), Transaction.NO_ID, caller));
        }
    }

    /**
     * AddPartitionsToTxn, 0 to 5, for one producer or, from version 4 on, for several and also just to verify. Errors by partition:
     * INVALID_REQUEST, UNKNOWN_TOPIC_OR_PARTITION, TOPIC_AUTHORIZATION_FAILED (a client asks for a topic of the broker's own),
     * OPERATION_NOT_ATTEMPTED (another partition is refused), INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS, TRANSACTION_ABORTABLE (verified and missing).
     */
    public void addPartitions(RequestContext context, AddPartitionsToTxnRequestData request, Consumer<AddPartitionsToTxnResponseData> reply) {
        additions.answer(request, context.apiVersion(), error -> fenced(error, context.apiVersion() >= ADD_KNOWS_FENCED), reply);
    }

    /** AddOffsetsToTxn, 0 to 4. Errors: INVALID_REQUEST, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS. */
    public void addOffsets(RequestContext context, AddOffsetsToTxnRequestData request, Consumer<AddOffsetsToTxnResponseData> reply) {
        Caller<Admission> caller = new Once<>(admission -> reply.accept(new AddOffsetsToTxnResponseData()
                .setErrorCode(fenced(admission.error(), context.apiVersion() >= OFFSETS_KNOW_FENCED).code())), Admission::refused);
        submit(request.transactionalId(), new Add(request.transactionalId(), request.producerId(), request.producerEpoch(),
                Set.of(offsetsOf(request.groupId())), Transaction.FIRST_PROTOCOL, true, caller));
    }

    /**
     * EndTxn, 0 to 5, answered when the end is durably decided; from version 5 on the producer goes on with the id and epoch in
     * the answer (KIP-890). Errors: INVALID_REQUEST, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, INVALID_TXN_STATE, CONCURRENT_TRANSACTIONS.
     */
    public void endTransaction(RequestContext context, EndTxnRequestData request, Consumer<EndTxnResponseData> reply) {
        boolean raises = context.apiVersion() >= END_RAISES_EPOCH;
        Caller<Identity> caller = new Once<>(identity -> reply.accept(new EndTxnResponseData()
                .setErrorCode(fenced(identity.error(), context.apiVersion() >= END_KNOWS_FENCED).code())
                .setProducerId(raises ? identity.producerId() : Transaction.NO_ID)
                .setProducerEpoch(raises ? identity.epoch() : Transaction.NO_EPOCH)), Identity::refused);
        submit(request.transactionalId(), new End(request.transactionalId(), request.producerId(), request.producerEpoch(), request.committed(),
                raises ? Transaction.SECOND_PROTOCOL : Transaction.FIRST_PROTOCOL, Transaction.NO_ID, caller));
    }

    /**
     * WriteTxnMarkers, 1 and 2, as operators use it to end a transaction that no coordinator knows. Errors by partition:
     * UNKNOWN_TOPIC_OR_PARTITION, INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED, KAFKA_STORAGE_ERROR.
     */
    public void writeMarkers(RequestContext context, WriteTxnMarkersRequestData request, Consumer<WriteTxnMarkersResponseData> reply) {
        new MarkerRequest(request, reply).write(markers, runtime.now().wallMs());
    }

    /** ListTransactions, 0 to 2. Errors: INVALID_REGULAR_EXPRESSION. */
    public void list(RequestContext context, ListTransactionsRequestData request, Consumer<ListTransactionsResponseData> reply) {
        reports.list(request, reply);
    }

    /** DescribeTransactions, 0. Errors by transactional id: INVALID_REQUEST, TRANSACTIONAL_ID_NOT_FOUND. */
    public void describe(RequestContext context, DescribeTransactionsRequestData request, Consumer<DescribeTransactionsResponseData> reply) {
        reports.describe(request, reply);
    }

    private static Errors fenced(Errors error, boolean known) {
        return error == Errors.PRODUCER_FENCED && !known ? Errors.INVALID_PRODUCER_EPOCH : error;
    }

    private boolean exists() {
        return catalog.topics().containsKey(InternalTopics.TRANSACTION_STATE);
    }

    /** Hands over a command about an id that should be known. Nothing but a producer's start may create the topic. */
    private void submit(String id, TransactionCommand command) {
        if (id == null || id.isEmpty()) {
            command.refuse(Errors.INVALID_REQUEST);
        } else if (!exists()) {
            command.refuse(Errors.INVALID_PRODUCER_ID_MAPPING);
        } else {
            shards.submit(shardOf(id), command);
        }
    }

    private int shardOf(String id) {
        return Utils.abs(id.hashCode()) % shards.count();
    }

    private int epochOfShard(String id) {
        return catalog.topics().get(InternalTopics.TRANSACTION_STATE).partitions().get(shardOf(id)).offsets().leaderEpoch();
    }

    private void writeMarkers(MarkerOrder order, Consumer<Set<TopicPartition>> done) {
        int coordinatorEpoch;
        try {
            coordinatorEpoch = epochOfShard(order.id());
        } catch (ApiException e) {
            LOG.info("event=markers-put-off transactional_id={} reason=\"{}\" action=retry", order.id(), e.getMessage());
            done.accept(order.partitions());
            return;
        }
        markers.write(order, coordinatorEpoch, false, failed -> {
            Set<TopicPartition> unmarked = new HashSet<>();
            failed.forEach((partition, error) -> {
                if (!NO_MARKER_WANTED.contains(error)) {
                    unmarked.add(partition);
                }
            });
            done.accept(unmarked);
        });
    }

    /** Carries out what the shards ask for. */
    private final class Errands implements TransactionErrands {
        @Override
        public Caller<MarkerOrder> markers() {
            return new Caller<>() {
                @Override
                public void answer(MarkerOrder order) {
                    flights.begin(order);
                }

                @Override
                public void refuse(Errors error) {
                    // The journal is in doubt; what it says when it is read again counts.
                }
            };
        }

        @Override
        public Caller<NeedsId> freshIdFor(NeedsId command) {
            return new Caller<>() {
                @Override
                public void answer(NeedsId wanting) {
                    producerIds.take(fresh -> {
                        if (fresh == ProducerIds.NONE) {
                            wanting.refuse(Errors.COORDINATOR_LOAD_IN_PROGRESS);
                        } else {
                            shards.submit(shardOf(wanting.id()), wanting.with(fresh));
                        }
                    });
                }

                @Override
                public void refuse(Errors error) {
                    command.refuse(error);
                }
            };
        }
    }
}
