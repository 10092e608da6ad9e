// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.topic.Topic;
import io.ottla.transaction.TransactionalWrites;
import io.ottla.transaction.TransactionalWrites.Asking;
import io.ottla.transaction.TransactionalWrites.Pass;
import io.ottla.transaction.TransactionalWrites.Write;
import io.ottla.wire.BatchView;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Takes a produce request with transactional batches through the gate of its transaction (KIP-890). From version 12 on the write
 * adds its partitions; before, they must have been added. Partitions are refused with what {@link TransactionalWrites.Answer}
 * says; what is to be tried again becomes NOT_ENOUGH_REPLICAS, which clients of every age repeat without further ado.
 */
final class TransactionalProduce {
    private static final short KNOWS_ABORTABLE = 11;
    private static final short ADDS_PARTITIONS = 12;

    private final TransactionalWrites writes;
    private final ProduceRound round;
    private final short version;
    private final Set<TopicPartition> partitions = new HashSet<>();
    private final BatchView first = new BatchView();
    private boolean manyProducers;

    TransactionalProduce(TransactionalWrites writes, ProduceRound round) {
        this.writes = writes;
        this.round = round;
        version = round.version();
        for (TopicProduceData topicData : round.body().topicData()) {
            Topic topic = round.find(topicData);
            for (PartitionProduceData data : topicData.partitionData()) {
                if (topic != null && transactional(data, new BatchView()) && data.index() >= 0 && data.index() < topic.partitions().size()) {
                    add(topic, data);
                }
            }
        }
    }

    /** Whether any partition's records begin with a transactional batch. */
    static boolean concerns(ProduceRequestData body) {
        BatchView view = new BatchView();
        for (TopicProduceData topic : body.topicData()) {
            for (PartitionProduceData data : topic.partitionData()) {
                if (transactional(data, view)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean transactional(PartitionProduceData data, BatchView view) {
        if (data.records() == null) {
            return false;
        }
        ByteBuffer records = ((MemoryRecords) data.records()).buffer();
        return view.at(records, records.position()).sizeProblem() == null && view.transactional();
    }

    private void add(Topic topic, PartitionProduceData data) {
        BatchView view = new BatchView();
        transactional(data, view);
        if (partitions.isEmpty()) {
            first.at(view.buffer(), view.position());
        }
        manyProducers |= view.producerId() != first.producerId() || view.producerEpoch() != first.producerEpoch();
        partitions.add(new TopicPartition(topic.name(), data.index()));
    }

    /** Has the round append, now or later, without the partitions that must not be appended to. */
    void run() {
        if (partitions.isEmpty()) {
            round.append(Map.of(), null);
            return;
        }
        if (manyProducers) {
            Map<TopicPartition, Errors> refused = new HashMap<>();
            partitions.forEach(partition -> refused.put(partition, Errors.INVALID_PRODUCER_ID_MAPPING));
            round.append(refused, null);
            return;
        }
        Write write = new Write(round.body().transactionalId(), first.producerId(), first.producerEpoch(), partitions, asking());
        Pass pass = writes.enter(write);
        if (pass != null) {
            round.append(Map.of(), pass);
        } else if (!round.keepRecords()) {
            round.giveUp();
        } else {
            writes.ask(write, (given, refused) -> {
                Map<TopicPartition, Errors> shown = new HashMap<>();
                refused.forEach((partition, error) -> shown.put(partition, shown(error)));
                round.append(shown, given);
            });
        }
    }

    private Asking asking() {
        if (version >= ADDS_PARTITIONS) {
            return Asking.ADD;
        }
        return version >= KNOWS_ABORTABLE ? Asking.VERIFY : Asking.VERIFY_OLD;
    }

    /** How this request's client is told of a refusal. */
    private Errors shown(Errors refusal) {
        return switch (refusal) {
            case COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR -> Errors.NOT_ENOUGH_REPLICAS;
            case CONCURRENT_TRANSACTIONS -> version >= ADDS_PARTITIONS ? refusal : Errors.NOT_ENOUGH_REPLICAS;
            default -> refusal;
        };
    }
}
