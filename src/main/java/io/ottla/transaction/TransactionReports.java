// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Shards;
import io.ottla.transaction.TransactionCommand.Describe;
import io.ottla.transaction.TransactionCommand.DescribeAll;
import io.ottla.transaction.TransactionCommand.Description;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData.TopicData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData.TransactionState;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.Errors;

/** Tells operators which transactions there are (KIP-664, KIP-994, KIP-1152). */
final class TransactionReports {
    private final Shards<TransactionCommand> shards;
    private final BiConsumer<String, TransactionCommand> coordinator;
    private final BooleanSupplier anyKnown;
    private final LongSupplier wallMs;

    /** @param anyKnown false while no transactional id was ever used, so that asking does not create the topic */
    TransactionReports(Shards<TransactionCommand> shards, BiConsumer<String, TransactionCommand> coordinator, BooleanSupplier anyKnown, LongSupplier wallMs) {
        this.shards = shards;
        this.coordinator = coordinator;
        this.anyKnown = anyKnown;
        this.wallMs = wallMs;
    }

    /** Which transactional ids a list is about; empty lists and a null pattern let all pass. RE2 patterns take linear time, whoever wrote them. */
    private record Filter(List<Status> statuses, List<Long> producerIds, long longerThanMs, Pattern pattern, boolean nothing) {
        private boolean accepts(Transaction each, long nowMs) {
            return !nothing
                    && (statuses.isEmpty() || statuses.contains(each.status()))
                    && (producerIds.isEmpty() || producerIds.contains(each.producerId()))
                    && (longerThanMs < 0 || nowMs - each.startMs() > longerThanMs)
                    && (pattern == null || pattern.matcher(each.id()).matches());
        }
    }

    void list(ListTransactionsRequestData request, Consumer<ListTransactionsResponseData> reply) {
        ListTransactionsResponseData response = new ListTransactionsResponseData();
        Filter filter;
        try {
            filter = filter(request, response);
        } catch (PatternSyntaxException e) {
            reply.accept(new ListTransactionsResponseData().setErrorCode(Errors.INVALID_REGULAR_EXPRESSION.code()));
            return;
        }
        if (!anyKnown.getAsBoolean()) {
            reply.accept(response);
            return;
        }
        AtomicInteger open = new AtomicInteger(shards.count());
        for (int i = 0; i < shards.count(); i++) {
            shards.submit(i, new DescribeAll(shardAnswer(filter, response, open, reply)));
        }
    }

    private static Filter filter(ListTransactionsRequestData request, ListTransactionsResponseData response) {
        List<Status> statuses = new ArrayList<>();
        for (String label : request.stateFilters()) {
            Status status = Status.labelled(label);
            if (status == null) {
                response.unknownStateFilters().add(label);
            } else {
                statuses.add(status);
            }
        }
        String pattern = request.transactionalIdPattern();
        boolean nothing = statuses.isEmpty() && !request.stateFilters().isEmpty();
        return new Filter(statuses, request.producerIdFilters(), request.durationFilter(),
                pattern == null || pattern.isEmpty() ? null : Pattern.compile(pattern), nothing);
    }

    /** One shard that is still loading makes the whole list one to be asked for again. */
    private Caller<List<Transaction>> shardAnswer(
            Filter filter, ListTransactionsResponseData response, AtomicInteger open, Consumer<ListTransactionsResponseData> reply) {
        return new Once<>(transactions -> {
            synchronized (response) {
                if (transactions == null) {
                    response.setErrorCode(Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
                } else {
                    add(filter, transactions, response);
                }
            }
            if (open.decrementAndGet() == 0) {
                reply.accept(response);
            }
        }, error -> null);
    }

    private void add(Filter filter, List<Transaction> transactions, ListTransactionsResponseData response) {
        for (Transaction each : transactions) {
            if (filter.accepts(each, wallMs.getAsLong())) {
                response.transactionStates().add(new ListTransactionsResponseData.TransactionState().setTransactionalId(each.id())
                        .setProducerId(each.producerId()).setTransactionState(each.status().label()));
            }
        }
    }

    void describe(DescribeTransactionsRequestData request, Consumer<DescribeTransactionsResponseData> reply) {
        DescribeTransactionsResponseData response = new DescribeTransactionsResponseData();
        AtomicInteger open = new AtomicInteger(request.transactionalIds().size());
        if (open.get() == 0) {
            reply.accept(response);
        }
        for (String id : request.transactionalIds()) {
            TransactionState state = new TransactionState().setTransactionalId(id);
            response.transactionStates().add(state);
            Consumer<Errors> done = error -> {
                state.setErrorCode(error.code());
                if (open.decrementAndGet() == 0) {
                    reply.accept(response);
                }
            };
            describe(id, state, done);
        }
    }

    private void describe(String id, TransactionState state, Consumer<Errors> done) {
        if (!id.isEmpty() && !anyKnown.getAsBoolean()) {
            done.accept(Errors.TRANSACTIONAL_ID_NOT_FOUND);
            return;
        }
        coordinator.accept(id, new Describe(id, new Once<>(description -> {
            if (description.transaction() != null) {
                fill(state, description);
            }
            done.accept(description.error());
        }, Description::refused)));
    }

    private static void fill(TransactionState state, Description description) {
        Transaction transaction = description.transaction();
        state.setTransactionState(transaction.status().label()).setProducerId(transaction.producerId()).setProducerEpoch(transaction.epoch())
                .setTransactionTimeoutMs(transaction.timeoutMs()).setTransactionStartTimeMs(transaction.startMs());
        description.unmarked().forEach(partition -> {
            TopicData topic = state.topics().find(partition.topic());
            if (topic == null) {
                topic = new TopicData().setTopic(partition.topic());
                state.topics().add(topic);
            }
            topic.partitions().add(partition.partition());
        });
    }
}
