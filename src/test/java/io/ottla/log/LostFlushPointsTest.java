// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Fetched.AbortedTransaction;
import io.ottla.topic.OffsetQuery;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.world.Disk.OpenMode;
import io.ottla.world.DiskFile;
import io.ottla.world.LocalDisk;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import io.ottla.world.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The file of flush points removed, emptied or overwritten while the broker is down: what is whole in the segments is served, all of it. */
class LostFlushPointsTest {
    @TempDir
    Path directory;

    private final ManualClock clock = new ManualClock(Batches.NOW);

    enum Loss {
        REMOVED {
            @Override
            void strike(Path points) throws IOException {
                Files.delete(points);
            }
        },
        EMPTIED {
            @Override
            void strike(Path points) throws IOException {
                Files.write(points, new byte[0]);
            }
        },
        OVERWRITTEN {
            @Override
            void strike(Path points) throws IOException {
                byte[] bytes = Files.readAllBytes(points);
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = (byte) (i * 31 + 7);
                }
                Files.write(points, bytes);
            }
        };

        abstract void strike(Path points) throws IOException;
    }

    private LocalCatalog open() throws IOException {
        return LocalCatalog.open(LogSettings.in(directory), new LocalDisk(), clock, new ManualTimers(clock));
    }

    private static Partition partition(LocalCatalog catalog) {
        return catalog.topics().get("t").partitions().getFirst();
    }

    private void lose(Loss loss) throws IOException {
        loss.strike(directory.resolve("flush-points"));
    }

    @ParameterizedTest
    @EnumSource
    void whatRetentionLeftIsServedFromTheFirstSegmentOnAndGoesOnWhereItEnded(Loss loss) throws IOException {
        try (LocalCatalog catalog = open()) {
            Partition partition = catalog.create("t", 1, Map.of("internal.segment.bytes", "400", "file.delete.delay.ms", "0")).partitions().getFirst();
            for (int i = 0; i < 20; i++) {
                partition.append(Batches.idempotent(5, 0, i, "v" + i), AppendOrigin.CLIENT);
            }
            partition.append(Batches.transactional(6, 0, 0, "aborted"), AppendOrigin.CLIENT);
            partition.append(Batches.marker(6, 0, false), AppendOrigin.COORDINATOR);
            Batches.awaitDurable(partition);
        }
        try (LocalCatalog catalog = open()) {
            partition(catalog).deleteRecordsBefore(12);
        }
        lose(loss);
        for (int start = 0; start < 2; start++) {
            try (LocalCatalog catalog = open()) {
                Partition partition = partition(catalog);
                assertEquals(22, partition.offsets().logEnd());
                long first = partition.offsets().logStart();
                assertTrue(first > 8 && first <= 12, () -> "log starts at " + first);
                List<String> read = Batches.read(partition, first, ReadLimit.HIGH_WATERMARK);
                assertEquals(first + ":v" + first, read.getFirst());
                assertEquals(20 - first + 2, read.size());
                assertEquals(List.of(new AbortedTransaction(6, 20)), partition.read(20, 10_000, true, ReadLimit.LAST_STABLE).aborted());
                assertTrue(partition.append(Batches.idempotent(5, 0, 19, "v19"), AppendOrigin.CLIENT).duplicate());
            }
        }
        try (LocalCatalog catalog = open()) {
            assertEquals(22, partition(catalog).append(Batches.idempotent(5, 0, 20, "v20"), AppendOrigin.CLIENT).baseOffset());
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatCompactionLeftIsServedWithItsGaps(Loss loss) throws IOException {
        List<String> before;
        try (LocalCatalog catalog = open()) {
            Partition partition = catalog.create("t", 1, Map.of("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0", "internal.segment.bytes", "400")).partitions().getFirst();
            for (int i = 0; i < 40; i++) {
                partition.append(Batches.of("v" + i % 7, "w" + i % 3), AppendOrigin.CLIENT);
                Batches.awaitDurable(partition);
            }
            catalog.compact();
            before = Batches.read(partition, 0, ReadLimit.HIGH_WATERMARK);
            assertTrue(before.size() < 40, () -> "compacted to " + before);
        }
        lose(loss);
        for (int start = 0; start < 2; start++) {
            try (LocalCatalog catalog = open()) {
                assertEquals(before, Batches.read(partition(catalog), 0, ReadLimit.HIGH_WATERMARK));
                assertEquals(80, partition(catalog).offsets().logEnd());
            }
        }
    }

    /** What is appended later must not be indexed as if there had been nothing before. */
    @ParameterizedTest
    @EnumSource
    void offsetsAreStillFoundByTimestamp(Loss loss) throws IOException {
        try (LocalCatalog catalog = open()) {
            Partition partition = catalog.create("t", 1, Map.of("index.interval.bytes", "50")).partitions().getFirst();
            partition.append(Batches.of(Compression.NONE, Batches.NOW + 50, "later than what follows"), AppendOrigin.CLIENT);
            Batches.awaitDurable(partition);
        }
        lose(loss);
        try (LocalCatalog catalog = open()) {
            Partition partition = partition(catalog);
            for (int i = 0; i < 5; i++) {
                partition.append(Batches.of(Compression.NONE, Batches.NOW + i, "v" + i), AppendOrigin.CLIENT);
            }
            Batches.awaitDurable(partition);
            assertEquals(0, partition.find(new OffsetQuery.ByTimestamp(Batches.NOW + 20)).offset());
            assertEquals(0, partition.find(new OffsetQuery.MaxTimestamp()).offset());
        }
    }

    @Test
    void aProducerWhoseRecordsAreGoneIsStillKnown() throws IOException {
        try (LocalCatalog catalog = open()) {
            Partition partition = catalog.create("t", 1, Map.of("internal.segment.bytes", "400", "file.delete.delay.ms", "0")).partitions().getFirst();
            partition.append(Batches.idempotent(5, 0, 0, "early"), AppendOrigin.CLIENT);
            for (int i = 1; i < 20; i++) {
                partition.append(Batches.of("v" + i), AppendOrigin.CLIENT);
            }
            Batches.awaitDurable(partition);
        }
        try (LocalCatalog catalog = open()) {
            partition(catalog).deleteRecordsBefore(12);
        }
        lose(Loss.REMOVED);
        try (LocalCatalog catalog = open()) {
            assertTrue(partition(catalog).append(Batches.idempotent(5, 0, 0, "early"), AppendOrigin.CLIENT).duplicate());
        }
    }

    /** For every way in which a power cut can treat names that were not synced. */
    @Test
    void whatIsFoundWithoutFlushPointsIsDurableWithTheNamesOfItsFiles() throws IOException {
        Path simulated = Path.of("/sim");
        for (int seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            SimulatedDisk disk = new SimulatedDisk(random);
            ManualWorkers workers = new ManualWorkers(random);
            LocalCatalog catalog = LocalCatalog.open(LogSettings.in(simulated), disk, clock, new ManualTimers(clock), workers);
            catalog.create("t", 1, Map.of()).partitions().getFirst().append(Batches.of("v"), AppendOrigin.CLIENT);
            workers.clear();
            disk.kill();
            try (DiskFile points = disk.open(simulated.resolve("flush-points"), OpenMode.READ_WRITE)) {
                points.truncate(0);
            }
            catalog = LocalCatalog.open(LogSettings.in(simulated), disk, clock, new ManualTimers(clock), workers);
            assertEquals(1, partition(catalog).offsets().logEnd());
            workers.close();
            disk.crash();
            catalog = LocalCatalog.open(LogSettings.in(simulated), disk, clock, new ManualTimers(clock), workers);
            assertEquals(1, partition(catalog).offsets().logEnd(), "seed " + seed);
        }
    }
}
