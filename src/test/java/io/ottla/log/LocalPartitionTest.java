// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.Eventually;
import io.ottla.topic.AppendOrigin;
import io.ottla.topic.AppendRefused;
import io.ottla.topic.Appended;
import io.ottla.topic.Fetched;
import io.ottla.topic.OffsetQuery;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.world.LocalDisk;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalPartitionTest {
    @TempDir
    Path directory;

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final ManualTimers timers = new ManualTimers(clock);
    private LocalCatalog catalog;

    @BeforeEach
    void open() throws IOException {
        catalog = LocalCatalog.open(LogSettings.in(directory), new LocalDisk(), clock, timers);
    }

    @AfterEach
    void close() throws IOException {
        catalog.close();
    }

    private void reopen() throws IOException {
        catalog.close();
        open();
    }

    private Partition create(Map<String, String> configs) {
        return catalog.create("t", 1, configs).partitions().getFirst();
    }

    private Partition partition() {
        return catalog.topics().get("t").partitions().getFirst();
    }

    private static Appended append(Partition partition, ByteBuffer batch) {
        return partition.append(batch, AppendOrigin.CLIENT);
    }

    @Test
    void whatWasAppendedIsReadBackInOrderAlsoAfterARestart() throws IOException {
        Partition partition = create(Map.of());
        assertEquals(0, append(partition, Batches.of("a", "b")).baseOffset());
        Appended second = append(partition, Batches.of(Compression.lz4().build(), Batches.NOW, "c"));
        assertEquals(2, second.baseOffset());
        assertEquals(2, second.lastOffset());
        Batches.awaitDurable(partition);
        assertEquals(List.of("0:a", "1:b", "2:c"), Batches.read(partition, 0, ReadLimit.HIGH_WATERMARK));
        assertEquals(List.of("1:b", "2:c"), Batches.read(partition, 1, ReadLimit.HIGH_WATERMARK));
        reopen();
        assertEquals(List.of("0:a", "1:b", "2:c"), Batches.read(partition(), 0, ReadLimit.HIGH_WATERMARK));
        assertEquals(3, append(partition(), Batches.of("d")).baseOffset());
    }

    @Test
    void aReadReturnsWholeBatchesWithinTheLimitButOneAtLeastWhenAsked() {
        Partition partition = create(Map.of());
        for (int i = 0; i < 100; i++) {
            append(partition, Batches.of("v" + i));
        }
        Batches.awaitDurable(partition);
        int size = Batches.of("v0").remaining();
        assertEquals(1, Batches.batches(partition.read(5, 10, true, ReadLimit.HIGH_WATERMARK)).size());
        assertEquals(0, Batches.batches(partition.read(5, 10, false, ReadLimit.HIGH_WATERMARK)).size());
        List<MutableRecordBatch> some = Batches.batches(partition.read(5, 3 * size + 5, false, ReadLimit.HIGH_WATERMARK));
        assertEquals(List.of(5L, 6L, 7L), some.stream().map(MutableRecordBatch::baseOffset).toList());
        assertEquals(100, Batches.read(partition, 0, ReadLimit.HIGH_WATERMARK).size());
    }

    @Test
    void offsetsOutsideOfTheLogAreRefused() {
        Partition partition = create(Map.of());
        append(partition, Batches.of("a"));
        Batches.awaitDurable(partition);
        assertThrows(OffsetOutOfRangeException.class, () -> partition.read(2, 100, true, ReadLimit.HIGH_WATERMARK));
        assertThrows(OffsetOutOfRangeException.class, () -> partition.read(-1, 100, true, ReadLimit.HIGH_WATERMARK));
        assertEquals(0, Batches.batches(partition.read(1, 100, true, ReadLimit.HIGH_WATERMARK)).size());
    }

    @Test
    void aLogOfManySegmentsIsReadFromAnyOffset() throws IOException {
        Partition partition = create(Map.of("segment.bytes", "1048576"));
        String large = "x".repeat(40_000);
        for (int i = 0; i < 100; i++) {
            append(partition, Batches.of(i + large));
        }
        Batches.awaitDurable(partition);
        try (var files = Files.list(directory.resolve("t-0"))) {
            assertTrue(files.filter(file -> file.toString().endsWith(".log")).count() >= 4);
        }
        for (int round = 0; round < 2; round++) {
            for (long offset = 0; offset < 100; offset++) {
                MutableRecordBatch first = Batches.batches(partition().read(offset, 1, true, ReadLimit.HIGH_WATERMARK)).getFirst();
                assertEquals(offset, first.baseOffset());
            }
            assertEquals(100, Batches.read(partition(), 0, ReadLimit.HIGH_WATERMARK).size());
            reopen();
        }
    }

    @Test
    void recordsInFlightAreReadableAfterTheirTopicIsDeleted() {
        Partition partition = create(Map.of());
        append(partition, Batches.of("a"));
        Batches.awaitDurable(partition);
        Fetched fetched = partition.read(0, 1000, true, ReadLimit.HIGH_WATERMARK);
        catalog.delete("t");
        timers.advanceMs(100_000);
        assertEquals(1, Batches.batches(fetched).size());
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.forException(assertThrows(RuntimeException.class, partition::offsets)));
    }

    @Test
    void aDuplicateIsAnsweredWithTheFirstOffsetsAlsoAfterARestart() throws IOException {
        Partition partition = create(Map.of());
        for (int i = 0; i < 7; i++) {
            assertFalse(append(partition, Batches.idempotent(9, 0, i, "v" + i)).duplicate());
        }
        for (int round = 0; round < 2; round++) {
            for (int i = 2; i < 7; i++) {
                Appended again = append(partition(), Batches.idempotent(9, 0, i, "v" + i));
                assertTrue(again.duplicate(), "sequence " + i);
                assertEquals(i, again.baseOffset());
            }
            assertRefused(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER, Batches.idempotent(9, 0, 1, "v1"));
            assertRefused(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER, Batches.idempotent(9, 0, 9, "v9"));
            reopen();
        }
        assertEquals(7, append(partition(), Batches.idempotent(9, 1, 0, "w")).baseOffset());
        assertRefused(Errors.INVALID_PRODUCER_EPOCH, Batches.idempotent(9, 0, 7, "v7"));
        assertRefused(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER, Batches.idempotent(9, 2, 3, "x"));
    }

    @Test
    void sequencesGoOnAtZeroAfterTheLargest() {
        Partition partition = create(Map.of());
        append(partition, Batches.idempotent(1, 0, Integer.MAX_VALUE - 1, "a", "b", "c"));
        assertRefused(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER, Batches.idempotent(1, 0, 0, "d"));
        assertFalse(append(partition, Batches.idempotent(1, 0, 1, "d")).duplicate());
        assertTrue(append(partition, Batches.idempotent(1, 0, Integer.MAX_VALUE - 1, "a", "b", "c")).duplicate());
    }

    @Test
    void theLastStableOffsetWaitsForOpenTransactionsAndAbortedOnesAreNamed() throws IOException {
        Partition partition = create(Map.of());
        append(partition, Batches.of("plain"));
        append(partition, Batches.transactional(1, 0, 0, "a1"));
        append(partition, Batches.transactional(2, 0, 0, "b1"));
        Batches.awaitDurable(partition);
        assertEquals(1, partition.offsets().lastStable());
        assertEquals(List.of("0:plain"), Batches.read(partition, 0, ReadLimit.LAST_STABLE));
        partition.append(Batches.marker(1, 0, false), AppendOrigin.COORDINATOR);
        Batches.awaitDurable(partition);
        for (int round = 0; round < 2; round++) {
            assertEquals(2, partition().offsets().lastStable());
            Fetched fetched = partition().read(0, 10_000, true, ReadLimit.LAST_STABLE);
            assertEquals(List.of(new Fetched.AbortedTransaction(1, 1)), fetched.aborted());
            assertEquals(2, Batches.batches(fetched).size());
            reopen();
        }
        partition().append(Batches.marker(2, 0, true), AppendOrigin.COORDINATOR);
        Batches.awaitDurable(partition());
        assertEquals(5, partition().offsets().lastStable());
        assertEquals(List.of(), partition().read(4, 10_000, true, ReadLimit.LAST_STABLE).aborted());
    }

    @Test
    void aTornTailIsCutAndAppendingGoesOn() throws IOException {
        Partition partition = create(Map.of());
        append(partition, Batches.of("a"));
        append(partition, Batches.of("b"));
        Batches.awaitDurable(partition);
        catalog.close();
        Path file = directory.resolve("t-0/00000000000000000000.log");
        ByteBuffer torn = Batches.of("torn");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            channel.write(torn.limit(torn.limit() - 1));
        }
        open();
        assertEquals(2, partition().offsets().logEnd());
        assertEquals(2, append(partition(), Batches.of("c")).baseOffset());
        Batches.awaitDurable(partition());
        assertEquals(List.of("0:a", "1:b", "2:c"), Batches.read(partition(), 0, ReadLimit.HIGH_WATERMARK));
    }

    @Test
    void aLogThatLostDurableRecordsIsOfflineAndOthersGoOn() throws IOException {
        Partition partition = create(Map.of());
        Partition other = catalog.create("other", 1, Map.of()).partitions().getFirst();
        append(partition, Batches.of("a"));
        append(other, Batches.of("b"));
        catalog.close();
        Path file = directory.resolve("t-0/00000000000000000000.log");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(10);
        }
        open();
        assertEquals(Errors.KAFKA_STORAGE_ERROR, Errors.forException(assertThrows(RuntimeException.class, () -> partition().offsets())));
        assertRefused(Errors.KAFKA_STORAGE_ERROR, Batches.of("c"));
        assertEquals(List.of("0:b"), Batches.read(catalog.topics().get("other").partitions().getFirst(), 0, ReadLimit.HIGH_WATERMARK));
    }

    @Test
    void deletedRecordsStayDeleted() throws IOException {
        Partition partition = create(Map.of());
        append(partition, Batches.of("a"));
        append(partition, Batches.of("b"));
        Batches.awaitDurable(partition);
        assertEquals(1, partition.deleteRecordsBefore(1));
        assertThrows(OffsetOutOfRangeException.class, () -> partition.read(0, 100, true, ReadLimit.HIGH_WATERMARK));
        assertThrows(OffsetOutOfRangeException.class, () -> partition.deleteRecordsBefore(3));
        reopen();
        assertEquals(1, partition().offsets().logStart());
        assertEquals(2, partition().deleteRecordsBefore(-1));
    }

    @Test
    void offsetsAreFoundByTimestamp() {
        Partition partition = create(Map.of());
        append(partition, Batches.of(Compression.NONE, Batches.NOW - 100, "a", "b"));
        append(partition, Batches.of(Compression.zstd().build(), Batches.NOW, "c", "d"));
        append(partition, Batches.of(Compression.NONE, Batches.NOW - 50, "e"));
        Batches.awaitDurable(partition);
        assertEquals(0, partition.find(new OffsetQuery.ByTimestamp(0)).offset());
        assertEquals(new OffsetQuery.Answer(2, Batches.NOW, 0), partition.find(new OffsetQuery.ByTimestamp(Batches.NOW - 99)));
        assertEquals(OffsetQuery.Answer.NONE, partition.find(new OffsetQuery.ByTimestamp(Batches.NOW + 1)));
        assertEquals(new OffsetQuery.Answer(2, Batches.NOW, 0), partition.find(new OffsetQuery.MaxTimestamp()));
        assertEquals(new OffsetQuery.Answer(5, -1, 0), partition.find(new OffsetQuery.EndOfEpoch(0)));
        assertEquals(OffsetQuery.Answer.NONE, partition.find(new OffsetQuery.EndOfEpoch(1)));
    }

    @Test
    void watchersHearOfWhatBecomesReadable() throws Exception {
        Partition partition = create(Map.of());
        CountDownLatch advanced = new CountDownLatch(1);
        AutoCloseable watch = partition.watch(() -> {
            if (partition.offsets().highWatermark() == 1) {
                advanced.countDown();
            }
        });
        append(partition, Batches.of("a"));
        assertTrue(advanced.await(Eventually.DEADLINE.toSeconds(), TimeUnit.SECONDS));
        watch.close();
    }

    private void assertRefused(Errors error, ByteBuffer batch) {
        RuntimeException refused = assertThrows(RuntimeException.class, () -> append(partition(), batch));
        assertEquals(error, refused instanceof AppendRefused known ? known.error() : Errors.forException(refused), refused.getMessage());
    }
}
