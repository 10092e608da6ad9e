// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.AppendRefused;
import io.ottla.topic.OffsetQuery;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.world.Disk.OpenMode;
import io.ottla.world.DiskFile;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import io.ottla.world.SimulatedDisk;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Files changed at random while the broker is down: what is read afterwards is what was written, or the partition says that it cannot serve. */
class RecoveryFuzzTest {
    private static final int CASES = Integer.getInteger("ottla.fuzz", 1500);
    private static final long FIRST_SEED = Long.getLong("ottla.seed", 1);
    private static final Path DIRECTORY = Path.of("/sim");
    private static final int BATCHES = 25;

    private final PrintStream standardError = System.err;

    /** Damage is logged: that is not what the test is about. */
    @BeforeEach
    void quiet() {
        System.setErr(new PrintStream(OutputStream.nullOutputStream()));
    }

    @AfterEach
    void loud() {
        System.setErr(standardError);
    }

    @Test
    void damagedFilesNeverGiveWrongRecords() {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + CASES; seed++) {
            try {
                run(new Random(seed));
            } catch (IOException | RuntimeException | AssertionError | OutOfMemoryError e) {
                fail("seed " + seed, e);
            }
        }
    }

    private static void run(Random random) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        ManualClock clock = new ManualClock(Batches.NOW);
        ManualWorkers workers = new ManualWorkers(random);
        List<String> written = write(random, disk, clock, workers);
        damage(random, disk);
        ManualTimers timers = new ManualTimers(clock);
        try (LocalCatalog catalog = LocalCatalog.open(LogSettings.in(DIRECTORY), disk, clock, timers, workers)) {
            Partition partition = catalog.topics().get("t").partitions().getFirst();
            check(partition, written);
        }
    }

    private static List<String> write(Random random, SimulatedDisk disk, ManualClock clock, ManualWorkers workers) throws IOException {
        LocalCatalog catalog = LocalCatalog.open(LogSettings.in(DIRECTORY), disk, clock, new ManualTimers(clock), workers);
        Partition partition = catalog.create("t", 1, Map.of("internal.segment.bytes", "1000", "index.interval.bytes", "100")).partitions().getFirst();
        List<String> written = new ArrayList<>();
        for (int i = 0; i < BATCHES; i++) {
            String value = "v" + i + "x".repeat(random.nextInt(50));
            partition.append(random.nextBoolean() ? Batches.of(value) : Batches.idempotent(7, 0, i, value), AppendOrigin.COORDINATOR);
            written.add(i + ":" + value);
            if (random.nextInt(4) == 0) {
                workers.runOne();
            }
        }
        if (random.nextBoolean()) {
            catalog.close();
        } else {
            disk.kill();
            workers.clear();
        }
        return written;
    }

    private static void damage(Random random, SimulatedDisk disk) throws IOException {
        Path folder = DIRECTORY.resolve("t-0");
        List<String> names = disk.list(folder);
        for (int i = random.nextInt(3); i >= 0; i--) {
            Path path = folder.resolve(names.get(random.nextInt(names.size())));
            if (!disk.exists(path)) {
                continue;
            }
            if (random.nextInt(10) == 0) {
                disk.delete(path);
                continue;
            }
            try (DiskFile file = disk.open(path, OpenMode.READ_WRITE)) {
                change(random, file);
            }
        }
    }

    private static void change(Random random, DiskFile file) throws IOException {
        int size = (int) file.size();
        if (size == 0 || random.nextInt(6) == 0) {
            byte[] more = new byte[1 + random.nextInt(100)];
            random.nextBytes(more);
            file.write(ByteBuffer.wrap(more), size);
        } else if (random.nextInt(5) == 0) {
            file.truncate(random.nextInt(size));
        } else {
            file.write(ByteBuffer.wrap(new byte[] {(byte) random.nextInt()}), random.nextInt(size));
        }
    }

    /** Records may be missing at the end where nothing said that they were durable, but none may be wrong or skipped. */
    private static void check(Partition partition, List<String> written) {
        try {
            List<String> read = Batches.read(partition, partition.offsets().logStart(), ReadLimit.HIGH_WATERMARK);
            int start = (int) partition.offsets().logStart();
            int end = Math.min(written.size(), start + read.size());
            assertTrue(read.equals(written.subList(start, end)), () -> "read " + read);
            partition.find(new OffsetQuery.ByTimestamp(Batches.NOW));
            partition.find(new OffsetQuery.MaxTimestamp());
            partition.append(Batches.of("more"), AppendOrigin.CLIENT);
        } catch (KafkaStorageException offline) {
            assertTrue(offline.getMessage() != null);
        } catch (AppendRefused refused) {
            assertEquals(Errors.KAFKA_STORAGE_ERROR, refused.error(), refused.getMessage());
        }
    }
}
