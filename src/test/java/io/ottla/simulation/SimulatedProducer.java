// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddOffsetsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * One instance of a transactional producer, of the first or second protocol: one request at a time, sent again when it is to
 * be, until something fails for good or a newer instance fences this one.
 */
final class SimulatedProducer {
    /** What the simulation does for producers. */
    interface Network {
        /** Brings a request to the broker later, and its answer back if the broker and the wish for it live so long. */
        void send(SimulatedProducer from, Step step, Delivery delivery);

        Story newStory(SimulatedProducer of);

        long nowMs();
    }

    /** Hands the request over. */
    @FunctionalInterface
    interface Delivery {
        void to(House house);
    }

    private static final int TIMEOUT_MS = 400;
    private static final Set<Errors> RETRIABLE = EnumSet.of(Errors.COORDINATOR_LOAD_IN_PROGRESS, Errors.COORDINATOR_NOT_AVAILABLE, Errors.NOT_COORDINATOR,
            Errors.CONCURRENT_TRANSACTIONS, Errors.NOT_ENOUGH_REPLICAS, Errors.KAFKA_STORAGE_ERROR);

    private final String id;
    private final boolean second;
    private final Random random;
    private final Network network;
    private final Map<TopicPartition, Integer> sequences = new HashMap<>();
    private final Deque<Step> script = new ArrayDeque<>(List.of(new Step.Init()));
    private long producerId = -1;
    private short epoch = -1;
    private Story story;
    private Step current;
    /** Counts the sends: only the answer to the last one is wanted. */
    private int attempt;
    private boolean waiting;
    private boolean dead;

    SimulatedProducer(String id, boolean second, Random random, Network network) {
        this.id = id;
        this.second = second;
        this.random = random;
        this.network = network;
    }

    String id() {
        return id;
    }

    boolean second() {
        return second;
    }

    boolean dead() {
        return dead;
    }

    boolean waiting() {
        return waiting;
    }

    void die() {
        dead = true;
    }

    /** Does the next thing, unless an answer is waited for. */
    void act() {
        if (dead || waiting) {
            return;
        }
        if (current == null) {
            if (script.isEmpty()) {
                compose();
            }
            current = script.remove();
        }
        send();
    }

    /** No answer came: the same request once more. */
    void tryAgain() {
        if (!dead && waiting) {
            send();
        }
    }

    private void compose() {
        story = network.newStory(this);
        List<List<Step>> parts = new ArrayList<>();
        for (Story.Item item : story.items()) {
            int sequence = sequences.merge(item.partition(), 1, Integer::sum) - 1;
            Step write = new Step.Write(item, sequence);
            parts.add(second ? List.of(write) : List.of(new Step.AddPartition(item.partition()), write));
        }
        if (story.hasOffsets()) {
            parts.add(second ? List.of(new Step.CommitOffsets()) : List.of(new Step.AddGroup(), new Step.CommitOffsets()));
        }
        if (story.items().stream().map(Story.Item::partition).distinct().count() == story.items().size()) {
            Collections.shuffle(parts, random);
        }
        parts.forEach(script::addAll);
        script.add(new Step.End(random.nextInt(4) > 0));
    }

    private void send() {
        waiting = true;
        int mine = ++attempt;
        network.send(this, current, delivery(current, error -> {
            if (mine == attempt && !dead) {
                waiting = false;
                answered(error);
            }
        }));
    }

    private void answered(Errors error) {
        if (error == Errors.NONE) {
            current = null;
        } else if (!RETRIABLE.contains(error)) {
            dead = true;
        }
    }

    private Delivery delivery(Step step, java.util.function.Consumer<Errors> answer) {
        return switch (step) {
            case Step.Init _ -> init(answer);
            case Step.AddPartition add -> addPartition(add, answer);
            case Step.Write write -> write(write, answer);
            case Step.AddGroup _ -> addGroup(answer);
            case Step.CommitOffsets _ -> commitOffsets(answer);
            case Step.End end -> end(end, answer);
        };
    }

    private Delivery init(java.util.function.Consumer<Errors> answer) {
        InitProducerIdRequestData request = new InitProducerIdRequestData().setTransactionalId(id).setTransactionTimeoutMs(TIMEOUT_MS);
        return house -> house.ask(ApiKeys.INIT_PRODUCER_ID, second ? 5 : 4, request, InitProducerIdResponseData.class, reply -> {
            if (reply.errorCode() == 0 && waiting && current instanceof Step.Init) {
                producerId = reply.producerId();
                epoch = reply.producerEpoch();
            }
            answer.accept(Errors.forCode(reply.errorCode()));
        });
    }

    private Delivery addPartition(Step.AddPartition add, java.util.function.Consumer<Errors> answer) {
        AddPartitionsToTxnRequestData request = new AddPartitionsToTxnRequestData().setV3AndBelowTransactionalId(id).setV3AndBelowProducerId(producerId)
                .setV3AndBelowProducerEpoch(epoch);
        request.v3AndBelowTopics().add(new AddPartitionsToTxnTopic().setName(add.partition().topic()).setPartitions(List.of(add.partition().partition())));
        return house -> house.ask(ApiKeys.ADD_PARTITIONS_TO_TXN, 3, request, AddPartitionsToTxnResponseData.class, reply ->
                answer.accept(Errors.forCode(reply.resultsByTopicV3AndBelow().iterator().next().resultsByPartition().iterator().next().partitionErrorCode())));
    }

    private Delivery write(Step.Write write, java.util.function.Consumer<Errors> answer) {
        Story.Item item = write.item();
        byte[] key = item.key().getBytes(StandardCharsets.UTF_8);
        byte[] value = item.value().getBytes(StandardCharsets.UTF_8);
        long nowMs = network.nowMs();
        TopicPartition partition = item.partition();
        long writerId = producerId;
        short writerEpoch = epoch;
        return house -> {
            MemoryRecords records = MemoryRecords.withTransactionalRecords(Compression.NONE, writerId, writerEpoch, write.sequence(), new SimpleRecord(nowMs, key, value));
            TopicProduceData topic = new TopicProduceData().setName(partition.topic());
            topic.partitionData().add(new PartitionProduceData().setIndex(partition.partition()).setRecords(records));
            ProduceRequestData request = new ProduceRequestData().setTransactionalId(id).setAcks((short) -1).setTimeoutMs(TIMEOUT_MS);
            request.topicData().add(topic);
            house.ask(ApiKeys.PRODUCE, second ? 12 : 11, request, ProduceResponseData.class, reply -> {
                PartitionProduceResponse result = reply.responses().iterator().next().partitionResponses().getFirst();
                if (result.errorCode() == 0) {
                    item.acknowledged(result.baseOffset());
                }
                answer.accept(Errors.forCode(result.errorCode()));
            });
        };
    }

    private Delivery addGroup(java.util.function.Consumer<Errors> answer) {
        AddOffsetsToTxnRequestData request = new AddOffsetsToTxnRequestData().setTransactionalId(id).setProducerId(producerId).setProducerEpoch(epoch)
                .setGroupId(story.group());
        return house -> house.ask(ApiKeys.ADD_OFFSETS_TO_TXN, 3, request, AddOffsetsToTxnResponseData.class, reply ->
                answer.accept(Errors.forCode(reply.errorCode())));
    }

    private Delivery commitOffsets(java.util.function.Consumer<Errors> answer) {
        Story mine = story;
        TxnOffsetCommitRequestTopic topic = new TxnOffsetCommitRequestTopic().setName(House.PLAIN);
        topic.partitions().add(new TxnOffsetCommitRequestPartition().setPartitionIndex(0).setCommittedOffset(mine.number()));
        TxnOffsetCommitRequestData request = new TxnOffsetCommitRequestData().setTransactionalId(id).setGroupId(mine.group()).setProducerId(producerId)
                .setProducerEpoch(epoch).setTopics(List.of(topic));
        return house -> house.ask(ApiKeys.TXN_OFFSET_COMMIT, second ? 5 : 4, request, TxnOffsetCommitResponseData.class, reply -> {
            Errors error = Errors.forCode(reply.topics().getFirst().partitions().getFirst().errorCode());
            if (error == Errors.NONE) {
                mine.offsetsAcknowledged();
            }
            answer.accept(error);
        });
    }

    private Delivery end(Step.End end, java.util.function.Consumer<Errors> answer) {
        Story mine = story;
        EndTxnRequestData request = new EndTxnRequestData().setTransactionalId(id).setProducerId(producerId).setProducerEpoch(epoch).setCommitted(end.commit());
        return house -> {
            if (end.commit()) {
                mine.askedToCommit();
            }
            house.ask(ApiKeys.END_TXN, second ? 5 : 4, request, EndTxnResponseData.class, reply -> {
                Errors error = Errors.forCode(reply.errorCode());
                if (error == Errors.NONE) {
                    mine.ended(end.commit());
                    goOn(mine, reply);
                }
                answer.accept(error);
            });
        };
    }

    /** In the second protocol each end brings the epoch of the next transaction, and with it new sequences. */
    private void goOn(Story ended, EndTxnResponseData reply) {
        if (second && ended == story && waiting && (reply.producerId() != producerId || reply.producerEpoch() != epoch)) {
            producerId = reply.producerId();
            epoch = reply.producerEpoch();
            sequences.clear();
        }
    }

    @Override
    public String toString() {
        return id + (second ? "/2" : "/1") + " " + producerId + ":" + epoch;
    }
}
