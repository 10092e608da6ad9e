// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.group.GroupCoordinator;
import io.ottla.network.Request;
import io.ottla.transaction.TransactionCoordinator;
import io.ottla.transaction.TransactionalWrites.Asking;
import io.ottla.transaction.TransactionalWrites.Pass;
import io.ottla.transaction.TransactionalWrites.Write;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponsePartition;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * TxnOffsetCommit, 0 to 6: the group coordinator holds the offsets until the transaction ends. From version 5 on the commit adds
 * the group to the transaction (KIP-890); before, it must have been added. Errors by partition: INVALID_GROUP_ID, INVALID_PRODUCER_ID_MAPPING,
 * INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, TRANSACTION_ABORTABLE, COORDINATOR_LOAD_IN_PROGRESS (try again), and those of the group coordinator.
 */
final class TxnOffsetCommitApi implements Api<TxnOffsetCommitRequestData> {
    private static final short KNOWS_ABORTABLE = 4;
    private static final short ADDS_GROUP = 5;

    private final GroupCoordinator groups;
    private final TransactionCoordinator transactions;

    TxnOffsetCommitApi(GroupCoordinator groups, TransactionCoordinator transactions) {
        this.groups = groups;
        this.transactions = transactions;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.TXN_OFFSET_COMMIT;
    }

    @Override
    public void answer(TxnOffsetCommitRequestData body, Request request) {
        if (body.groupId().isEmpty()) {
            request.reply(refusal(body, Errors.INVALID_GROUP_ID));
            return;
        }
        TopicPartition offsets = transactions.offsetsOf(body.groupId());
        Write write = new Write(body.transactionalId(), body.producerId(), body.producerEpoch(), Set.of(offsets), asking(request.head().version()));
        Pass pass = transactions.writes().enter(write);
        if (pass != null) {
            commitInside(pass, body, request);
            return;
        }
        transactions.writes().ask(write, (given, refused) -> {
            if (given == null) {
                request.reply(refusal(body, refused.get(offsets)));
            } else {
                commitInside(given, body, request);
            }
        });
    }

    private void commitInside(Pass pass, TxnOffsetCommitRequestData body, Request request) {
        Pass inside = leftOnce(pass);
        try {
            groups.txnOffsetCommit(request.context(), body, reply -> {
                inside.leave();
                request.reply(reply);
            });
        } catch (RuntimeException e) {
            inside.leave();
            Failures.reply(request, body, e);
        }
    }

    /** A transaction of which a place is not left could never end; one that is left twice could end too early. */
    private static Pass leftOnce(Pass pass) {
        AtomicBoolean left = new AtomicBoolean();
        return () -> {
            if (left.compareAndSet(false, true)) {
                pass.leave();
            }
        };
    }

    private static Asking asking(short version) {
        if (version >= ADDS_GROUP) {
            return Asking.ADD;
        }
        return version >= KNOWS_ABORTABLE ? Asking.VERIFY : Asking.VERIFY_OLD;
    }

    private static TxnOffsetCommitResponseData refusal(TxnOffsetCommitRequestData body, Errors refusal) {
        Errors error = switch (refusal) {
            case CONCURRENT_TRANSACTIONS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR -> Errors.COORDINATOR_LOAD_IN_PROGRESS;
            default -> refusal;
        };
        TxnOffsetCommitResponseData response = new TxnOffsetCommitResponseData();
        body.topics().forEach(topic -> {
            TxnOffsetCommitResponseTopic answered = new TxnOffsetCommitResponseTopic().setName(topic.name()).setTopicId(topic.topicId());
            topic.partitions().forEach(partition -> answered.partitions().add(new TxnOffsetCommitResponsePartition()
                    .setPartitionIndex(partition.partitionIndex()).setErrorCode(error.code())));
            response.topics().add(answered);
        });
        return response;
    }
}
