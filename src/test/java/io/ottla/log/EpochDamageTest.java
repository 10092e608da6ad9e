// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.topic.AppendOrigin;
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
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Where each leader epoch ended is what a consumer asks to find out whether what it has read is still there: a wrong answer sends it back
 * to what it has read already. Each start after a kill has an epoch of its own with {@code --flush os}.
 */
class EpochDamageTest {
    private static final Path DIRECTORY = Path.of("/sim");
    private static final Path EPOCHS = DIRECTORY.resolve("t-0/" + LogFileNames.LEADER_EPOCHS);
    private static final int LIVES = 4;

    private final Random random = new Random(1);
    private final SimulatedDisk disk = new SimulatedDisk(random);
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final ManualWorkers workers = new ManualWorkers(random);
    private LocalCatalog catalog;

    private void open() throws IOException {
        workers.clear();
        catalog = LocalCatalog.open(LogSettings.in(DIRECTORY).withFlushMode(FlushMode.OS), disk, clock, new ManualTimers(clock), workers);
    }

    private Partition partition() {
        return catalog.topics().get("t").partitions().getFirst();
    }

    /** Two records in each epoch, which begin at 0, 2, 4 and 6, in segments of one or two batches. */
    @BeforeEach
    void liveAndDieAFewTimes() throws IOException {
        open();
        catalog.create("t", 1, Map.of("internal.segment.bytes", "200"));
        for (int life = 0; life < LIVES; life++) {
            partition().append(Batches.of("a" + life), AppendOrigin.CLIENT);
            partition().append(Batches.of("b" + life), AppendOrigin.CLIENT);
            ((LocalPartition) partition()).flushInBackground();
            workers.close();
            disk.kill();
            open();
        }
        checkEpochs();
    }

    private void checkEpochs() {
        for (int epoch = 0; epoch < LIVES; epoch++) {
            assertEquals(new OffsetQuery.Answer(2 * epoch + 2, -1, epoch), partition().find(new OffsetQuery.EndOfEpoch(epoch)), "end of epoch " + epoch);
        }
        assertEquals(LIVES, partition().offsets().leaderEpoch());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0\n", "0\n4\n0 0\n1 2\n2 4\n3 ", "0\n1\n0 0\n", "0\n2\n0 0\n3 6\n", "0\n4\n0 0\n1 3\n2 4\n3 6\n", "0\n4\n0 0\n1 2\n2 5\n3 6\n",
        "0\n4\n0 0\n1 2\n2 4\n3 9\n", "0\n1\n7 0\n", "0\n4\n0 2\n1 0\n2 4\n3 6\n", "0\n4\n0 0\n1 2\n2 4\n9 6\n", "1\n4\n0 0\n1 2\n2 4\n3 6\n"})
    void whatADamagedFileSaysIsNotBelieved(String content) throws IOException {
        catalog.close();
        try (DiskFile file = disk.open(EPOCHS, OpenMode.READ_WRITE)) {
            file.truncate(0);
            file.write(ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8)), 0);
        }
        open();
        checkEpochs();
        catalog.close();
        open();
        checkEpochs();
    }

    @Test
    void aFileThatIsGoneIsMadeAnew() throws IOException {
        catalog.close();
        disk.delete(EPOCHS);
        open();
        checkEpochs();
    }

    @Test
    void withoutFlushPointsTheBatchesTell() throws IOException {
        catalog.close();
        disk.delete(EPOCHS);
        disk.delete(DIRECTORY.resolve("flush-points"));
        open();
        assertEquals(new OffsetQuery.Answer(2, -1, 0), partition().find(new OffsetQuery.EndOfEpoch(0)));
        assertEquals(new OffsetQuery.Answer(6, -1, 2), partition().find(new OffsetQuery.EndOfEpoch(2)));
        assertEquals(LIVES, partition().offsets().leaderEpoch(), "an epoch of its own, as nobody knows how the last one ended");
    }

    /** Who has read what a power cut took away must find out when others are there. */
    @Test
    void noEpochIsGivenTwiceThoughThePowerTookAllItsRecords() throws IOException {
        partition().append(Batches.of("lost"), AppendOrigin.CLIENT);
        int seen = partition().offsets().leaderEpoch();
        disk.kill();
        open();
        partition().append(Batches.of("lost too"), AppendOrigin.CLIENT);
        assertEquals(seen + 1, partition().offsets().leaderEpoch());
        disk.crash();
        open();
        partition().append(Batches.of("other"), AppendOrigin.CLIENT);
        assertEquals(seen + 2, partition().offsets().leaderEpoch());
        List<String> read = Batches.read(partition(), 0, ReadLimit.LOG_END);
        assertEquals("other", read.getLast().split(":")[1]);
    }

    @Test
    void anImportAsksTheBatchesToo(@TempDir Path to) throws IOException {
        catalog.close();
        Path from = to.resolve("from");
        copy(from);
        Files.delete(from.resolve("t-0").resolve(LogFileNames.LEADER_EPOCHS));
        try (LocalCatalog target = LocalCatalog.open(LogSettings.in(to.resolve("data")), new LocalDisk(), clock, new ManualTimers(clock));
                LogImport source = LogImport.open(new LocalDisk(), from)) {
            Partition partition = source.copy(source.topics().getFirst(), target, Map.of()).partitions().getFirst();
            assertEquals(new OffsetQuery.Answer(2, -1, 0), partition.find(new OffsetQuery.EndOfEpoch(0)));
            assertEquals(new OffsetQuery.Answer(4, -1, 1), partition.find(new OffsetQuery.EndOfEpoch(1)));
            assertEquals(LIVES - 1, partition.offsets().leaderEpoch());
        }
    }

    private void copy(Path to) throws IOException {
        Files.createDirectories(to.resolve("t-0"));
        List<String> names = new ArrayList<>(List.of("meta.properties"));
        disk.list(DIRECTORY.resolve("t-0")).forEach(name -> names.add("t-0/" + name));
        for (String name : names) {
            ByteBuffer bytes = SmallFiles.read(disk, DIRECTORY.resolve(name));
            byte[] content = new byte[bytes.remaining()];
            bytes.get(content);
            Files.write(to.resolve(name), content);
        }
    }
}
