// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.AppendRefused;
import io.ottla.topic.Fetched;
import io.ottla.topic.Fetched.AbortedTransaction;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import io.ottla.world.SimulatedDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** One random history of a compacted partition. A seed always gives the same. */
final class CompactionSimulation {
    private static final int STEPS = 80;
    private static final long DELETE_RETENTION_MS = 10_000;
    private static final Path DIRECTORY = Path.of("/sim");

    /** A record that was appended; a marker has no key. */
    private record Written(long offset, String key, String value, long producerId, long atMs) {}

    private final Random random;
    private final SimulatedDisk disk;
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final ManualWorkers workers;
    private final LogSettings settings;
    private final boolean ahead;
    private final List<String> history = new ArrayList<>();
    private final TreeMap<Long, Written> written = new TreeMap<>();
    private final Map<Long, Boolean> markers = new HashMap<>();
    private final Map<Long, Integer> sequences = new HashMap<>();
    private LocalCatalog catalog;
    private Partition partition;
    private boolean faulty;
    private int values;

    CompactionSimulation(long seed) {
        random = new Random(seed);
        disk = new SimulatedDisk(random);
        disk.syncsAll(random.nextBoolean());
        workers = new ManualWorkers(random);
        ahead = random.nextBoolean();
        settings = LogSettings.in(DIRECTORY).withWriteAhead(ahead ? new LogSettings.WriteAhead(300 + random.nextInt(3000), 1) : LogSettings.WriteAhead.NEVER);
    }

    List<String> history() {
        return history;
    }

    void run() throws Exception {
        open();
        partition = catalog.create("t", 1, Map.of("cleanup.policy", "compact", "internal.segment.bytes", "1500", "index.interval.bytes", "200",
                "min.cleanable.dirty.ratio", "0.0" + random.nextInt(9), "delete.retention.ms", Long.toString(DELETE_RETENTION_MS))).partitions().getFirst();
        for (int i = 0; i < STEPS; i++) {
            step();
            if (ahead && random.nextBoolean()) {
                append(-1);
                work();
            }
        }
        heal();
        verify();
        power();
        verify();
    }

    private void open() throws IOException {
        catalog = LocalCatalog.open(settings, disk, clock, new ManualTimers(clock), workers);
        if (partition != null) {
            partition = catalog.topics().get("t").partitions().getFirst();
        }
    }

    private void step() throws Exception {
        switch (random.nextInt(17)) {
            case 0, 1, 2, 3, 4 -> append(-1);
            case 5, 6 -> append(random.nextInt(3));
            case 7 -> end(random.nextInt(3));
            case 8, 9 -> work();
            case 10, 11 -> compact();
            case 12 -> verify();
            case 13 -> power();
            case 14 -> breakSomething();
            case 15 -> powerCutDuringCompaction();
            default -> clock.advance(random.nextInt(4000));
        }
    }

    private void append(long producerId) {
        int count = 1 + random.nextInt(3);
        SimpleRecord[] records = new SimpleRecord[count];
        List<Written> batch = new ArrayList<>();
        long base = written.isEmpty() ? 0 : written.lastKey() + 1;
        for (int i = 0; i < count; i++) {
            String key = "k" + random.nextInt(6);
            String value = random.nextInt(5) == 0 ? null : "v" + values++ + "x".repeat(random.nextInt(40));
            records[i] = new SimpleRecord(clock.wallMs(), bytes(key), value == null ? null : bytes(value));
            batch.add(new Written(base + i, key, value, producerId, clock.wallMs()));
        }
        Compression compression = random.nextBoolean() ? Compression.NONE : Compression.lz4().build();
        int sequence = sequences.getOrDefault(producerId, 0);
        MemoryRecords encoded = producerId < 0
                ? MemoryRecords.withRecords(compression, records)
                : MemoryRecords.withTransactionalRecords(compression, producerId, (short) 0, sequence, records);
        history.add("append " + base + "+" + count + " p" + producerId);
        if (append(Batches.direct(encoded), AppendOrigin.CLIENT)) {
            batch.forEach(record -> written.put(record.offset(), record));
            sequences.put(producerId, sequence + count);
        }
    }

    private void end(long producerId) {
        boolean commit = random.nextBoolean();
        long offset = written.isEmpty() ? 0 : written.lastKey() + 1;
        history.add("end p" + producerId + " " + commit);
        if (append(Batches.marker(producerId, 0, commit), AppendOrigin.COORDINATOR)) {
            written.put(offset, new Written(offset, null, null, producerId, clock.wallMs()));
            markers.put(offset, commit);
        }
    }

    private boolean append(ByteBuffer batch, AppendOrigin origin) {
        try {
            partition.append(batch, origin);
            return true;
        } catch (AppendRefused e) {
            assertTrue(faulty && e.error() == Errors.KAFKA_STORAGE_ERROR, e.getMessage());
        } catch (KafkaStorageException e) {
            assertTrue(faulty, e.getMessage());
        }
        // Whether it is there is known once the partition has been opened again.
        heal();
        return false;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void work() {
        history.add("work");
        workers.runOne();
    }

    private void compact() {
        history.add("compact");
        catalog.compact();
    }

    private void breakSomething() {
        Set<SimulatedDisk.Call> calls = new HashSet<>();
        for (SimulatedDisk.Call call : SimulatedDisk.Call.values()) {
            if (random.nextInt(3) == 0) {
                calls.add(call);
            }
        }
        history.add("faults");
        faulty = true;
        disk.faults((call, path) -> calls.contains(call) && random.nextDouble() < 0.05);
        compact();
        if (random.nextBoolean()) {
            heal();
        }
    }

    private void powerCutDuringCompaction() throws IOException {
        history.add("power cut during compaction");
        faulty = true;
        int[] left = {random.nextInt(80)};
        disk.faults((call, path) -> left[0]-- <= 0);
        compact();
        power();
    }

    private void heal() {
        disk.faults(SimulatedDisk.Faults.NONE);
        faulty = false;
        clock.advance(40_000);
        settle();
    }

    private void power() throws IOException {
        history.add("power cut");
        long durable = faulty ? 0 : partition.offsets().highWatermark();
        disk.faults(SimulatedDisk.Faults.NONE);
        faulty = false;
        disk.crash();
        workers.clear();
        open();
        assertTrue(partition.offsets().logEnd() >= durable, "durable records are gone");
        settle();
    }

    /** Forgets what was not durable; the log may hold a last batch whose append seemed to fail, which is read back. */
    private void settle() {
        workers.close();
        long end = partition.offsets().logEnd();
        written.tailMap(end, true).clear();
        markers.keySet().removeIf(offset -> offset >= end);
        long known = written.isEmpty() ? 0 : written.lastKey() + 1;
        for (long next = known; next < end; ) {
            for (MutableRecordBatch batch : Batches.batches(partition.read(next, 1 << 20, true, ReadLimit.LOG_END))) {
                for (Record record : batch) {
                    learn(batch, record);
                }
                next = batch.nextOffset();
            }
        }
        sequences.clear();
        for (var producer : partition.describe().producers()) {
            sequences.put(producer.producerId(), producer.lastSequence() + 1);
        }
    }

    private void learn(MutableRecordBatch batch, Record record) {
        if (batch.isControlBatch()) {
            written.put(record.offset(), new Written(record.offset(), null, null, batch.producerId(), clock.wallMs()));
            markers.put(record.offset(), ControlRecordType.parse(record.key()) == ControlRecordType.COMMIT);
        } else {
            long producerId = batch.isTransactional() ? batch.producerId() : -1;
            written.put(record.offset(), new Written(record.offset(), text(record.key()), record.hasValue() ? text(record.value()) : null, producerId, clock.wallMs()));
        }
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    private void verify() {
        if (faulty) {
            return;
        }
        history.add("verify");
        workers.close();
        long stable = partition.offsets().lastStable();
        Map<String, Written> expected = new TreeMap<>();
        committed(stable).forEach(record -> expected.put(record.key(), record));
        Map<String, String> found = new TreeMap<>();
        Set<Long> offsets = new HashSet<>();
        try {
            consume(stable, random.nextInt(1, 3000), found, offsets);
        } catch (UncheckedIOException e) {
            throw new AssertionError(e);
        }
        Map<String, String> state = new TreeMap<>();
        expected.forEach((key, record) -> {
            if (record.value() != null) {
                state.put(key, record.value());
            } else if (clock.wallMs() - record.atMs() < DELETE_RETENTION_MS) {
                assertTrue(offsets.contains(record.offset()), "tombstone " + record.offset() + " is gone too early");
            }
        });
        assertEquals(state, found, "what a read_committed consumer knows from the start to " + stable);
    }

    /** What is committed below {@code stable}, by the model; the markers of what is may come later. */
    private List<Written> committed(long stable) {
        List<Written> result = new ArrayList<>();
        Map<Long, List<Written>> open = new HashMap<>();
        for (Written record : written.values()) {
            if (record.key() == null) {
                List<Written> ended = open.remove(record.producerId());
                if (ended != null && markers.get(record.offset())) {
                    result.addAll(ended);
                }
            } else if (record.producerId() >= 0) {
                open.computeIfAbsent(record.producerId(), id -> new ArrayList<>()).add(record);
            } else {
                result.add(record);
            }
        }
        result.removeIf(record -> record.offset() >= stable);
        result.sort((a, b) -> Long.compare(a.offset(), b.offset()));
        return result;
    }

    /** Reads as a read_committed consumer does. */
    private void consume(long end, int maxBytes, Map<String, String> state, Set<Long> offsets) {
        long next = partition.offsets().logStart();
        Set<Long> abortedProducers = new HashSet<>();
        while (next < end) {
            Fetched fetched = partition.read(next, maxBytes, true, ReadLimit.LAST_STABLE);
            List<AbortedTransaction> aborted = new ArrayList<>(fetched.aborted());
            aborted.sort((a, b) -> Long.compare(a.firstOffset(), b.firstOffset()));
            List<MutableRecordBatch> batches = Batches.batches(fetched);
            if (batches.isEmpty()) {
                return;
            }
            for (MutableRecordBatch batch : batches) {
                while (!aborted.isEmpty() && aborted.getFirst().firstOffset() <= batch.lastOffset()) {
                    abortedProducers.add(aborted.removeFirst().producerId());
                }
                take(batch, abortedProducers, next, state, offsets);
                assertTrue(batch.nextOffset() > next, "the reader goes back");
                next = batch.nextOffset();
            }
        }
    }

    private void take(MutableRecordBatch batch, Set<Long> abortedProducers, long from, Map<String, String> state, Set<Long> offsets) {
        for (Record record : batch) {
            assertTrue(written.containsKey(record.offset()), "record " + record.offset() + " was never appended");
            if (batch.isControlBatch()) {
                if (ControlRecordType.parse(record.key()) == ControlRecordType.ABORT) {
                    abortedProducers.remove(batch.producerId());
                }
                continue;
            }
            Written original = written.get(record.offset());
            assertEquals(original.key(), text(record.key()), "key at " + record.offset());
            assertEquals(original.value(), record.hasValue() ? text(record.value()) : null, "value at " + record.offset());
            if (record.offset() < from || batch.isTransactional() && abortedProducers.contains(batch.producerId())) {
                continue;
            }
            offsets.add(record.offset());
            if (record.hasValue()) {
                state.put(text(record.key()), text(record.value()));
            } else {
                state.remove(text(record.key()));
            }
        }
    }
}
