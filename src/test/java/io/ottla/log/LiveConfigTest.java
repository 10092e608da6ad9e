// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.world.Disk.OpenMode;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import io.ottla.world.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Configs of a topic, or of the broker for all topics, count from the next append, retention or compaction on, in a log that is open. */
class LiveConfigTest {
    private static final Path DIRECTORY = Path.of("/sim");
    private static final ConfigResource TOPIC = new ConfigResource(ConfigResource.Type.TOPIC, "t");
    private static final ConfigResource BROKERS = new ConfigResource(ConfigResource.Type.BROKER, "");
    private static final long DAY_MS = 86_400_000;

    private final Random random = new Random(1);
    private final SimulatedDisk disk = new SimulatedDisk(random);
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final ManualTimers timers = new ManualTimers(clock);
    private final ManualWorkers workers = new ManualWorkers(random);
    private LocalCatalog catalog;
    private Partition partition;

    @BeforeEach
    void open() throws IOException {
        catalog = LocalCatalog.open(LogSettings.in(DIRECTORY), disk, clock, timers, workers);
        partition = catalog.create("t", 1, Map.of()).partitions().getFirst();
    }

    private void append(String... values) {
        for (String value : values) {
            partition.append(Batches.of(value), AppendOrigin.CLIENT);
            workers.close();
        }
    }

    private List<String> read() {
        return Batches.read(partition, partition.offsets().logStart(), ReadLimit.HIGH_WATERMARK);
    }

    private long files(String suffix) {
        return disk.list(DIRECTORY.resolve("t-0")).stream().filter(name -> name.endsWith(suffix)).count();
    }

    @Test
    void segmentBytes() {
        append("a", "b");
        assertEquals(1, files(".log"));
        catalog.replaceConfigs(TOPIC, Map.of("internal.segment.bytes", "100"));
        append("c", "d");
        assertEquals(3, files(".log"));
    }

    @Test
    void segmentMs() {
        append("a");
        clock.advance(2000);
        catalog.replaceConfigs(BROKERS, Map.of("log.roll.ms", "1000"));
        partition.append(Batches.of(Compression.NONE, clock.wallMs(), "b"), AppendOrigin.CLIENT);
        assertEquals(2, files(".log"));
    }

    @Test
    void indexIntervalBytes() throws IOException {
        append("a", "b", "c");
        catalog.replaceConfigs(TOPIC, Map.of("index.interval.bytes", "0"));
        append("d", "e", "f");
        catalog.close();
        try (var index = disk.open(DIRECTORY.resolve("t-0/00000000000000000000.index"), OpenMode.READ)) {
            assertEquals(3 * 8, index.size());
        }
    }

    @Test
    void retentionMs() {
        append("a", "b");
        clock.advance(DAY_MS);
        retain();
        assertEquals(List.of("0:a", "1:b"), read());
        catalog.replaceConfigs(BROKERS, Map.of("log.retention.ms", Long.toString(DAY_MS / 2)));
        retain();
        assertEquals(List.of(), read());
        assertEquals(2, partition.offsets().logEnd());
    }

    @Test
    void retentionBytesAndTheDelayOfDeletion() {
        catalog.replaceConfigs(TOPIC, Map.of("internal.segment.bytes", "100"));
        append("a", "b", "c");
        catalog.replaceConfigs(TOPIC, Map.of("retention.bytes", "1", "file.delete.delay.ms", "10"));
        retain();
        assertEquals(List.of("2:c"), read());
        timers.advanceMs(10);
        workers.close();
        assertEquals(0, files(".deleted"));
    }

    private void retain() {
        catalog.retain();
        workers.close();
        catalog.retain();
        workers.close();
    }

    @Test
    void cleanupPolicy() {
        catalog.replaceConfigs(TOPIC, Map.of("internal.segment.bytes", "100", "min.cleanable.dirty.ratio", "0"));
        append("a", "a", "b");
        catalog.compact();
        assertEquals(List.of("0:a", "1:a", "2:b"), read());
        catalog.replaceConfigs(TOPIC, Map.of("internal.segment.bytes", "100", "min.cleanable.dirty.ratio", "0", "cleanup.policy", "compact"));
        catalog.compact();
        assertEquals(List.of("1:a", "2:b"), read());
    }

    @Test
    void minCompactionLagMs() {
        Map<String, String> lagging = Map.of("internal.segment.bytes", "100", "min.cleanable.dirty.ratio", "0", "cleanup.policy", "compact",
                "min.compaction.lag.ms", Long.toString(DAY_MS));
        catalog.replaceConfigs(TOPIC, lagging);
        append("a", "a", "b");
        catalog.compact();
        assertEquals(List.of("0:a", "1:a", "2:b"), read());
        catalog.replaceConfigs(TOPIC, Map.of("internal.segment.bytes", "100", "min.cleanable.dirty.ratio", "0", "cleanup.policy", "compact"));
        catalog.compact();
        assertEquals(List.of("1:a", "2:b"), read());
    }
}
