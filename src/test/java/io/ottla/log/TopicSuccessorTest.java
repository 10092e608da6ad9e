// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.testkit.Eventually;
import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import io.ottla.world.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A topic that is created again after it was deleted, whose folders are called as before, keeps its own and finds nothing else. */
class TopicSuccessorTest {
    private static final Path DIRECTORY = Path.of("/sim");

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

    private Partition create() {
        return catalog.create("t", 1, Map.of("internal.segment.bytes", "150")).partitions().getFirst();
    }

    private static void append(Partition partition, String... values) {
        for (String value : values) {
            partition.append(Batches.of(value), AppendOrigin.CLIENT);
        }
    }

    private List<String> readAfter(Runnable trouble) throws IOException {
        trouble.run();
        workers.clear();
        open();
        return Batches.read(catalog.topics().get("t").partitions().getFirst(), 0, ReadLimit.LOG_END);
    }

    @Test
    void theRemovalOfOldSegmentsStopsWithTheirTopic() throws IOException {
        Partition old = create();
        append(old, "a", "b", "c");
        workers.close();
        old.deleteRecordsBefore(2);
        catalog.delete("t");
        append(create(), "new");
        workers.close();
        assertEquals(List.of("0:new"), readAfter(disk::crash));
    }

    @Test
    void aFlushThatIsUnderWayEndsBeforeTheFolderChangesHands() throws Exception {
        append(create(), "old");
        Thread operator = new Thread(() -> {
            catalog.delete("t");
            append(create(), "new");
        });
        disk.duringForce(() -> {
            disk.duringForce(() -> { });
            operator.start();
            Eventually.until(() -> "the operator neither waits nor is done", () -> operator.getState() == Thread.State.WAITING || !operator.isAlive());
        });
        workers.runOne();
        operator.join();
        assertEquals(List.of("0:new"), readAfter(disk::kill));
    }

    @Test
    void aPowerCutBringsNothingOfThePredecessorBack() throws IOException {
        for (int seed = 0; seed < 20; seed++) {
            append(create(), "old");
            workers.close();
            catalog.delete("t");
            disk.kill();
            workers.clear();
            open();
            create();
            assertEquals(List.of(), readAfter(disk::crash));
            catalog.delete("t");
        }
    }

    @Test
    void aFolderThatCouldNotBeRenamedIsMovedOutOfTheWay() throws IOException {
        append(create(), "old");
        workers.close();
        disk.faults((call, path) -> call == SimulatedDisk.Call.MOVE);
        catalog.delete("t");
        assertEquals(KafkaStorageException.class, failureOf(this::create).getClass());
        disk.faults(SimulatedDisk.Faults.NONE);
        append(create(), "new");
        workers.close();
        assertEquals(List.of("0:new"), readAfter(disk::crash));
    }

    private static RuntimeException failureOf(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            return e;
        }
        throw new AssertionError("no failure");
    }
}
