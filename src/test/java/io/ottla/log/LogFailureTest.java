// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.Eventually;
import io.ottla.topic.AppendOrigin;
import io.ottla.topic.AppendRefused;
import io.ottla.topic.Fetched;
import io.ottla.topic.Fetched.AbortedTransaction;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.world.Disk.OpenMode;
import io.ottla.world.DiskFile;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import io.ottla.world.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a user sees of disks that are full, fail or lie, and of retention. */
class LogFailureTest {
    private static final Path DIRECTORY = Path.of("/sim");
    private static final Path SEGMENT = DIRECTORY.resolve("t-0/00000000000000000000.log");

    private static final long A_MOMENT_MS = 20;

    private final Random random = new Random(1);
    private final SimulatedDisk disk = new SimulatedDisk(random);
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final ManualTimers timers = new ManualTimers(clock);
    private final ManualWorkers workers = new ManualWorkers(random);
    private LocalCatalog catalog;

    @BeforeEach
    void open() throws IOException {
        catalog = LocalCatalog.open(LogSettings.in(DIRECTORY), disk, clock, timers, workers);
    }

    private Partition create(String name, Map<String, String> configs) {
        return catalog.create(name, 1, configs).partitions().getFirst();
    }

    private Partition partition(String name) {
        return catalog.topics().get(name).partitions().getFirst();
    }

    private void append(Partition partition, String value) {
        partition.append(Batches.of(value), AppendOrigin.CLIENT);
    }

    private void restart() throws IOException {
        disk.kill();
        workers.clear();
        open();
    }

    /** Whoever waited long enough for the disk wants to know, while the disk keeps the locks. */
    @Test
    void whatIsNotFlushedCanBeAskedWhileTheDiskHangs() throws IOException {
        append(create("flushed", Map.of()), "a");
        workers.close();
        append(create("t", Map.of()), "a");
        List<String> unflushed = new ArrayList<>();
        disk.duringForce(() -> {
            if (unflushed.isEmpty()) {
                unflushed.addAll(CompletableFuture.supplyAsync(catalog::unflushed).orTimeout(Eventually.DEADLINE.toSeconds(), TimeUnit.SECONDS).join());
            }
        });
        catalog.close();
        assertEquals(List.of("t-0"), unflushed);
        assertEquals(List.of(), catalog.unflushed());
    }

    @Test
    void whatCoordinatorsAppendIsFlushedWhenItIsAskedForOrAMomentLater() {
        Partition partition = create("t", Map.of());
        partition.append(Batches.of("a"), AppendOrigin.COORDINATOR);
        workers.close();
        assertEquals(0, partition.offsets().highWatermark());
        timers.advanceMs(A_MOMENT_MS);
        workers.close();
        assertEquals(1, partition.offsets().highWatermark());
        partition.append(Batches.of("b"), AppendOrigin.COORDINATOR);
        List<ApiException> told = new ArrayList<>();
        partition.whenDurable(2, told::add);
        workers.close();
        assertEquals(1, told.size());
        assertEquals(2, partition.offsets().highWatermark());
    }

    @Test
    void whichTransactionsWereAbortedOutlivesTroubleAKillAndAPowerCut() throws IOException {
        List<String> names = List.of("a", "b", "c", "d", "e", "f", "g", "h");
        for (String name : names) {
            create(name, Map.of()).append(Batches.transactional(7, 0, 0, "v"), AppendOrigin.CLIENT);
        }
        workers.close();
        disk.faults((call, path) -> call == SimulatedDisk.Call.WRITE && path.toString().endsWith(".txnindex"));
        names.forEach(name -> assertThrows(AppendRefused.class, () -> partition(name).append(Batches.marker(7, 0, false), AppendOrigin.COORDINATOR)));
        disk.faults(SimulatedDisk.Faults.NONE);
        restart();
        names.forEach(name -> partition(name).append(Batches.marker(7, 0, false), AppendOrigin.COORDINATOR));
        timers.advanceMs(A_MOMENT_MS);
        workers.close();
        disk.crash();
        open();
        for (String name : names) {
            Fetched fetched = partition(name).read(0, 1 << 20, true, ReadLimit.LAST_STABLE);
            fetched.records().release();
            assertEquals(List.of(new AbortedTransaction(7, 0)), fetched.aborted(), name);
        }
    }

    /** The journal was replaced to undo a change, but not its name made durable before the process was killed. */
    @Test
    void whatWasChangedInAReplacedCatalogOutlivesAPowerCut() throws IOException {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "m");
        for (int seed = 0; seed < 20; seed++) {
            SimulatedDisk doubtful = new SimulatedDisk(new Random(seed));
            LocalCatalog first = LocalCatalog.open(LogSettings.in(DIRECTORY), doubtful, clock, timers, workers);
            doubtful.faults((call, path) -> call == SimulatedDisk.Call.SYNC_DIRECTORY || call == SimulatedDisk.Call.FORCE && path.endsWith(LocalCatalog.JOURNAL));
            assertThrows(KafkaStorageException.class, () -> first.replaceConfigs(resource, Map.of("interval.ms", "1000")));
            doubtful.faults(SimulatedDisk.Faults.NONE);
            doubtful.kill();
            LocalCatalog second = LocalCatalog.open(LogSettings.in(DIRECTORY), doubtful, clock, timers, workers);
            second.replaceConfigs(resource, Map.of("interval.ms", "2000"));
            doubtful.crash();
            LocalCatalog third = LocalCatalog.open(LogSettings.in(DIRECTORY), doubtful, clock, timers, workers);
            assertEquals(Map.of("interval.ms", "2000"), third.configs().get(resource), "seed " + seed);
        }
    }

    @Test
    void aFullDiskRefusesAppendsAndServesAgainOnceThereIsRoom() {
        Partition partition = create("t", Map.of());
        append(partition, "a");
        workers.close();
        disk.capacityBytes(disk.usedBytes() + 10);
        AppendRefused refused = assertThrows(AppendRefused.class, () -> append(partition, "b"));
        assertEquals(Errors.KAFKA_STORAGE_ERROR, refused.error());
        assertEquals(List.of("0:a"), Batches.read(partition, 0, ReadLimit.HIGH_WATERMARK));
        disk.capacityBytes(Long.MAX_VALUE);
        append(partition, "c");
        workers.close();
        assertEquals(List.of("0:a", "1:c"), Batches.read(partition, 0, ReadLimit.HIGH_WATERMARK));
    }

    @Test
    void aFailedFlushIsToldToWhoWaitsAndNothingOfItCountsAsDurable() throws IOException {
        Partition partition = create("t", Map.of());
        Partition other = create("other", Map.of());
        append(partition, "a");
        workers.close();
        List<Errors> told = new ArrayList<>();
        append(partition, "b");
        partition.whenDurable(2, failure -> told.add(failure == null ? Errors.NONE : Errors.forException(failure)));
        disk.faults((call, path) -> call == SimulatedDisk.Call.FORCE && path.equals(SEGMENT));
        workers.close();
        disk.faults(SimulatedDisk.Faults.NONE);
        assertEquals(List.of(Errors.KAFKA_STORAGE_ERROR), told);
        assertThrows(KafkaStorageException.class, partition::offsets);
        append(other, "x");
        workers.close();
        assertEquals(List.of("0:x"), Batches.read(other, 0, ReadLimit.HIGH_WATERMARK));
        clock.advance(5_000);
        long end = partition.offsets().logEnd();
        workers.close();
        disk.crash();
        workers.clear();
        open();
        assertEquals(end, partition("t").offsets().logEnd(), "what was said to be there after the outage survives a power cut");
        assertEquals("0:a", Batches.read(partition("t"), 0, ReadLimit.HIGH_WATERMARK).getFirst());
    }

    @Test
    void aDamagedBatchThatWasDurableStopsItsPartitionOnly() throws IOException {
        Partition partition = create("t", Map.of());
        Partition other = create("other", Map.of());
        for (int i = 0; i < 5; i++) {
            append(partition, "v" + i);
            append(other, "w" + i);
        }
        workers.close();
        try (DiskFile file = disk.open(SEGMENT, OpenMode.READ_WRITE)) {
            file.write(ByteBuffer.wrap(new byte[] {99}), 150);
        }
        restart();
        assertThrows(KafkaStorageException.class, () -> partition("t").read(0, 10_000, true, ReadLimit.HIGH_WATERMARK));
        assertThrows(KafkaStorageException.class, () -> append(partition("t"), "more"));
        clock.advance(3_600_000);
        assertThrows(KafkaStorageException.class, () -> partition("t").offsets(), "time does not heal damage");
        assertEquals(5, Batches.read(partition("other"), 0, ReadLimit.HIGH_WATERMARK).size());
    }

    @Test
    void aConsumerNeverSeesWhatAPowerCutCouldTakeAway() {
        Partition partition = create("t", Map.of());
        append(partition, "a");
        assertEquals(0, partition.offsets().highWatermark());
        assertEquals(List.of(), Batches.read(partition, 0, ReadLimit.HIGH_WATERMARK));
        workers.close();
        assertEquals(List.of("0:a"), Batches.read(partition, 0, ReadLimit.HIGH_WATERMARK));
    }

    @Test
    void oldSegmentsGoByTimeAndTheirFilesAWhileLater() throws IOException {
        Partition partition = create("t", Map.of("internal.segment.bytes", "200", "retention.ms", "60000", "file.delete.delay.ms", "5000"));
        for (int i = 0; i < 10; i++) {
            append(partition, "v" + i);
        }
        workers.close();
        catalog.retain();
        assertEquals(0, partition.offsets().logStart());
        clock.advance(60_001);
        catalog.retain();
        workers.close();
        catalog.retain();
        assertEquals(10, partition.offsets().logStart());
        assertThrows(OffsetOutOfRangeException.class, () -> partition.read(0, 100, true, ReadLimit.HIGH_WATERMARK));
        assertTrue(disk.list(DIRECTORY.resolve("t-0")).stream().anyMatch(name -> name.endsWith(".deleted")));
        timers.advanceMs(5_000);
        workers.close();
        assertFalse(disk.list(DIRECTORY.resolve("t-0")).stream().anyMatch(name -> name.endsWith(".deleted")));
        restart();
        assertEquals(10, partition("t").offsets().logStart());
        assertEquals(10, partition("t").append(Batches.of("next"), AppendOrigin.CLIENT).baseOffset());
    }

    @Test
    void indexesThatWereLeftBehindByTheirLogGoWithTheNextStart() throws IOException {
        Partition partition = create("t", Map.of("internal.segment.bytes", "200", "index.interval.bytes", "0"));
        for (int i = 0; i < 10; i++) {
            append(partition, "v" + i);
        }
        workers.close();
        disk.faults((call, path) -> call == SimulatedDisk.Call.MOVE && path.toString().contains("index"));
        partition.deleteRecordsBefore(7);
        workers.close();
        disk.faults(SimulatedDisk.Faults.NONE);
        assertFalse(indexesWithoutLog().isEmpty());
        restart();
        assertEquals(7, partition("t").offsets().logStart());
        assertEquals(List.of(), indexesWithoutLog());
        assertEquals(List.of("7:v7", "8:v8", "9:v9"), Batches.read(partition("t"), 7, ReadLimit.LOG_END));
    }

    private List<String> indexesWithoutLog() throws IOException {
        List<String> names = disk.list(DIRECTORY.resolve("t-0"));
        return names.stream().filter(name -> name.endsWith("index") && !names.contains(name.replaceFirst("\\.[a-z]+$", ".log"))).toList();
    }

    @Test
    void oldSegmentsGoBySizeAndAChangedConfigCountsAtOnce() {
        Partition partition = create("t", Map.of("internal.segment.bytes", "200"));
        for (int i = 0; i < 20; i++) {
            append(partition, "v" + i);
        }
        workers.close();
        catalog.retain();
        assertEquals(0, partition.offsets().logStart());
        catalog.replaceConfigs(new ConfigResource(ConfigResource.Type.TOPIC, "t"),
                Map.of("internal.segment.bytes", "200", "retention.bytes", "500"));
        catalog.retain();
        assertTrue(partition.offsets().logStart() > 0);
        assertTrue(partition.describe().sizeBytes() >= 500 && partition.describe().sizeBytes() < 700, () -> "kept " + partition.describe().sizeBytes());
        assertEquals(20, partition.offsets().highWatermark());
    }
}
