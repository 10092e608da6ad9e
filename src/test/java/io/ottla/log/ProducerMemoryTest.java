// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Appended;
import io.ottla.topic.Partition;
import io.ottla.topic.PartitionDescription.ProducerState;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import io.ottla.world.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long, and how exactly, a partition remembers its idempotent producers. */
class ProducerMemoryTest {
    private static final Path DIRECTORY = Path.of("/sim");
    private static final long EXPIRATION_MS = LogSettings.in(DIRECTORY).producerExpirationMs().getAsLong();

    private final Random random = new Random(1);
    private final SimulatedDisk disk = new SimulatedDisk(random);
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final ManualWorkers workers = new ManualWorkers(random);
    private LocalCatalog catalog;

    @BeforeEach
    void open() throws IOException {
        catalog = LocalCatalog.open(LogSettings.in(DIRECTORY), disk, clock, new ManualTimers(clock), workers);
    }

    private void restart() throws IOException {
        workers.close();
        disk.kill();
        workers.clear();
        open();
    }

    private Partition create(Map<String, String> configs) {
        return catalog.create("t", 1, configs).partitions().getFirst();
    }

    private Partition partition() {
        return catalog.topics().get("t").partitions().getFirst();
    }

    private List<Long> remembered() {
        return partition().describe().producers().stream().map(ProducerState::producerId).sorted().toList();
    }

    @Test
    void anIdleProducerIsForgottenUnlessItsTransactionIsOpen() throws IOException {
        create(Map.of("retention.ms", "-1"));
        partition().append(Batches.idempotent(1, 0, 0, "a"), AppendOrigin.CLIENT);
        partition().append(Batches.transactional(2, 0, 0, "b"), AppendOrigin.CLIENT);
        clock.advance(EXPIRATION_MS / 2);
        partition().append(Batches.idempotent(3, 0, 0, "c"), AppendOrigin.CLIENT);
        clock.advance(EXPIRATION_MS / 2 + 1);
        catalog.forgetIdleProducers();
        assertEquals(List.of(2L, 3L), remembered());
        assertEquals(3, partition().append(Batches.idempotent(1, 0, 7, "d"), AppendOrigin.CLIENT).baseOffset(), "a forgotten producer goes on with any sequence");
        restart();
        assertTrue(remembered().contains(2L));
        clock.advance(EXPIRATION_MS + 1);
        catalog.forgetIdleProducers();
        assertEquals(List.of(2L), remembered());
    }

    @Test
    void aRestartDoesNotMakeAProducerYoungAgain() throws IOException {
        create(Map.of());
        partition().append(Batches.idempotent(1, 0, 0, "a"), AppendOrigin.CLIENT);
        clock.advance(EXPIRATION_MS / 2);
        partition().append(Batches.idempotent(2, 0, 0, "b"), AppendOrigin.CLIENT);
        catalog.close();
        restart();
        assertEquals(List.of(1L, 2L), remembered());
        clock.advance(EXPIRATION_MS / 2 + 1);
        catalog.forgetIdleProducers();
        assertEquals(List.of(2L), remembered());
    }

    @Test
    void aDuplicateIsAnsweredWithOffsetAndTimeOfTheFirstAlsoAfterARestart() throws IOException {
        create(Map.of("message.timestamp.type", "LogAppendTime"));
        Appended first = partition().append(Batches.idempotent(1, 0, 0, "a"), AppendOrigin.CLIENT);
        long writtenMs = clock.wallMs();
        clock.advance(5_000);
        for (int start = 0; start < 2; start++) {
            Appended again = partition().append(Batches.idempotent(1, 0, 0, "a"), AppendOrigin.CLIENT);
            assertTrue(again.duplicate());
            assertEquals(first.baseOffset(), again.baseOffset());
            assertEquals(writtenMs, again.logAppendTimeMs());
            restart();
        }
    }
}
