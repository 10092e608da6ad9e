// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.log.LogSettings.WriteAhead;
import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.world.Disk.OpenMode;
import io.ottla.world.DiskFile;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import io.ottla.world.SimulatedDisk;
import io.ottla.world.SimulatedDisk.Call;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.errors.ApiException;
import org.junit.jupiter.api.Test;

/** Small appends are durable before their segments are flushed, and nothing depends on it that this works. */
class WriteAheadLogTest {
    private static final Path DIRECTORY = Path.of("/sim");
    private static final Path FILE = DIRECTORY.resolve(WriteAheadLog.FILE);
    private static final LogSettings SETTINGS = LogSettings.in(DIRECTORY).withWriteAhead(new WriteAhead(2000, 1));

    private final Random random = new Random(1);
    private SimulatedDisk disk = new SimulatedDisk(random);
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final ManualTimers timers = new ManualTimers(clock);
    private final ManualWorkers workers = new ManualWorkers(random);
    private final List<ApiException> answers = new ArrayList<>();
    private LogSettings settings = SETTINGS;
    private LocalCatalog catalog;
    private int segmentFlushes;
    private boolean failing;

    private void open() throws IOException {
        workers.clear();
        catalog = LocalCatalog.open(settings, disk, clock, timers, workers);
        disk.faults((call, path) -> {
            segmentFlushes += call == Call.FORCE && path.toString().endsWith(".log") ? 1 : 0;
            return failing && path.equals(FILE) && (call == Call.WRITE || call == Call.FORCE);
        });
    }

    /** A topic whose segment was flushed once, and a file to write ahead. */
    private Partition prepared() throws IOException {
        open();
        Partition partition = catalog.create("t", 1, Map.of()).partitions().getFirst();
        append(partition, "first");
        assertTrue(disk.exists(FILE));
        segmentFlushes = 0;
        answers.clear();
        return partition;
    }

    private Partition partition() {
        return catalog.topics().get("t").partitions().getFirst();
    }

    private void append(Partition partition, String value) {
        long end = partition.append(Batches.of(value), AppendOrigin.CLIENT).lastOffset() + 1;
        partition.whenDurable(end, answers::add);
        workers.close();
        assertNull(answers.getLast());
        assertEquals(end, partition.offsets().highWatermark());
    }

    private static List<String> read(Partition partition) {
        return Batches.read(partition, 0, ReadLimit.HIGH_WATERMARK);
    }

    @Test
    void whatIsWrittenAheadOutlivesPowerCutsWithoutAFlushOfItsSegment() throws IOException {
        for (int seed = 0; seed < 50; seed++) {
            disk = new SimulatedDisk(new Random(seed));
            Partition partition = prepared();
            append(partition, "second");
            append(partition, "third");
            assertEquals(0, segmentFlushes);
            for (int i = 0; i < 2; i++) {
                disk.crash();
                open();
                assertEquals(List.of("0:first", "1:second", "2:third"), read(partition()));
            }
        }
    }

    @Test
    void aCleanStopLeavesNoFile() throws IOException {
        append(prepared(), "second");
        catalog.close();
        assertFalse(disk.exists(FILE));
        disk.crash();
        open();
        assertEquals(List.of("0:first", "1:second"), read(partition()));
    }

    @Test
    void theFileStaysAsLargeAsItIs() throws IOException {
        Partition partition = prepared();
        long size = size();
        for (int i = 0; i < 200; i++) {
            append(partition, "v" + i);
        }
        assertEquals(size, size());
        assertTrue(segmentFlushes > 0 && segmentFlushes < 50, () -> segmentFlushes + " flushes of the segment for 200 appends");
        disk.crash();
        open();
        assertEquals(201, partition().offsets().highWatermark());
    }

    private long size() throws IOException {
        try (DiskFile file = disk.open(FILE, OpenMode.READ)) {
            return file.size();
        }
    }

    @Test
    void whereWritingAheadFailsSegmentsAreFlushed() throws IOException {
        Partition partition = prepared();
        append(partition, "second");
        failing = true;
        append(partition, "third");
        failing = false;
        assertTrue(segmentFlushes > 0);
        assertFalse(disk.exists(FILE), "a file that failed is given up once nobody needs it");
        append(partition, "fourth");
        disk.crash();
        open();
        assertEquals(List.of("0:first", "1:second", "2:third", "3:fourth"), read(partition()));
    }

    @Test
    void aFileThatCannotBeMadeIsDoneWithout() throws IOException {
        failing = true;
        open();
        Partition partition = catalog.create("t", 1, Map.of()).partitions().getFirst();
        append(partition, "first");
        append(partition, "second");
        assertFalse(disk.exists(FILE));
        disk.crash();
        failing = false;
        open();
        assertEquals(List.of("0:first", "1:second"), read(partition()));
    }

    @Test
    void aDiskThatIsNearlyFullIsLeftToRecords() throws IOException {
        settings = SETTINGS.withWriteAhead(new WriteAhead(100_000, 1));
        disk.capacityBytes(1_000_000);
        open();
        Partition partition = catalog.create("t", 1, Map.of()).partitions().getFirst();
        append(partition, "first");
        append(partition, "second");
        assertFalse(disk.exists(FILE));
        disk.capacityBytes(Long.MAX_VALUE);
        append(partition, "too early to try again");
        assertFalse(disk.exists(FILE));
        clock.advance(61_000);
        append(partition, "third");
        append(partition, "fourth");
        assertTrue(disk.exists(FILE));
    }

    /** What is damaged is not put back; what the segments hold by themselves is left alone. */
    @Test
    void damageInTheFileHarmsNothingElse() throws IOException {
        for (int seed = 0; seed < 200; seed++) {
            Random damage = new Random(seed);
            disk = new SimulatedDisk(new Random(seed));
            Partition partition = prepared();
            for (int i = 0; i < 20; i++) {
                append(partition, "v" + i);
            }
            disk.kill();
            damage(damage);
            open();
            assertEquals(21, read(partition()).size(), "seed " + seed);
            append(partition(), "more");
            workers.close();
            assertEquals(22, read(partition()).size(), "seed " + seed);
        }
    }

    private void damage(Random damage) throws IOException {
        try (DiskFile file = disk.open(FILE, OpenMode.READ_WRITE)) {
            if (damage.nextInt(4) == 0) {
                file.truncate(damage.nextInt((int) file.size()));
                return;
            }
            for (int i = 1 + damage.nextInt(20); i > 0; i--) {
                byte[] bytes = new byte[1 + damage.nextInt(8)];
                damage.nextBytes(bytes);
                file.write(ByteBuffer.wrap(bytes), damage.nextInt((int) file.size()));
            }
        }
    }

    @Test
    void whatWasWrittenForADeletedTopicIsForgotten() throws IOException {
        append(prepared(), "second");
        catalog.delete("t");
        workers.close();
        append(catalog.create("t", 1, Map.of()).partitions().getFirst(), "another");
        disk.crash();
        open();
        assertEquals(List.of("0:another"), read(partition()));
    }
}
