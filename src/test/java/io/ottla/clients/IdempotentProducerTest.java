// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import io.ottla.testkit.RawClient;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a producer with an id and sequence numbers sends is stored once and in order (KIP-98). */
@ExtendWith(BrokerUnderTest.Extension.class)
class IdempotentProducerTest {
    private static final int VERSION = 13;

    private final Clients clients;
    private final RawClient raw;
    private final String topic;
    private final Uuid topicId;

    IdempotentProducerTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
        raw = RawClient.connect(broker.bootstrapServers());
        topic = clients.topic("idempotent", 1);
        topicId = Clients.await(clients.admin().describeTopics(List.of(topic)).allTopicNames()).get(topic).topicId();
    }

    @AfterEach
    void close() {
        raw.close();
        clients.close();
    }

    @Test
    void manyBatchesInFlightAreStoredOnceAndInOrder() {
        try (var producer = clients.producer(Map.of("batch.size", "300", "max.in.flight.requests.per.connection", "5"))) {
            for (int i = 0; i < 2_000; i++) {
                producer.send(new ProducerRecord<>(topic, 0, null, Integer.toString(i)));
            }
        }
        var consumer = clients.consumer(null);
        consumer.assign(List.of(new TopicPartition(topic, 0)));
        assertEquals(IntStream.range(0, 2_000).mapToObj(Integer::toString).toList(), Clients.values(Clients.poll(consumer, 2_000)));
    }

    @Test
    void aRepeatedBatchIsAnsweredWithTheOffsetOfTheFirst() {
        long id = producerId();
        assertProduced(Errors.NONE, 0, produce(id, 0, 0, 3));
        assertProduced(Errors.NONE, 3, produce(id, 0, 3, 2));
        assertProduced(Errors.NONE, 0, produce(id, 0, 0, 3));
        assertProduced(Errors.NONE, 3, produce(id, 0, 3, 2));
        assertEquals(5, endOffset());
    }

    @Test
    void aGapInTheSequenceIsRefused() {
        long id = producerId();
        assertProduced(Errors.NONE, 0, produce(id, 0, 0, 1));
        assertProduced(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER, -1, produce(id, 0, 2, 1));
        assertProduced(Errors.NONE, 1, produce(id, 0, 1, 1));
        assertEquals(2, endOffset());
    }

    @Test
    void aRepeatedBatchIsRecognisedAmongTheLastFive() {
        long id = producerId();
        for (int i = 0; i < 7; i++) {
            assertProduced(Errors.NONE, i, produce(id, 0, i, 1));
        }
        assertProduced(Errors.NONE, 2, produce(id, 0, 2, 1));
        assertProduced(Errors.NONE, 6, produce(id, 0, 6, 1));
        assertEquals(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER, Errors.forCode(produce(id, 0, 1, 1).errorCode()));
        assertEquals(7, endOffset());
    }

    @Test
    void anOldEpochIsFencedAndANewOneStartsAtZero() {
        long id = producerId();
        assertProduced(Errors.NONE, 0, produce(id, 0, 0, 1));
        assertProduced(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER, -1, produce(id, 1, 1, 1));
        assertProduced(Errors.NONE, 1, produce(id, 1, 0, 1));
        assertProduced(Errors.INVALID_PRODUCER_EPOCH, -1, produce(id, 0, 1, 1));
        assertEquals(2, endOffset());
    }

    @Test
    void aProducerThatThePartitionDoesNotKnowMayStartAnywhere() {
        long id = producerId();
        assertProduced(Errors.NONE, 0, produce(id, 0, 7, 1));
        assertProduced(Errors.NONE, 1, produce(id, 0, 8, 1));
    }

    @Test
    void sequenceNumbersWrapAround() {
        long id = producerId();
        assertProduced(Errors.NONE, 0, produce(id, 0, Integer.MAX_VALUE - 1, 4));
        assertProduced(Errors.NONE, 4, produce(id, 0, 2, 1));
        assertProduced(Errors.NONE, 0, produce(id, 0, Integer.MAX_VALUE - 1, 4));
    }

    @Test
    void everyProducerGetsAnIdOfItsOwn() {
        long first = producerId();
        long second = producerId();
        assertEquals(true, first >= 0 && second > first, () -> first + " then " + second);
    }

    private long producerId() {
        InitProducerIdResponseData response = raw.call(new InitProducerIdRequestData().setTransactionalId(null)
                .setTransactionTimeoutMs(60_000).setProducerId(-1).setProducerEpoch((short) -1), 5, InitProducerIdResponseData.class);
        assertEquals(Errors.NONE.code(), response.errorCode());
        assertEquals(0, response.producerEpoch());
        return response.producerId();
    }

    private ProduceResponseData.PartitionProduceResponse produce(long producerId, int epoch, int sequence, int count) {
        SimpleRecord[] records = IntStream.range(0, count)
                .mapToObj(i -> new SimpleRecord(("v" + (sequence + i)).getBytes(StandardCharsets.UTF_8))).toArray(SimpleRecord[]::new);
        var data = new ProduceRequestData.PartitionProduceData().setIndex(0)
                .setRecords(MemoryRecords.withIdempotentRecords(Compression.NONE, producerId, (short) epoch, sequence, records));
        var topics = new ProduceRequestData.TopicProduceDataCollection();
        topics.add(new ProduceRequestData.TopicProduceData().setTopicId(topicId).setPartitionData(List.of(data)));
        ProduceResponseData response = raw.call(
                new ProduceRequestData().setAcks((short) -1).setTimeoutMs(10_000).setTopicData(topics), VERSION, ProduceResponseData.class);
        return response.responses().iterator().next().partitionResponses().getFirst();
    }

    private static void assertProduced(Errors error, long offset, ProduceResponseData.PartitionProduceResponse response) {
        assertEquals(error, Errors.forCode(response.errorCode()), response::toString);
        assertEquals(offset, response.baseOffset(), response::toString);
    }

    private long endOffset() {
        try (var consumer = clients.consumer(null)) {
            TopicPartition partition = new TopicPartition(topic, 0);
            return consumer.endOffsets(List.of(partition)).get(partition);
        }
    }
}
