// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.AppendRefused;
import io.ottla.topic.Appended;
import io.ottla.topic.OffsetQuery;
import io.ottla.topic.OffsetQuery.Answer;
import io.ottla.topic.Partition;
import io.ottla.topic.PartitionOffsets;
import io.ottla.topic.ReadLimit;
import io.ottla.topic.Topic;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import io.ottla.world.SimulatedDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One random history of one partition. A seed always gives the same. */
final class LogSimulation {
    private static final Logger LOG = LoggerFactory.getLogger(LogSimulation.class);
    private static final int STEPS = 60;
    private static final Path DIRECTORY = Path.of("/sim");
    private static final ConfigResource CONFIG = new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "sim");

    private final Random random;
    private final SimulatedDisk disk;
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private ManualTimers timers = new ManualTimers(clock);
    private final ManualWorkers workers;
    private final FlushMode mode;
    private final LogSettings.WriteAhead writeAhead;
    private final Map<String, String> configs;
    private final List<String> history = new ArrayList<>();

    private LocalCatalog catalog;
    private Partition partition;
    private ModelLog model = new ModelLog();
    /** Batches whose append failed: they may turn up after the partition was opened again, as its outcome is unknown. */
    private final List<ModelLog.Batch> doubtful = new ArrayList<>();
    /** What the config is that is changed now and then; null if it was never set. */
    private String config;
    /** Changes of it that were refused without a promise that they stay so. */
    private final Set<String> doubtfulConfigs = new HashSet<>();
    private boolean faulty;
    private String brokenPromise;
    private int values;

    LogSimulation(long seed) {
        random = new Random(seed);
        disk = new SimulatedDisk(random);
        disk.syncsAll(random.nextBoolean());
        workers = new ManualWorkers(random);
        mode = random.nextInt(4) == 0 ? FlushMode.OS : FlushMode.DISK;
        writeAhead = random.nextBoolean() ? LogSettings.WriteAhead.NEVER : new LogSettings.WriteAhead(500 + random.nextInt(5000), 1);
        boolean aheadOnly = writeAhead != LogSettings.WriteAhead.NEVER && random.nextBoolean();
        configs = Map.of(
                "internal.segment.bytes", Integer.toString(3100 + random.nextInt(aheadOnly ? 50_000 : 2000)),
                "index.interval.bytes", Integer.toString(random.nextInt(300)),
                "file.delete.delay.ms", "1000",
                "retention.ms", random.nextBoolean() ? "-1" : "5000",
                "retention.bytes", random.nextBoolean() ? "-1" : "9000");
    }

    List<String> history() {
        return history;
    }

    void run() throws Exception {
        open();
        create();
        boolean ahead = writeAhead != LogSettings.WriteAhead.NEVER;
        for (int i = 0; i < STEPS; i++) {
            if (ahead) {
                appendAndFlush(random.nextInt(4));
            }
            step();
        }
        heal();
        power(random.nextBoolean());
        verify();
        cleanUp();
    }

    /** Nothing is left of topics that were deleted. */
    private void cleanUp() throws IOException {
        timers.advanceMs(40_000);
        workers.close();
        assertEquals(List.of(), disk.list(DIRECTORY).stream().filter(name -> name.endsWith(LogFileNames.DELETED_FOLDER)).toList());
    }

    private void note(String step) {
        LOG.debug("step {}", step);
        history.add(step);
    }

    private void open() throws IOException {
        catalog = LocalCatalog.open(LogSettings.in(DIRECTORY).withFlushMode(mode).withWriteAhead(writeAhead), disk, clock, timers, workers);
        Topic topic = catalog.topics().get("t");
        partition = topic == null ? null : topic.partitions().getFirst();
        String found = catalog.configs().getOrDefault(CONFIG, Map.of()).get("interval.ms");
        assertTrue(Objects.equals(found, config) || doubtfulConfigs.contains(found), () -> "config is " + found + " instead of " + config + " or one of " + doubtfulConfigs);
        config = found;
        doubtfulConfigs.clear();
    }

    private void step() throws Exception {
        switch (random.nextInt(27)) {
            case 0, 1, 2, 3, 4, 5 -> append();
            case 6 -> appendTransactional();
            case 7 -> endTransaction();
            case 8, 9, 10, 11 -> work();
            case 12, 13 -> verify();
            case 14 -> readSome();
            case 15 -> find();
            case 16 -> deleteRecords();
            case 17 -> retain();
            case 18 -> restart();
            case 19 -> power(true);
            case 20 -> power(false);
            case 21 -> breakSomething();
            case 22 -> appendDuringFlush();
            case 23 -> powerCutInTheMidst();
            case 24 -> deleteAndCreate();
            case 25 -> changeConfig();
            default -> wrongSequence();
        }
    }

    /** It takes a few flushes until anything is written ahead. */
    private void appendAndFlush(int times) {
        for (int i = 0; i < times; i++) {
            append();
            work();
        }
    }

    private void work() {
        note("work");
        workers.runOne();
        noticeDurable();
    }

    private void noticeDurable() {
        try {
            if (mode == FlushMode.DISK) {
                model.durable = Math.max(model.durable, partition.offsets().highWatermark());
            }
            model.logStart = Math.max(model.logStart, partition.offsets().logStart());
        } catch (KafkaStorageException | UncheckedIOException e) {
            onlyIfFaulty(e);
        }
    }

    private void onlyIfFaulty(RuntimeException e) {
        if (!faulty) {
            throw e;
        }
    }

    private String value() {
        return "v" + values++ + "x".repeat(random.nextInt(4) == 0 ? random.nextInt(400) : 3);
    }

    private List<String> valueList() {
        List<String> list = new ArrayList<>();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            list.add(value());
        }
        return list;
    }

    private void append() {
        long timestamp = Batches.NOW - 1000 + random.nextInt(2000);
        if (random.nextInt(3) > 0) {
            append(new ModelLog.Batch(model.end(), valueList(), timestamp, -1, -1, -1, false, null), AppendOrigin.CLIENT);
            return;
        }
        long id = random.nextInt(3);
        ModelLog.Producer producer = producer(id);
        if (producer.transactionStart >= 0) {
            return;
        }
        if (!producer.last.isEmpty() && random.nextBoolean()) {
            duplicate(producer);
        } else {
            append(new ModelLog.Batch(model.end(), valueList(), timestamp, id, producer.epoch, producer.nextSequence, false, null), AppendOrigin.CLIENT);
        }
    }

    private ModelLog.Producer producer(long id) {
        return model.producers().getOrDefault(id, new ModelLog.Producer());
    }

    private void appendTransactional() {
        long id = random.nextInt(3);
        ModelLog.Producer producer = producer(id);
        append(new ModelLog.Batch(model.end(), valueList(), Batches.NOW, id, producer.epoch, producer.nextSequence, true, null), AppendOrigin.CLIENT);
    }

    private void endTransaction() {
        long id = random.nextInt(3);
        ModelLog.Producer producer = producer(id);
        boolean commit = random.nextBoolean();
        int epoch = producer.epoch + (random.nextBoolean() ? 1 : 0);
        append(new ModelLog.Batch(model.end(), List.of("marker"), Batches.NOW, id, epoch, -1, true, commit), AppendOrigin.COORDINATOR);
    }

    private void append(ModelLog.Batch batch, AppendOrigin origin) {
        note("append " + batch.base() + "+" + batch.values().size() + (batch.producerId() < 0 ? "" : " p" + batch.producerId() + (batch.transactional() ? "t" : "") + (batch.marker() == null ? "" : batch.marker())));
        try {
            Appended appended = partition.append(encode(batch), origin);
            assertEquals(batch.base(), appended.baseOffset(), "base offset");
            assertEquals(batch.next() - 1, appended.lastOffset(), "last offset");
            assertTrue(!appended.duplicate(), "duplicate");
            model.batches.add(batch);
            doubtful.clear();
            promise(appended.lastOffset() + 1);
        } catch (AppendRefused e) {
            assertEquals(Errors.KAFKA_STORAGE_ERROR, e.error(), e.getMessage());
            onlyIfFaulty(e);
            doubtful.add(batch);
            note("refused");
        } catch (KafkaStorageException | UncheckedIOException e) {
            onlyIfFaulty(e);
            doubtful.add(batch);
            note("offline");
        }
    }

    private void promise(long offset) {
        if (mode == FlushMode.DISK) {
            ModelLog of = model;
            partition.whenDurable(offset, failure -> {
                if (failure == null && of.end() < offset) {
                    brokenPromise = "offset " + offset + " was promised when the log ended at " + of.end();
                } else if (failure == null) {
                    of.durable = Math.max(of.durable, offset);
                }
            });
        }
    }

    private static ByteBuffer encode(ModelLog.Batch batch) {
        if (batch.marker() != null) {
            return Batches.marker(batch.producerId(), batch.epoch(), batch.marker());
        }
        SimpleRecord[] records = Batches.records(batch.timestamp(), batch.values().toArray(String[]::new));
        if (batch.producerId() < 0) {
            return Batches.direct(MemoryRecords.withRecords(Compression.NONE, records));
        }
        return Batches.direct(batch.transactional()
                ? MemoryRecords.withTransactionalRecords(Compression.NONE, batch.producerId(), (short) batch.epoch(), batch.sequence(), records)
                : MemoryRecords.withIdempotentRecords(Compression.NONE, batch.producerId(), (short) batch.epoch(), batch.sequence(), records));
    }

    private void duplicate(ModelLog.Producer producer) {
        ModelLog.Batch batch = producer.last.get(random.nextInt(producer.last.size()));
        note("duplicate of " + batch.base());
        try {
            Appended appended = partition.append(encode(batch), AppendOrigin.CLIENT);
            assertTrue(appended.duplicate(), "not seen as duplicate");
            assertEquals(batch.base(), appended.baseOffset());
        } catch (AppendRefused e) {
            assertEquals(Errors.KAFKA_STORAGE_ERROR, e.error(), e.getMessage());
            onlyIfFaulty(e);
        } catch (KafkaStorageException | UncheckedIOException e) {
            onlyIfFaulty(e);
        }
    }

    private void wrongSequence() {
        long id = random.nextInt(3);
        ModelLog.Producer producer = producer(id);
        if (producer.last.isEmpty()) {
            return;
        }
        note("wrong sequence");
        ModelLog.Batch wrong = new ModelLog.Batch(0, List.of("w"), Batches.NOW, id, producer.epoch, producer.nextSequence + 1 + random.nextInt(3), true, null);
        try {
            partition.append(encode(wrong), AppendOrigin.CLIENT);
            throw new AssertionError("sequence " + wrong.sequence() + " was accepted where " + producer.nextSequence + " was due");
        } catch (AppendRefused e) {
            assertTrue(e.error() == Errors.OUT_OF_ORDER_SEQUENCE_NUMBER || faulty && e.error() == Errors.KAFKA_STORAGE_ERROR, e.getMessage());
        } catch (KafkaStorageException | UncheckedIOException e) {
            onlyIfFaulty(e);
        }
    }

    private void appendDuringFlush() {
        note("append during flush");
        AtomicBoolean once = new AtomicBoolean();
        disk.duringForce(() -> {
            if (once.compareAndSet(false, true) && !((LocalPartition) partition).lockedByMe()) {
                append();
            }
        });
        workers.runOne();
        disk.duringForce(() -> { });
        noticeDurable();
    }

    private void deleteRecords() {
        long offset = model.logStart + random.nextInt((int) Math.max(0, model.durable - model.logStart) + 1);
        note("delete records before " + offset);
        try {
            assertEquals(Math.max(offset, model.logStart), partition.deleteRecordsBefore(offset));
            model.logStart = Math.max(model.logStart, offset);
        } catch (KafkaStorageException | UncheckedIOException e) {
            onlyIfFaulty(e);
            noticeDurable();
        }
    }

    private void changeConfig() {
        String value = Integer.toString(values++);
        note("config " + value);
        try {
            catalog.replaceConfigs(CONFIG, Map.of("interval.ms", value));
            config = value;
        } catch (KafkaStorageException e) {
            onlyIfFaulty(e);
            note(catalog.writer().inDoubt() ? "in doubt" : "refused");
            doubtfulConfigs.add(value);
        }
        noticeDoubt();
    }

    private void noticeDoubt() {
        if (!catalog.writer().inDoubt()) {
            doubtfulConfigs.clear();
        }
    }

    private void retain() {
        note("retain");
        timers.advanceMs(random.nextInt(3000));
        catalog.retain();
        noticeDurable();
    }

    private void breakSomething() {
        if (faulty) {
            note("heal");
            heal();
            return;
        }
        faulty = true;
        if (random.nextBoolean()) {
            note("disk full");
            disk.capacityBytes(disk.usedBytes() + random.nextInt(300));
            return;
        }
        double chance = 0.02 + random.nextDouble() * 0.3;
        Set<SimulatedDisk.Call> calls = new HashSet<>();
        for (SimulatedDisk.Call call : SimulatedDisk.Call.values()) {
            if (random.nextInt(3) == 0) {
                calls.add(call);
            }
        }
        note("faults " + calls);
        disk.faults((call, path) -> calls.contains(call) && random.nextDouble() < chance);
    }

    private void heal() {
        disk.faults(SimulatedDisk.Faults.NONE);
        disk.capacityBytes(Long.MAX_VALUE);
        faulty = false;
        timers.advanceMs(40_000);
        workers.close();
        settle();
    }

    /** After an outage the log ends somewhere between what is durable and what may have been written. */
    private void settle() {
        long end = partition.offsets().logEnd();
        for (ModelLog.Batch batch : doubtful) {
            if (batch.base() == model.end() && batch.next() <= end && isThere(batch)) {
                model.batches.add(batch);
                note("doubtful batch is there");
                break;
            }
        }
        doubtful.clear();
        assertTrue(end >= model.durable, () -> "log ends at " + end + " but " + model.durable + " was durable");
        assertTrue(end <= model.end(), () -> "log ends at " + end + " but only " + model.end() + " was appended");
        assertTrue(end <= model.logStart || end == model.end() || model.batches.stream().anyMatch(batch -> batch.base() == end), () -> "log ends within a batch, at " + end);
        model.truncate(end);
        model.logStart = Math.max(model.logStart, partition.offsets().logStart());
        noticeDurable();
    }

    /** Of several that failed at the same offset, one may have been written. */
    private boolean isThere(ModelLog.Batch batch) {
        long first = Math.max(batch.base(), partition.offsets().logStart());
        if (batch.marker() != null || first >= batch.next()) {
            return true;
        }
        String value = batch.values().get((int) (first - batch.base()));
        return Batches.read(partition, first, ReadLimit.LOG_END).getFirst().equals(first + ":" + value);
    }

    private void restart() throws Exception {
        if (faulty) {
            return;
        }
        note("restart");
        noticeDoubt();
        long end = partition.offsets().logEnd();
        catalog.close();
        timers = new ManualTimers(clock);
        open();
        assertEquals(end, partition.offsets().logEnd(), "log end after a clean restart");
        model.durable = end;
        noticeDurable();
    }

    private void power(boolean cut) throws Exception {
        note(cut ? "power cut" : "kill");
        long end = model.end();
        boolean doubt = faulty || !doubtful.isEmpty();
        noticeDoubt();
        disk.faults(SimulatedDisk.Faults.NONE);
        disk.capacityBytes(Long.MAX_VALUE);
        faulty = false;
        if (cut) {
            disk.crash();
        } else {
            disk.kill();
        }
        workers.clear();
        timers = new ManualTimers(clock);
        open();
        if (partition == null) {
            return;
        }
        if (!cut && !doubt) {
            assertEquals(end, partition.offsets().logEnd(), "log end after a kill");
        }
        settle();
    }

    /** A topic of the same name that knows nothing of the one before, whatever happens in between. */
    private void deleteAndCreate() throws Exception {
        if (!delete()) {
            return;
        }
        if (random.nextBoolean()) {
            workers.runOne();
        }
        if (random.nextInt(3) == 0) {
            power(random.nextBoolean());
            assertNull(partition, "a deleted topic is back");
        }
        create();
    }

    /** False if the topic is still there. */
    private boolean delete() throws Exception {
        note("delete topic");
        Partition gone = partition;
        try {
            catalog.delete("t");
        } catch (KafkaStorageException e) {
            onlyIfFaulty(e);
            // Only a restart tells what became of it.
            power(random.nextBoolean());
            return partition == null;
        }
        partition = null;
        doubtful.clear();
        assertThrows(UnknownTopicOrPartitionException.class, gone::offsets);
        return true;
    }

    private void create() throws Exception {
        note("create topic");
        model = new ModelLog();
        doubtful.clear();
        try {
            partition = catalog.create("t", 1, configs).partitions().getFirst();
        } catch (KafkaStorageException e) {
            onlyIfFaulty(e);
            power(random.nextBoolean());
            if (partition == null) {
                partition = catalog.create("t", 1, configs).partitions().getFirst();
            }
        }
        noticeDurable();
    }

    /** From some call on nothing works any more, then the power is gone. */
    private void powerCutInTheMidst() throws Exception {
        if (faulty) {
            return;
        }
        faulty = true;
        int[] left = {random.nextInt(15)};
        disk.faults((call, path) -> left[0]-- <= 0);
        switch (random.nextInt(5)) {
            case 0 -> work();
            case 4 -> changeConfig();
            case 1 -> append();
            case 2 -> deleteRecords();
            default -> retain();
        }
        power(true);
    }

    private void verify() {
        note("verify");
        assertNull(brokenPromise);
        noticeDurable();
        try {
            PartitionOffsets offsets = partition.offsets();
            assertEquals(model.end(), offsets.logEnd(), "log end");
            assertEquals(model.logStart, offsets.logStart(), "log start");
            assertEquals(model.lastStable(offsets.highWatermark()), offsets.lastStable(), "last stable offset");
            model.check(partition, model.logStart, offsets.highWatermark(), ReadLimit.HIGH_WATERMARK, 200 + random.nextInt(3000));
            model.check(partition, model.logStart, offsets.logEnd(), ReadLimit.LOG_END, 1 << 20);
        } catch (KafkaStorageException | UncheckedIOException e) {
            onlyIfFaulty(e);
        }
    }

    private void readSome() {
        noticeDurable();
        try {
            PartitionOffsets offsets = partition.offsets();
            ReadLimit limit = random.nextBoolean() ? ReadLimit.LAST_STABLE : ReadLimit.HIGH_WATERMARK;
            long end = limit == ReadLimit.LAST_STABLE ? offsets.lastStable() : offsets.highWatermark();
            long from = model.logStart + random.nextInt((int) (end - model.logStart) + 1);
            note("read from " + from);
            model.check(partition, from, end, limit, 1 + random.nextInt(2000));
        } catch (KafkaStorageException | UncheckedIOException e) {
            onlyIfFaulty(e);
        }
    }

    private void find() {
        noticeDurable();
        long timestamp = Batches.NOW - 1100 + random.nextInt(2200);
        note("find " + timestamp);
        try {
            long end = partition.offsets().highWatermark();
            Answer expected = Answer.NONE;
            for (ModelLog.Batch batch : model.batches) {
                long offset = Math.max(batch.base(), model.logStart);
                if (batch.timestamp() >= timestamp && batch.next() > model.logStart && offset < end) {
                    expected = new Answer(offset, batch.timestamp(), -1);
                    break;
                }
            }
            Answer found = partition.find(new OffsetQuery.ByTimestamp(timestamp));
            assertEquals(expected.offset(), found.offset(), "offset by timestamp");
            assertEquals(expected.timestampMs(), found.timestampMs());
        } catch (KafkaStorageException | UncheckedIOException e) {
            onlyIfFaulty(e);
        }
    }
}
