// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Fetched.AbortedTransaction;
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
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToLongFunction;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Index files flipped, cut, zeroed, swapped, removed and made up while the broker is down: every look-up is answered as if they
 * were whole, for the log itself is.
 */
class IndexDamageTest {
    private static final int CASES = Integer.getInteger("ottla.fuzz", 600);
    private static final long FIRST_SEED = Long.getLong("ottla.seed", 1);
    private static final Path DIRECTORY = Path.of("/sim");
    private static final Path FOLDER = DIRECTORY.resolve("t-0");
    private static final int STEPS = 120;
    private static final int PRODUCERS = 3;

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
    void aDamagedIndexNeverGivesAWrongAnswer() {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + CASES; seed++) {
            try {
                new Case(new Random(seed)).run();
            } catch (IOException | RuntimeException | AssertionError | OutOfMemoryError e) {
                fail("seed " + seed, e);
            }
        }
    }

    /** What is in the log: one batch an entry. */
    private record Written(long firstOffset, long lastOffset, long timestamp) {}

    private record Aborted(long producerId, long firstOffset, long marker) {}

    private static final class Case {
        private final Random random;
        private final SimulatedDisk disk;
        private final ManualClock clock = new ManualClock(Batches.NOW);
        private final ManualWorkers workers;
        private final List<Written> written = new ArrayList<>();
        private final List<Aborted> aborted = new ArrayList<>();
        private final Map<Long, Long> open = new HashMap<>();
        private final Map<Long, Integer> sequences = new HashMap<>();

        Case(Random random) {
            this.random = random;
            disk = new SimulatedDisk(random);
            workers = new ManualWorkers(random);
        }

        void run() throws IOException {
            write();
            List<String> history = new ArrayList<>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                history.add(damage());
            }
            try (LocalCatalog catalog = LocalCatalog.open(LogSettings.in(DIRECTORY), disk, clock, new ManualTimers(clock), workers)) {
                check(catalog.topics().get("t").partitions().getFirst());
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("after " + history, e);
            }
        }

        private void write() throws IOException {
            LocalCatalog catalog = LocalCatalog.open(LogSettings.in(DIRECTORY), disk, clock, new ManualTimers(clock), workers);
            Map<String, String> configs = Map.of("internal.segment.bytes", Integer.toString(500 + random.nextInt(3000)),
                    "index.interval.bytes", Integer.toString(random.nextInt(200)));
            Partition partition = catalog.create("t", 1, configs).partitions().getFirst();
            for (int i = 0; i < STEPS; i++) {
                step(partition);
                if (random.nextInt(4) == 0) {
                    workers.runOne();
                }
            }
            List.copyOf(open.keySet()).forEach(producer -> end(partition, producer, true));
            if (random.nextBoolean()) {
                catalog.close();
            } else {
                workers.close();
                disk.kill();
                workers.clear();
            }
        }

        private void step(Partition partition) {
            long producer = random.nextInt(PRODUCERS);
            if (random.nextInt(3) > 0) {
                long timestamp = Batches.NOW + written.size() * 10L + random.nextInt(60);
                int count = 1 + random.nextInt(3);
                append(partition, Batches.of(Compression.NONE, timestamp, values(count)), timestamp);
            } else if (open.containsKey(producer) && random.nextInt(3) == 0) {
                end(partition, producer, random.nextBoolean());
            } else {
                long first = partition.offsets().logEnd();
                int sequence = sequences.merge(producer, 1, Integer::sum) - 1;
                append(partition, Batches.transactional(producer, 0, sequence, "t"), Batches.NOW);
                open.putIfAbsent(producer, first);
            }
        }

        private static String[] values(int count) {
            String[] values = new String[count];
            Arrays.fill(values, "v");
            return values;
        }

        private void end(Partition partition, long producer, boolean commit) {
            long marker = partition.offsets().logEnd();
            append(partition, Batches.marker(producer, 0, commit), Batches.NOW);
            long first = open.remove(producer);
            if (!commit) {
                aborted.add(new Aborted(producer, first, marker));
            }
        }

        private void append(Partition partition, ByteBuffer batch, long timestamp) {
            var appended = partition.append(batch, AppendOrigin.COORDINATOR);
            written.add(new Written(appended.baseOffset(), appended.lastOffset(), timestamp));
        }

        private String damage() throws IOException {
            List<String> names = disk.list(FOLDER).stream().filter(name -> name.endsWith("index")).sorted().toList();
            Path path = FOLDER.resolve(names.get(random.nextInt(names.size())));
            switch (random.nextInt(8)) {
                case 0 -> {
                    disk.delete(path);
                    return "deleted " + path;
                }
                case 1 -> {
                    String suffix = path.toString().substring(path.toString().lastIndexOf('.'));
                    List<String> same = names.stream().filter(name -> name.endsWith(suffix)).toList();
                    Path other = FOLDER.resolve(same.get(random.nextInt(same.size())));
                    byte[] bytes = content(path);
                    replace(path, content(other));
                    replace(other, bytes);
                    return "swapped " + path + " and " + other;
                }
                default -> {
                    try (DiskFile file = disk.open(path, OpenMode.READ_WRITE)) {
                        return change(file) + " " + path;
                    }
                }
            }
        }

        private String change(DiskFile file) throws IOException {
            int size = (int) file.size();
            if (size == 0 || random.nextInt(8) == 0) {
                byte[] more = new byte[1 + random.nextInt(100)];
                random.nextBytes(more);
                file.write(ByteBuffer.wrap(more), size);
                return "extended";
            }
            int at = random.nextInt(size);
            switch (random.nextInt(4)) {
                case 0 -> file.truncate(at);
                case 1 -> file.write(ByteBuffer.allocate(Math.min(size - at, 1 + random.nextInt(64))), at);
                default -> {
                    ByteBuffer one = ByteBuffer.allocate(1);
                    file.read(one, at);
                    file.write(one.put(0, (byte) (one.get(0) ^ 1 << random.nextInt(8))).rewind(), at);
                }
            }
            return "changed byte " + at + " of " + size;
        }

        private byte[] content(Path path) throws IOException {
            if (!disk.exists(path)) {
                return new byte[0];
            }
            return SmallFiles.read(disk, path).array();
        }

        private void replace(Path path, byte[] bytes) throws IOException {
            try (DiskFile file = disk.open(path, OpenMode.CREATE)) {
                file.truncate(0);
                file.write(ByteBuffer.wrap(bytes), 0);
            }
        }

        private void check(Partition partition) {
            for (int i = 0; i < 40; i++) {
                switch (random.nextInt(4)) {
                    case 0 -> checkTimestamp(partition, Batches.NOW - 5 + random.nextInt(STEPS * 11));
                    case 1 -> checkMaxTimestamp(partition);
                    case 2 -> checkRead(partition, random.nextInt((int) end()));
                    default -> checkAborted(partition, random.nextInt((int) end()));
                }
            }
            checkWhole(partition);
            partition.append(Batches.of("more"), AppendOrigin.CLIENT);
        }

        private long end() {
            return written.getLast().lastOffset() + 1;
        }

        private void checkTimestamp(Partition partition, long timestamp) {
            long expected = written.stream().filter(batch -> batch.timestamp() >= timestamp).mapToLong(Written::firstOffset).findFirst().orElse(-1);
            assertEquals(expected, partition.find(new OffsetQuery.ByTimestamp(timestamp)).offset(), () -> "first offset at or after " + timestamp);
        }

        private void checkMaxTimestamp(Partition partition) {
            long largest = written.stream().mapToLong(Written::timestamp).max().orElseThrow();
            assertEquals(largest, partition.find(new OffsetQuery.MaxTimestamp()).timestampMs(), "largest timestamp");
        }

        private void checkRead(Partition partition, long offset) {
            Written expected = written.stream().filter(batch -> batch.lastOffset() >= offset).findFirst().orElseThrow();
            List<MutableRecordBatch> batches = Batches.batches(partition.read(offset, 200, true, ReadLimit.HIGH_WATERMARK));
            assertEquals(expected.firstOffset(), batches.getFirst().baseOffset(), () -> "batch with offset " + offset);
        }

        private void checkAborted(Partition partition, long offset) {
            var fetched = partition.read(offset, 1 + random.nextInt(600), true, ReadLimit.LAST_STABLE);
            List<AbortedTransaction> found = fetched.aborted();
            List<MutableRecordBatch> batches = Batches.batches(fetched);
            long to = batches.getLast().nextOffset();
            ToLongFunction<AbortedTransaction> order = AbortedTransaction::firstOffset;
            List<AbortedTransaction> expected = aborted.stream()
                    .filter(transaction -> transaction.marker() >= offset && transaction.firstOffset() < to)
                    .map(transaction -> new AbortedTransaction(transaction.producerId(), transaction.firstOffset()))
                    .sorted(Comparator.comparingLong(order)).toList();
            assertEquals(expected, found.stream().sorted(Comparator.comparingLong(order)).toList(), () -> "aborted in " + offset + " to " + to);
        }

        private void checkWhole(Partition partition) {
            List<Long> offsets = new ArrayList<>();
            for (long next = 0; next < end(); ) {
                for (MutableRecordBatch batch : Batches.batches(partition.read(next, 1000, true, ReadLimit.HIGH_WATERMARK))) {
                    offsets.add(batch.baseOffset());
                    next = batch.nextOffset();
                }
            }
            assertEquals(written.stream().map(Written::firstOffset).toList(), offsets);
        }
    }
}
