// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import io.ottla.testkit.RawClient;
import io.ottla.testkit.SampleRequests;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Batches that are damaged or lie about themselves are refused with Kafka's error codes, and nothing of them is stored. */
@ExtendWith(BrokerUnderTest.Extension.class)
class BadProduceTest {
    private static final int VERSION = 12;
    private static final int LENGTH = 8;
    private static final int MAGIC = 16;
    private static final int CRC = 17;
    private static final int ATTRIBUTES = 21;
    private static final int LAST_OFFSET_DELTA = 23;
    private static final int RECORD_COUNT = 57;
    private static final int RECORDS = 61;

    private final Clients clients;
    private final RawClient raw;
    private final String topic;

    BadProduceTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
        raw = RawClient.connect(broker.bootstrapServers());
        topic = clients.topic("bad", 1, Map.of("max.message.bytes", "10000"));
    }

    @AfterEach
    void theNextGoodBatchIsTheFirst() {
        assertProduced(Errors.NONE, produce(batch()));
        try (var consumer = clients.consumer(null)) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            assertEquals(List.of("value", "value"), Clients.values(Clients.poll(consumer, 2)));
        }
        raw.close();
        clients.close();
    }

    @Test
    void aWrongChecksumIsACorruptMessage() {
        ByteBuffer batch = batch();
        batch.putInt(CRC, batch.getInt(CRC) ^ 1);
        assertProduced(Errors.CORRUPT_MESSAGE, produce(batch));
    }

    @Test
    void aFlippedBitIsACorruptMessage() {
        ByteBuffer batch = batch();
        batch.put(RECORDS + 3, (byte) (batch.get(RECORDS + 3) ^ 4));
        assertProduced(Errors.CORRUPT_MESSAGE, produce(batch));
    }

    @Test
    void aNegativeLengthIsACorruptMessage() {
        assertProduced(Errors.CORRUPT_MESSAGE, produce(changed(batch -> batch.putInt(LENGTH, -1))));
    }

    @Test
    void aLengthTooShortForABatchIsACorruptMessage() {
        assertProduced(Errors.CORRUPT_MESSAGE, produce(changed(batch -> batch.putInt(LENGTH, 10))));
    }

    @Test
    void aLengthBeyondTheRequestIsNoBatch() {
        assertProduced(Errors.INVALID_RECORD, produce(changed(batch -> batch.putInt(LENGTH, batch.getInt(LENGTH) + 1))));
    }

    @Test
    void anUnknownMagicIsACorruptMessage() {
        assertProduced(Errors.CORRUPT_MESSAGE, produce(changed(batch -> batch.put(MAGIC, (byte) 7))));
    }

    @Test
    void aNegativeMagicIsACorruptMessage() {
        assertProduced(Errors.CORRUPT_MESSAGE, produce(changed(batch -> batch.put(MAGIC, (byte) -1))));
    }

    @Test
    void aCountAboveTheRecordsIsAnInvalidRecord() {
        assertProduced(Errors.INVALID_RECORD, produce(changed(batch -> batch.putInt(RECORD_COUNT, 3).putInt(LAST_OFFSET_DELTA, 2))));
    }

    @Test
    void aCountBelowTheRecordsIsAnInvalidRecord() {
        assertProduced(Errors.INVALID_RECORD, produce(changed(batch -> batch.putInt(RECORD_COUNT, 1).putInt(LAST_OFFSET_DELTA, 0))));
    }

    @Test
    void aCountThatDoesNotFitTheLastOffsetIsAnInvalidRecord() {
        assertProduced(Errors.INVALID_RECORD, produce(changed(batch -> batch.putInt(LAST_OFFSET_DELTA, 5))));
    }

    @Test
    void aNegativeCountIsAnInvalidRecord() {
        assertProduced(Errors.INVALID_RECORD, produce(changed(batch -> batch.putInt(RECORD_COUNT, -1).putInt(LAST_OFFSET_DELTA, -2))));
    }

    @Test
    void aCountOfTwoBillionIsAnInvalidRecord() {
        assertProduced(Errors.INVALID_RECORD, produce(changed(
                batch -> batch.putInt(RECORD_COUNT, Integer.MAX_VALUE).putInt(LAST_OFFSET_DELTA, Integer.MAX_VALUE - 1))));
    }

    @Test
    void aRecordLengthBelowZeroIsAnInvalidRecord() {
        assertProduced(Errors.INVALID_RECORD, produce(changed(batch -> batch.put(RECORDS, (byte) 1))));
    }

    @Test
    void aControlBatchFromAClientIsAnInvalidRecord() {
        assertProduced(Errors.INVALID_RECORD, produce(changed(batch -> batch.putShort(ATTRIBUTES, (short) 0x20))));
    }

    @Test
    void anUnknownCompressionIsRefused() {
        assertNotEquals(Errors.NONE.code(), produce(changed(batch -> batch.putShort(ATTRIBUTES, (short) 7))).errorCode());
    }

    @Test
    void bytesThatTheNamedCompressionCannotReadAreRefused() {
        assertNotEquals(Errors.NONE.code(), produce(changed(batch -> batch.putShort(ATTRIBUTES, (short) 1))).errorCode());
    }

    @Test
    void aBatchOverTheLimitIsTooLarge() {
        MemoryRecords big = MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(new byte[20_000]));
        assertProduced(Errors.MESSAGE_TOO_LARGE, produce(big.buffer()));
    }

    @Test
    void twoBatchesForAPartitionAreAnInvalidRecord() {
        ByteBuffer one = batch();
        assertProduced(Errors.INVALID_RECORD, produce(ByteBuffer.allocate(2 * one.remaining()).put(one.duplicate()).put(one).flip()));
    }

    @Test
    void noBatchAtAllIsAnInvalidRecord() {
        assertProduced(Errors.INVALID_RECORD, produce(ByteBuffer.allocate(0)));
    }

    @Test
    void bytesTooFewForABatchAreAnInvalidRecord() {
        assertProduced(Errors.INVALID_RECORD, produce(ByteBuffer.allocate(10)));
    }

    @Test
    void aTopicOrPartitionThatDoesNotExistIsUnknown() {
        assertProduced(Errors.UNKNOWN_TOPIC_OR_PARTITION, call(request(Clients.unique("nothing"), 0, batch()), VERSION));
        assertProduced(Errors.UNKNOWN_TOPIC_OR_PARTITION, call(request(topic, 1, batch()), VERSION));
        assertProduced(Errors.UNKNOWN_TOPIC_OR_PARTITION, call(request(topic, -1, batch()), VERSION));
    }

    @Test
    void aTopicIdThatDoesNotExistIsUnknown() {
        var request = new SampleRequests(topic, Uuid.randomUuid(), "group").produce(13, SampleRequests.batch());
        assertProduced(Errors.UNKNOWN_TOPIC_ID, call(request, 13));
    }

    @Test
    void anImpossibleNumberOfAcksIsRefused() {
        assertProduced(Errors.INVALID_REQUIRED_ACKS, call(request(topic, 0, batch()).setAcks((short) 5), VERSION));
    }

    @Test
    void withoutAcksAnErrorClosesTheConnection() {
        try (RawClient other = RawClient.connect(clients.bootstrapServers())) {
            other.send(request(Clients.unique("nothing"), 0, batch()).setAcks((short) 0), VERSION);
            assertTrue(other.closed());
        }
    }

    @Test
    void aGoodPartitionIsStoredThoughAnotherInTheRequestIsBad() {
        String other = clients.topic("good", 1);
        ProduceRequestData request = request(topic, 0, changed(batch -> batch.putInt(RECORD_COUNT, 7)));
        request.topicData().add(request(other, 0, batch()).topicData().iterator().next().duplicate());
        ProduceResponseData response = raw.call(request, VERSION, ProduceResponseData.class);
        assertEquals(Errors.INVALID_RECORD.code(), response.responses().find(topic, Uuid.ZERO_UUID).partitionResponses().getFirst().errorCode());
        assertEquals(Errors.NONE.code(), response.responses().find(other, Uuid.ZERO_UUID).partitionResponses().getFirst().errorCode());
    }

    private static void assertProduced(Errors error, ProduceResponseData.PartitionProduceResponse response) {
        assertEquals(error, Errors.forCode(response.errorCode()), response::toString);
        assertEquals(error == Errors.NONE ? 0 : -1, response.baseOffset());
    }

    private ProduceResponseData.PartitionProduceResponse produce(ByteBuffer batch) {
        return call(request(topic, 0, batch), VERSION);
    }

    private ProduceResponseData.PartitionProduceResponse call(ProduceRequestData request, int version) {
        return raw.call(request, version, ProduceResponseData.class).responses().iterator().next().partitionResponses().getFirst();
    }

    private static ProduceRequestData request(String topic, int partition, ByteBuffer batch) {
        var request = new SampleRequests(topic, Uuid.ZERO_UUID, "group").produce(VERSION, MemoryRecords.readableRecords(batch));
        request.topicData().iterator().next().partitionData().getFirst().setIndex(partition);
        return request;
    }

    private static ByteBuffer batch() {
        return SampleRequests.batch().buffer();
    }

    /** A batch with a change that its checksum covers. */
    private static ByteBuffer changed(Consumer<ByteBuffer> change) {
        ByteBuffer batch = batch();
        change.accept(batch);
        CRC32C crc = new CRC32C();
        crc.update(batch.duplicate().position(ATTRIBUTES));
        batch.putInt(CRC, (int) crc.getValue());
        return batch;
    }
}
