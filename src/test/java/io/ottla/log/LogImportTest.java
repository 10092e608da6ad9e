// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Fetched.AbortedTransaction;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.topic.Topic;
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
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TopicExistsException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogImportTest {
    @TempDir
    Path from;

    @TempDir
    Path to;

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private Uuid id;

    /** A directory as Kafka leaves it: the files that only Ottla has are not there. */
    @BeforeEach
    void writeSource() throws IOException {
        try (LocalCatalog catalog = open(from)) {
            Topic topic = catalog.create("t", 2, Map.of("internal.segment.bytes", "200"));
            id = topic.id();
            Partition partition = topic.partitions().getFirst();
            for (int i = 0; i < 8; i++) {
                partition.append(Batches.idempotent(5, 0, i, "v" + i), AppendOrigin.CLIENT);
            }
            partition.append(Batches.transactional(6, 0, 0, "aborted"), AppendOrigin.CLIENT);
            partition.append(Batches.marker(6, 0, false), AppendOrigin.COORDINATOR);
            Batches.awaitDurable(partition);
        }
        Files.delete(from.resolve("catalog.journal"));
        Files.delete(from.resolve("flush-points"));
        Files.writeString(from.resolve("log-start-offset-checkpoint"), "0\n1\nt 0 2\n");
    }

    private LocalCatalog open(Path directory) throws IOException {
        return LocalCatalog.open(LogSettings.in(directory), new LocalDisk(), clock, new ManualTimers(clock));
    }

    @Test
    void aTopicIsTakenOverWithOffsetsProducersAndTransactions() throws IOException {
        try (LocalCatalog catalog = open(to); LogImport source = LogImport.open(new LocalDisk(), from)) {
            assertEquals(List.of(new LogImport.Found("t", id, 1)), source.topics());
            assertEquals(id, source.copy(source.topics().getFirst(), catalog, Map.of()).id());
            check(catalog.topics().get("t").partitions().getFirst());
        }
        try (LocalCatalog catalog = open(to)) {
            Partition partition = catalog.topics().get("t").partitions().getFirst();
            check(partition);
            assertTrue(partition.append(Batches.idempotent(5, 0, 7, "v7"), AppendOrigin.CLIENT).duplicate());
            assertEquals(10, partition.append(Batches.idempotent(5, 0, 8, "v8"), AppendOrigin.CLIENT).baseOffset());
        }
    }

    private static void check(Partition partition) {
        assertEquals(2, partition.offsets().logStart());
        assertEquals(10, partition.offsets().logEnd());
        assertEquals(List.of("2:v2", "3:v3", "4:v4", "5:v5", "6:v6", "7:v7", "8:aborted"), Batches.read(partition, 2, ReadLimit.LAST_STABLE).subList(0, 7));
        assertEquals(List.of(new AbortedTransaction(6, 8)), partition.read(8, 10_000, true, ReadLimit.LAST_STABLE).aborted());
    }

    @Test
    void aTopicThatIsThereAlreadyIsLeftAlone() throws IOException {
        try (LocalCatalog catalog = open(to); LogImport source = LogImport.open(new LocalDisk(), from)) {
            catalog.create("t", 1, Map.of());
            assertThrows(TopicExistsException.class, () -> source.copy(source.topics().getFirst(), catalog, Map.of()));
            assertEquals(0, catalog.topics().get("t").partitions().getFirst().offsets().logEnd());
        }
    }

    @Test
    void aDamagedSourceIsRefusedAndLeavesNoTopic() throws IOException {
        Path segment = from.resolve("t-0/00000000000000000000.log");
        byte[] bytes = Files.readAllBytes(segment);
        bytes[70] ^= 1;
        Files.write(segment, bytes);
        try (LocalCatalog catalog = open(to); LogImport source = LogImport.open(new LocalDisk(), from)) {
            assertThrows(DamagedLogException.class, () -> source.copy(source.topics().getFirst(), catalog, Map.of()));
            assertEquals(Map.of(), catalog.topics());
        }
    }

    /** Kafka was killed between renaming what it had compacted to .swap, and what that replaces to .deleted, and renaming the former once more. */
    @Test
    void aCompactionThatKafkaWasKilledInIsFinished() throws IOException {
        Path folder = from.resolve("t-0");
        List<Path> segments = files(folder, ".log");
        assertTrue(segments.size() > 2, segments::toString);
        ByteBuffer merged = ByteBuffer.allocate(10_000).put(Files.readAllBytes(segments.get(0))).put(Files.readAllBytes(segments.get(1)));
        Path swap = folder.resolve(segments.getFirst().getFileName() + ".swap");
        try (FileChannel file = FileChannel.open(swap, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.write(merged.flip());
        }
        for (int renamed = 0; renamed <= 2; renamed++) {
            if (renamed > 0) {
                Files.move(segments.get(renamed - 1), folder.resolve(segments.get(renamed - 1).getFileName() + ".deleted"));
            }
            try (LocalCatalog catalog = open(to.resolve("data" + renamed)); LogImport source = LogImport.open(new LocalDisk(), from)) {
                check(source.copy(source.topics().getFirst(), catalog, Map.of()).partitions().getFirst());
                assertEquals(segments.size() - 1, files(to.resolve("data" + renamed).resolve("t-0"), ".log").size());
            }
        }
    }

    /** Not all of what replaces a segment is complete: it stays. */
    @Test
    void aCompactionThatKafkaHadNotFinishedWritingCountsForNothing() throws IOException {
        Path folder = from.resolve("t-0");
        Files.write(folder.resolve("00000000000000000000.log.swap"), new byte[0]);
        Files.write(folder.resolve("00000000000000000000.timeindex.cleaned"), new byte[0]);
        try (LocalCatalog catalog = open(to); LogImport source = LogImport.open(new LocalDisk(), from)) {
            check(source.copy(source.topics().getFirst(), catalog, Map.of()).partitions().getFirst());
        }
    }

    private static List<Path> files(Path folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
        }
    }

    /** An empty partition in the place of one that lies elsewhere would look as if nothing had ever been in it. */
    @Test
    void aTopicOfWhichAPartitionIsElsewhereIsRefused() throws IOException {
        Files.createDirectories(from.resolve("t-2"));
        Files.copy(from.resolve("t-0/partition.metadata"), from.resolve("t-2/partition.metadata"));
        try (LocalCatalog catalog = open(to); LogImport source = LogImport.open(new LocalDisk(), from)) {
            IOException refused = assertThrows(IOException.class, () -> source.copy(source.topics().getFirst(), catalog, Map.of()));
            assertTrue(refused.getMessage().startsWith("partition t-1 is not in "), refused.getMessage());
            assertEquals(Map.of(), catalog.topics());
        }
    }

    @Test
    void aDirectoryInUseOrOfAnotherKindIsRefused() throws Exception {
        assertThrows(IOException.class, () -> LogImport.open(new LocalDisk(), to));
        assertThrows(IOException.class, () -> open(from), "Kafka's data is no empty broker");
        try (AutoCloseable inUse = new LocalDisk().lock(from.resolve(".lock"))) {
            assertThrows(IOException.class, () -> LogImport.open(new LocalDisk(), from));
        }
    }
}
