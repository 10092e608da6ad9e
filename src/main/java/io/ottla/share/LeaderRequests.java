// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Caller;
import io.ottla.group.Gather;
import io.ottla.group.OnceCaller;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DeleteShareGroupStateRequestData;
import org.apache.kafka.common.message.DeleteShareGroupStateResponseData;
import org.apache.kafka.common.message.InitializeShareGroupStateRequestData;
import org.apache.kafka.common.message.InitializeShareGroupStateResponseData;
import org.apache.kafka.common.message.ReadShareGroupStateRequestData;
import org.apache.kafka.common.message.ReadShareGroupStateResponseData;
import org.apache.kafka.common.message.ReadShareGroupStateSummaryRequestData;
import org.apache.kafka.common.message.ReadShareGroupStateSummaryResponseData;
import org.apache.kafka.common.message.WriteShareGroupStateRequestData;
import org.apache.kafka.common.message.WriteShareGroupStateResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * The state of share partitions as the brokers of Apache Kafka ask each other for it (KIP-932); here it is for tools. Safe for any thread.
 * The answer is one for each partition:
 *
 * <ul>
 *   <li>INVALID_REQUEST: a negative partition or epoch, a start before -1, a batch that ends before it begins or that is in a state
 *       which is not kept; reading or writing what has no state
 *   <li>UNKNOWN_TOPIC_OR_PARTITION: there is no such partition
 *   <li>FENCED_LEADER_EPOCH, FENCED_STATE_EPOCH: the state has a newer one
 * </ul>
 */
final class LeaderRequests {
    private static final int NOT_COUNTED = -1;

    private final TopicCatalog catalog;
    private final BiConsumer<SharePartitionKey, ShareCommand> submit;

    LeaderRequests(TopicCatalog catalog, BiConsumer<SharePartitionKey, ShareCommand> submit) {
        this.catalog = catalog;
        this.submit = submit;
    }

    void initialize(InitializeShareGroupStateRequestData request, Consumer<InitializeShareGroupStateResponseData> reply) {
        InitializeShareGroupStateResponseData response = new InitializeShareGroupStateResponseData();
        Questions questions = new Questions(request.groupId());
        for (var topic : request.topics()) {
            var result = new InitializeShareGroupStateResponseData.InitializeStateResult().setTopicId(topic.topicId());
            for (var asked : topic.partitions()) {
                var partition = new InitializeShareGroupStateResponseData.PartitionResult().setPartition(asked.partition());
                result.partitions().add(partition);
                boolean right = asked.stateEpoch() >= 0 && asked.startOffset() >= SharePartition.NOT_STARTED;
                SharePartitionKey key = questions.key(topic.topicId(), asked.partition());
                questions.add(check(key, right), error -> error,
                        caller -> submit.accept(key, new ShareCommand.Initialize(key, asked.stateEpoch(), asked.startOffset(), true, caller)),
                        error -> partition.setErrorCode(error.code()).setErrorMessage(messageOf(error)));
            }
            response.results().add(result);
        }
        response.results().removeIf(result -> result.partitions().isEmpty());
        questions.ask(response, new InitializeShareGroupStateResponseData(), reply);
    }

    void read(ReadShareGroupStateRequestData request, Consumer<ReadShareGroupStateResponseData> reply) {
        ReadShareGroupStateResponseData response = new ReadShareGroupStateResponseData();
        Questions questions = new Questions(request.groupId());
        for (var topic : request.topics()) {
            var result = new ReadShareGroupStateResponseData.ReadStateResult().setTopicId(topic.topicId());
            for (var asked : topic.partitions()) {
                var partition = new ReadShareGroupStateResponseData.PartitionResult().setPartition(asked.partition());
                result.partitions().add(partition);
                SharePartitionKey key = questions.key(topic.topicId(), asked.partition());
                questions.add(checkKept(key, asked.leaderEpoch() >= 0), Answered::<ShareSnapshot>refused,
                        caller -> submit.accept(key, new ShareCommand.ReadAsLeader(key, asked.leaderEpoch(), caller)),
                        answer -> fill(partition, answer));
            }
            response.results().add(result);
        }
        response.results().removeIf(result -> result.partitions().isEmpty());
        questions.ask(response, new ReadShareGroupStateResponseData(), reply);
    }

    private static void fill(ReadShareGroupStateResponseData.PartitionResult partition, Answered<ShareSnapshot> answer) {
        if (answer.error() != Errors.NONE) {
            partition.setErrorCode(answer.error().code()).setErrorMessage(messageOf(answer.error()));
            return;
        }
        partition.setStateEpoch(answer.value().stateEpoch()).setStartOffset(answer.value().startOffset());
        answer.value().runs().forEach(run -> partition.stateBatches().add(new ReadShareGroupStateResponseData.StateBatch()
                .setFirstOffset(run.first()).setLastOffset(run.last())
                .setDeliveryState(run.state().code).setDeliveryCount((short) run.deliveryCount())));
    }

    void write(WriteShareGroupStateRequestData request, Consumer<WriteShareGroupStateResponseData> reply) {
        WriteShareGroupStateResponseData response = new WriteShareGroupStateResponseData();
        Questions questions = new Questions(request.groupId());
        for (var topic : request.topics()) {
            var result = new WriteShareGroupStateResponseData.WriteStateResult().setTopicId(topic.topicId());
            for (var asked : topic.partitions()) {
                var partition = new WriteShareGroupStateResponseData.PartitionResult().setPartition(asked.partition());
                result.partitions().add(partition);
                SharePartitionKey key = questions.key(topic.topicId(), asked.partition());
                questions.add(checkKept(key, isRight(asked)), error -> error, caller -> submit.accept(key, commandOf(key, asked, caller)),
                        error -> partition.setErrorCode(error.code()).setErrorMessage(messageOf(error)));
            }
            response.results().add(result);
        }
        response.results().removeIf(result -> result.partitions().isEmpty());
        questions.ask(response, new WriteShareGroupStateResponseData(), reply);
    }

    private static boolean isRight(WriteShareGroupStateRequestData.PartitionData asked) {
        return asked.stateEpoch() >= 0 && asked.leaderEpoch() >= 0 && asked.startOffset() >= SharePartition.NOT_STARTED
                && asked.stateBatches().stream().allMatch(batch -> batch.firstOffset() >= 0 && batch.firstOffset() <= batch.lastOffset()
                        && batch.deliveryCount() >= 0 && isWritten(batch.deliveryState()));
    }

    private static boolean isWritten(byte state) {
        return state == DeliveryState.AVAILABLE.code || state == DeliveryState.ACKNOWLEDGED.code || state == DeliveryState.ARCHIVED.code;
    }

    private static ShareCommand commandOf(SharePartitionKey key, WriteShareGroupStateRequestData.PartitionData asked, Caller<Errors> caller) {
        List<Run> runs = asked.stateBatches().stream()
                .map(batch -> Run.unlocked(batch.firstOffset(), batch.lastOffset(), DeliveryState.of(batch.deliveryState()), batch.deliveryCount()))
                .toList();
        return new ShareCommand.Write(
                key, asked.stateEpoch(), asked.leaderEpoch(), asked.startOffset(), asked.deliveryCompleteCount(), runs, caller);
    }

    void delete(DeleteShareGroupStateRequestData request, Consumer<DeleteShareGroupStateResponseData> reply) {
        DeleteShareGroupStateResponseData response = new DeleteShareGroupStateResponseData();
        Questions questions = new Questions(request.groupId());
        for (var topic : request.topics()) {
            var result = new DeleteShareGroupStateResponseData.DeleteStateResult().setTopicId(topic.topicId());
            for (var asked : topic.partitions()) {
                var partition = new DeleteShareGroupStateResponseData.PartitionResult().setPartition(asked.partition());
                result.partitions().add(partition);
                SharePartitionKey key = questions.key(topic.topicId(), asked.partition());
                questions.add(check(key, true), error -> error, caller -> submit.accept(key, new ShareCommand.Remove(key, caller)),
                        error -> partition.setErrorCode(error.code()).setErrorMessage(messageOf(error)));
            }
            response.results().add(result);
        }
        response.results().removeIf(result -> result.partitions().isEmpty());
        questions.ask(response, new DeleteShareGroupStateResponseData(), reply);
    }

    void readSummary(ReadShareGroupStateSummaryRequestData request, Consumer<ReadShareGroupStateSummaryResponseData> reply) {
        ReadShareGroupStateSummaryResponseData response = new ReadShareGroupStateSummaryResponseData();
        Questions questions = new Questions(request.groupId());
        for (var topic : request.topics()) {
            var result = new ReadShareGroupStateSummaryResponseData.ReadStateSummaryResult().setTopicId(topic.topicId());
            for (var asked : topic.partitions()) {
                var partition = new ReadShareGroupStateSummaryResponseData.PartitionResult().setPartition(asked.partition());
                result.partitions().add(partition);
                SharePartitionKey key = questions.key(topic.topicId(), asked.partition());
                questions.add(check(key, true), Answered::<ShareSnapshot>refused,
                        caller -> submit.accept(key, new ShareCommand.Read(key, Answered.caller(caller))),
                        answer -> fill(partition, answer));
            }
            response.results().add(result);
        }
        response.results().removeIf(result -> result.partitions().isEmpty());
        questions.ask(response, new ReadShareGroupStateSummaryResponseData(), reply);
    }

    private static void fill(ReadShareGroupStateSummaryResponseData.PartitionResult partition, Answered<ShareSnapshot> answer) {
        ShareSnapshot state = answer.value();
        if (answer.error() != Errors.NONE) {
            partition.setErrorCode(answer.error().code()).setErrorMessage(messageOf(answer.error()));
        } else if (state == null) {
            partition.setStartOffset(SharePartition.NOT_STARTED).setDeliveryCompleteCount(NOT_COUNTED);
        } else {
            boolean started = state.startOffset() != SharePartition.NOT_STARTED;
            partition.setStateEpoch(state.stateEpoch()).setLeaderEpoch(state.leaderEpoch()).setStartOffset(state.startOffset())
                    .setDeliveryCompleteCount(started ? state.finished() : NOT_COUNTED);
        }
    }

    private Errors check(SharePartitionKey key, boolean right) {
        Topic topic = catalog.find(key.topicId());
        return !right || key.partition() < 0 ? Errors.INVALID_REQUEST
                : topic == null || key.partition() >= topic.partitions().size() ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                : Errors.NONE;
    }

    /** For what asks for state first, and for the partition only then. */
    private Errors checkKept(SharePartitionKey key, boolean right) {
        return check(key, right) == Errors.NONE ? Errors.NONE : Errors.INVALID_REQUEST;
    }

    private static String messageOf(Errors error) {
        return error == Errors.NONE ? null : error.message();
    }

    /** The questions of one request, asked all at once when all are known. */
    private static final class Questions {
        private final String groupId;
        private final List<Consumer<Runnable>> all = new ArrayList<>();

        Questions(String groupId) {
            this.groupId = groupId;
        }

        SharePartitionKey key(Uuid topic, int partition) {
            return new SharePartitionKey(groupId, topic, partition);
        }

        /**
         * @param wrong   NONE, or why nobody is asked
         * @param refusal the answer that carries an error
         * @param asking  asks for an answer
         */
        <T> void add(Errors wrong, Function<Errors, T> refusal, Consumer<OnceCaller<T>> asking, Consumer<T> answer) {
            all.add(done -> {
                OnceCaller<T> caller = new OnceCaller<>(
                        answered -> {
                            answer.accept(answered);
                            done.run();
                        },
                        refusal);
                if (wrong == Errors.NONE) {
                    asking.accept(caller);
                } else {
                    caller.refuse(wrong);
                }
            });
        }

        /** @param empty the answer to a request that names no group or no partition */
        <R> void ask(R response, R empty, Consumer<R> reply) {
            if (groupId.isEmpty() || all.isEmpty()) {
                reply.accept(empty);
                return;
            }
            Gather<Boolean> gather = new Gather<>(all.size(), answered -> reply.accept(response));
            for (int i = 0; i < all.size(); i++) {
                Consumer<Boolean> slot = gather.slot(i);
                all.get(i).accept(() -> slot.accept(true));
            }
        }
    }
}
