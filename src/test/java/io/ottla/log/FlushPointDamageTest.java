// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.world.LocalDisk;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Single bits changed in the file of flush points: what an older point says is true, too, though segments have come and gone since. */
class FlushPointDamageTest {
    @TempDir
    Path directory;

    private final ManualClock clock = new ManualClock(Batches.NOW);

    private LocalCatalog open() throws IOException {
        return LocalCatalog.open(LogSettings.in(directory), new LocalDisk(), clock, new ManualTimers(clock));
    }

    private static Partition partition(LocalCatalog catalog) {
        return catalog.topics().get("t").partitions().getFirst();
    }

    @Test
    void whicheverBitIsChangedAfterRetentionTheRecordsAreServed() throws IOException {
        try (LocalCatalog catalog = open()) {
            Partition partition = catalog.create("t", 1, Map.of("internal.segment.bytes", "400", "file.delete.delay.ms", "0")).partitions().getFirst();
            for (int i = 0; i < 20; i++) {
                partition.append(Batches.of("v" + i), AppendOrigin.CLIENT);
                Batches.awaitDurable(partition);
                partition.deleteRecordsBefore(i / 2);
            }
        }
        checkEachByte();
    }

    @Test
    void whicheverBitIsChangedAfterCompactionTheRecordsAreServed() throws IOException {
        try (LocalCatalog catalog = open()) {
            Partition partition = catalog.create("t", 1, Map.of("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0", "internal.segment.bytes", "400")).partitions().getFirst();
            for (int i = 0; i < 40; i++) {
                partition.append(Batches.of("v" + i % 7, "w" + i % 3), AppendOrigin.CLIENT);
                Batches.awaitDurable(partition);
                if (i % 10 == 9) {
                    catalog.compact();
                }
            }
        }
        checkEachByte();
    }

    private void checkEachByte() throws IOException {
        Path points = directory.resolve("flush-points");
        byte[] good = Files.readAllBytes(points);
        List<String> written;
        try (LocalCatalog catalog = open()) {
            written = Batches.read(partition(catalog), partition(catalog).offsets().logStart(), ReadLimit.HIGH_WATERMARK);
        }
        for (int at = 0; at < good.length; at += 11) {
            byte[] bad = good.clone();
            bad[at] ^= 4;
            Files.write(points, bad);
            int changed = at;
            try (LocalCatalog catalog = open()) {
                List<String> read = Batches.read(partition(catalog), partition(catalog).offsets().logStart(), ReadLimit.HIGH_WATERMARK);
                assertTrue(read.size() >= written.size() && read.subList(read.size() - written.size(), read.size()).equals(written), () -> "byte " + changed + ": " + read);
            }
        }
        try (LocalCatalog catalog = open()) {
            assertEquals(written.getLast().split(":")[0], Long.toString(partition(catalog).offsets().logEnd() - 1));
        }
    }
}
