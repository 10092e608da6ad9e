// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.topic.PartitionId;
import io.ottla.world.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** The last point that was made durable is there whatever happens to later ones. */
class FlushPointsTest {
    private static final Path FILE = Path.of("/sim/flush-points");
    private static final PartitionId PARTITION = new PartitionId("t", new Uuid(1, 2), 0);

    private static final PartitionId GONE = new PartitionId("gone", new Uuid(3, 4), 0);

    private static SimulatedDisk disk(Random random) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        disk.createDirectories(FILE.getParent());
        disk.syncDirectory(FILE.getParent());
        disk.syncDirectory(Path.of("/"));
        return disk;
    }

    private static FlushPoint point(long offset) {
        return new FlushPoint(0, offset, 100, 0, -1, -1, 0, 0, 0, false, false, false, 0, 0);
    }

    /** A write that fails may have been half done, in the place of one that was not durable yet: it is done again before a flush says that all is. */
    @Test
    void failedWritesHarmNothingThatIsDurable() throws IOException {
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            SimulatedDisk disk = disk(random);
            FlushPoints points = FlushPoints.open(disk, FILE);
            points.complete();
            int slot = points.claim(PARTITION).number();
            long durable = 0;
            for (long offset = 1; offset < 12; offset++) {
                FlushPoint next = point(offset);
                if (random.nextBoolean()) {
                    disk.faults((call, path) -> call == SimulatedDisk.Call.WRITE);
                    assertThrows(IOException.class, () -> points.write(slot, PARTITION, next));
                    disk.faults(SimulatedDisk.Faults.NONE);
                } else {
                    points.write(slot, PARTITION, next);
                }
                if (random.nextBoolean()) {
                    points.force();
                    durable = offset;
                }
            }
            disk.crash();
            FlushPoint found = FlushPoints.open(disk, FILE).claim(PARTITION).point();
            long offset = found == null ? 0 : found.offset();
            assertTrue(offset >= durable, "seed " + seed + ": found " + offset + " where " + durable + " was durable");
        }
    }

    /** What a slot said of a partition that is gone must not come back after a power cut, in place of what it says of its successor. */
    @Test
    void slotsOfDeletedPartitionsAreTheirSuccessorsAlone() throws IOException {
        for (int seed = 0; seed < 1000; seed++) {
            Random random = new Random(seed);
            SimulatedDisk disk = disk(random);
            FlushPoints points = FlushPoints.open(disk, FILE);
            points.complete();
            int slot = points.claim(GONE).number();
            for (int i = 5 + random.nextInt(3); i > 0; i--) {
                points.write(slot, GONE, point(i));
                points.force();
            }
            if (random.nextBoolean()) {
                disk.kill();
                points = FlushPoints.open(disk, FILE);
                points.freeUnclaimed();
            } else {
                points.free(slot);
            }
            if (random.nextBoolean()) {
                disk.crash();
                points = FlushPoints.open(disk, FILE);
                points.freeUnclaimed();
            }
            slot = points.claim(PARTITION).number();
            for (int i = random.nextInt(3); i >= 0; i--) {
                points.write(slot, PARTITION, point(i));
            }
            boolean durable = random.nextBoolean();
            if (durable) {
                points.force();
            }
            for (int i = 0; i < 3; i++) {
                disk.crash();
                points = FlushPoints.open(disk, FILE);
                boolean found = points.claim(PARTITION).point() != null;
                assertTrue(found || !durable, "seed " + seed);
                durable = found;
                points.freeUnclaimed();
            }
        }
    }
}
