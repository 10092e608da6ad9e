// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Partition;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import io.ottla.world.SimulatedDisk;
import io.ottla.world.SimulatedDisk.Call;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.junit.jupiter.api.Test;

/** Which files are flushed how, when several partitions wait. */
class GroupCommitTest {
    private static final Path DIRECTORY = Path.of("/sim");
    private static final int PARTITIONS = 10;

    private final Random random = new Random(1);
    private final SimulatedDisk disk = new SimulatedDisk(random);
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final ManualTimers timers = new ManualTimers(clock);
    private final ManualWorkers workers = new ManualWorkers(random);
    private final Set<Path> flushedAlone = new HashSet<>();
    private final Set<Path> flushedTogether = new HashSet<>();
    private final Map<Integer, ApiException> answers = new HashMap<>();
    private Path failing;
    private LocalCatalog catalog;
    private List<Partition> partitions;

    private void open(boolean syncsAll) throws IOException {
        disk.syncsAll(syncsAll);
        disk.faults((call, path) -> {
            if (path.toString().endsWith(".log")) {
                if (call == Call.FORCE) {
                    flushedAlone.add(path);
                    return path.equals(failing);
                } else if (call == Call.SYNC_ALL) {
                    flushedTogether.add(path);
                    return path.equals(failing);
                }
            }
            return false;
        });
        catalog = LocalCatalog.open(LogSettings.in(DIRECTORY), disk, clock, timers, workers);
        partitions = catalog.create("t", PARTITIONS, Map.of()).partitions();
        // The first that come find out what the disk can do.
        appendToAll();
    }

    private void appendToAll() {
        appendTo(PARTITIONS);
        workers.close();
        assertEquals(PARTITIONS, answers.size());
    }

    private void appendTo(int count) {
        flushedAlone.clear();
        flushedTogether.clear();
        answers.clear();
        for (int i = 0; i < count; i++) {
            int index = i;
            long end = partitions.get(i).append(Batches.of("v"), AppendOrigin.CLIENT).lastOffset() + 1;
            partitions.get(i).whenDurable(end, failure -> answers.put(index, failure));
        }
    }

    private static Path file(int partition) {
        return DIRECTORY.resolve("t-" + partition + "/00000000000000000000.log");
    }

    @Test
    void partitionsThatWaitTogetherAreFlushedTogether() throws IOException {
        open(true);
        appendToAll();
        assertEquals(Set.of(), flushedAlone);
        assertEquals(PARTITIONS, flushedTogether.size());
        answers.values().forEach(failure -> assertNull(failure));
        disk.crash();
        try (LocalCatalog again = LocalCatalog.open(LogSettings.in(DIRECTORY), disk, clock, timers, workers)) {
            again.topics().get("t").partitions().forEach(partition -> assertEquals(2, partition.offsets().logEnd()));
        }
    }

    @Test
    void aPartitionAloneIsFlushedAlone() throws IOException {
        open(true);
        appendTo(1);
        workers.close();
        assertEquals(Set.of(file(0)), flushedAlone);
        assertEquals(Set.of(), flushedTogether);
    }

    @Test
    void whereThereIsNoSuchSyncEachIsFlushedAlone() throws IOException {
        open(false);
        appendToAll();
        assertEquals(PARTITIONS, flushedAlone.size());
        answers.values().forEach(failure -> assertNull(failure));
    }

    @Test
    void aFileThatCouldNotBeWrittenCostsOnlyItsPartition() throws IOException {
        open(true);
        failing = file(3);
        appendToAll();
        for (int i = 0; i < PARTITIONS; i++) {
            if (i == 3) {
                assertInstanceOf(KafkaStorageException.class, answers.get(i));
            } else {
                assertNull(answers.get(i), "partition " + i);
            }
        }
    }

    @Test
    void whatComesDuringARoundIsForTheNextOne() throws IOException {
        open(true);
        List<Integer> during = new ArrayList<>();
        disk.duringForce(() -> {
            disk.duringForce(() -> { });
            for (int i = 5; i < PARTITIONS; i++) {
                int index = i;
                long end = partitions.get(i).append(Batches.of("late"), AppendOrigin.CLIENT).lastOffset() + 1;
                partitions.get(i).whenDurable(end, failure -> during.add(index));
            }
        });
        appendTo(5);
        assertTrue(workers.runOne());
        assertEquals(5, answers.size());
        assertEquals(List.of(), during);
        assertEquals(Set.of(file(0), file(1), file(2), file(3), file(4)), flushedTogether);
        workers.close();
        assertEquals(5, during.size());
        assertEquals(Set.of(), flushedAlone);
    }

    @Test
    void whoIsToldMayHaveTheNextFlushBegin() throws IOException {
        open(true);
        Partition partition = catalog.create("rolling", 1, Map.of("internal.segment.bytes", "100")).partitions().getFirst();
        Path folder = DIRECTORY.resolve("rolling-0");
        long end = partition.append(Batches.of("first"), AppendOrigin.CLIENT).lastOffset() + 1;
        partition.whenDurable(end, told -> {
            failing = folder.resolve("00000000000000000001.log");
            partition.append(Batches.idempotent(7, 0, 0, "second"), AppendOrigin.CLIENT);
            partition.whenDurable(end + 1, failure -> answers.put(0, failure));
            workers.close();
        });
        answers.clear();
        workers.close();
        assertInstanceOf(KafkaStorageException.class, answers.get(0));
        List<String> snapshots = disk.list(folder).stream().filter(name -> name.endsWith(".snapshot")).toList();
        assertEquals(List.of(), snapshots, "producers of records that are not durable");
    }
}
