// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import io.ottla.world.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** max.compaction.lag.ms: what was replaced goes within that time, in the active segment too, whether or not anybody writes. */
class CompactionLagTest {
    private static final long LAG_MS = 60_000;

    private final Random random = new Random(1);
    private final SimulatedDisk disk = new SimulatedDisk(random);
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final ManualTimers timers = new ManualTimers(clock);
    private final ManualWorkers workers = new ManualWorkers(random);
    private LocalCatalog catalog;

    @BeforeEach
    void open() throws IOException {
        catalog = LocalCatalog.open(LogSettings.in(Path.of("/sim")), disk, clock, timers, workers);
    }

    private Partition create(Map<String, String> configs) {
        return catalog.create("t", 1, configs).partitions().getFirst();
    }

    private void put(Partition partition, String key, String value) {
        SimpleRecord record = new SimpleRecord(clock.wallMs(), key.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8));
        ByteBuffer batch = Batches.direct(MemoryRecords.withRecords(Compression.NONE, record));
        partition.append(batch, AppendOrigin.CLIENT);
        workers.close();
    }

    private void compact() {
        catalog.compact();
        workers.close();
        catalog.compact();
        workers.close();
    }

    @Test
    void whatIsReplacedInTheActiveSegmentGoesWhenTheLagIsOverThoughNobodyWrites() {
        Partition partition = create(Map.of("cleanup.policy", "compact", "max.compaction.lag.ms", Long.toString(LAG_MS), "min.cleanable.dirty.ratio", "1"));
        put(partition, "k", "old");
        put(partition, "k", "new");
        put(partition, "other", "kept");
        clock.advance(LAG_MS);
        compact();
        assertEquals(List.of("0:old", "1:new", "2:kept"), Batches.read(partition, 0, ReadLimit.HIGH_WATERMARK));
        clock.advance(1);
        compact();
        assertEquals(List.of("1:new", "2:kept"), Batches.read(partition, 0, ReadLimit.HIGH_WATERMARK));
        clock.advance(10 * LAG_MS);
        compact();
        assertEquals(3, partition.offsets().logEnd());
        put(partition, "k", "newest");
        assertEquals(List.of("1:new", "2:kept", "3:newest"), Batches.read(partition, 0, ReadLimit.HIGH_WATERMARK));
    }

    /** To look into it would take more memory than a broker has. */
    @Test
    void aBatchThatHoldsFarMoreThanItsSizeIsLeftAsItIs() {
        Partition partition = create(Map.of("cleanup.policy", "compact", "max.compaction.lag.ms", Long.toString(LAG_MS), "min.cleanable.dirty.ratio", "0"));
        put(partition, "k", "replaced");
        put(partition, "k", "new");
        byte[] key = "k".getBytes(StandardCharsets.UTF_8);
        SimpleRecord[] large = {new SimpleRecord(clock.wallMs(), key, new byte[(int) UnpackedSize.MOST_BYTES]), new SimpleRecord(clock.wallMs(), key, null)};
        partition.append(Batches.direct(MemoryRecords.withRecords(Compression.zstd().build(), large)), AppendOrigin.CLIENT);
        put(partition, "k", "newest");
        put(partition, "other", "kept");
        clock.advance(LAG_MS + 1);
        compact();
        List<Long> offsets = new ArrayList<>();
        Batches.batches(partition.read(0, 1 << 20, true, ReadLimit.HIGH_WATERMARK)).forEach(batch -> batch.forEach(record -> offsets.add(record.offset())));
        assertEquals(List.of(2L, 3L, 4L, 5L), offsets);
    }

    @Test
    void anAppendAfterTheLagStartsASegment() throws IOException {
        Partition partition = create(Map.of("cleanup.policy", "compact", "max.compaction.lag.ms", Long.toString(LAG_MS)));
        put(partition, "a", "1");
        clock.advance(LAG_MS + 1);
        put(partition, "b", "2");
        assertEquals(2, segments(), "rolled by the lag");
    }

    @Test
    void withoutALagTheActiveSegmentIsLeftAlone() throws IOException {
        Partition partition = create(Map.of("cleanup.policy", "compact", "segment.ms", Long.toString(Long.MAX_VALUE)));
        put(partition, "k", "old");
        put(partition, "k", "new");
        clock.advance(100 * LAG_MS);
        compact();
        assertEquals(List.of("0:old", "1:new"), Batches.read(partition, 0, ReadLimit.HIGH_WATERMARK));
        assertEquals(1, segments());
    }

    private long segments() throws IOException {
        return disk.list(Path.of("/sim/t-0")).stream().filter(name -> name.endsWith(".log")).count();
    }
}
