// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.HashSet;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogKey;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogValue;
import org.junit.jupiter.api.Test;

/** Records beside those of Kafka's own generated classes. */
class TransactionRecordsTest {
    private static final long SEED = 7;

    private final Random random = new Random(SEED);

    @Test
    void aKeyIsKafkasByteForByte() {
        for (String id : List.of("t", "order-service-1", "überweisung", "x".repeat(300))) {
            byte[] expected = MessageUtil.toCoordinatorTypePrefixedBytes(new TransactionLogKey().setTransactionalId(id));
            assertArrayEquals(expected, bytes(TransactionRecords.key(id)));
            assertEquals(id, TransactionRecords.readKey(ByteBuffer.wrap(expected)));
        }
    }

    @Test
    void aKeyOfAnotherKindIsPassedOver() {
        assertNull(TransactionRecords.readKey(ByteBuffer.wrap(new byte[] {0, 1, 0, 1, 'x'})));
    }

    @Test
    void aValueIsKafkasByteForByte() {
        for (int i = 0; i < 2_000; i++) {
            Transaction transaction = randomTransaction();
            byte[] expected = MessageUtil.toVersionPrefixedBytes((short) 1, kafkas(transaction));
            assertArrayEquals(expected, bytes(TransactionRecords.value(transaction)), () -> "seed " + SEED + ": " + transaction);
            assertEquals(transaction, TransactionRecords.readValue(transaction.id(), ByteBuffer.wrap(expected)));
        }
    }

    @Test
    void aValueFromBeforeKafka4IsRead() {
        for (int i = 0; i < 500; i++) {
            Transaction now = randomTransaction();
            byte[] old = MessageUtil.toVersionPrefixedBytes((short) 0, kafkas(now).setPreviousProducerId(-1).setNextProducerId(-1).setClientTransactionVersion((short) 0));
            Transaction expected = new Transaction(now.id(), now.producerId(), -1, -1, now.epoch(), (short) -1, now.timeoutMs(), now.status(),
                    now.partitions(), now.startMs(), now.updatedMs(), (short) 0);
            assertEquals(expected, TransactionRecords.readValue(now.id(), ByteBuffer.wrap(old)));
        }
    }

    @Test
    void aValueOfALaterVersionIsPassedOver() {
        assertNull(TransactionRecords.readValue("t", ByteBuffer.wrap(new byte[] {0, 2, 0, 0})));
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private Transaction randomTransaction() {
        Status status = Status.values()[random.nextInt(Status.values().length)];
        Set<TopicPartition> partitions = new HashSet<>();
        for (int i = status == Status.EMPTY ? 0 : random.nextInt(20); i > 0; i--) {
            partitions.add(new TopicPartition("topic-" + "y".repeat(random.nextInt(200)), random.nextInt(1 << random.nextInt(1, 31))));
        }
        return new Transaction("t", random.nextLong(1L << 40), random.nextLong(-1, 5), random.nextLong(-1, 5), (short) random.nextInt(-1, 32768), (short) -1,
                random.nextInt(), status, Set.copyOf(partitions), random.nextLong(-1, 1L << 42), random.nextLong(1L << 42), (short) random.nextInt(0, 3));
    }

    private static TransactionLogValue kafkas(Transaction transaction) {
        Map<String, List<Integer>> topics = new TreeMap<>();
        transaction.partitions().stream().sorted((a, b) -> Integer.compare(a.partition(), b.partition()))
                .forEach(each -> topics.computeIfAbsent(each.topic(), topic -> new ArrayList<>()).add(each.partition()));
        List<TransactionLogValue.PartitionsSchema> schemas = topics.entrySet().stream()
                .map(entry -> new TransactionLogValue.PartitionsSchema().setTopic(entry.getKey()).setPartitionIds(entry.getValue())).toList();
        return new TransactionLogValue().setProducerId(transaction.producerId()).setPreviousProducerId(transaction.previousProducerId())
                .setNextProducerId(transaction.nextProducerId()).setProducerEpoch(transaction.epoch()).setTransactionTimeoutMs(transaction.timeoutMs())
                .setTransactionStatus(transaction.status().code()).setTransactionPartitions(transaction.status() == Status.EMPTY ? null : schemas)
                .setTransactionLastUpdateTimestampMs(transaction.updatedMs()).setTransactionStartTimestampMs(transaction.startMs())
                .setClientTransactionVersion(transaction.clientVersion());
    }
}
