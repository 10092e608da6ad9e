// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** What a GB of appends costs the broker: ready-made batches of 16 KB, a producer's default, so that the client costs little. With acks=all, as each broker understands it. */
final class AppendRow implements Row {
    private static final String TOPIC = "append";
    private static final int PARTITIONS = 4;
    private static final int IN_FLIGHT = 5;
    private static final int BATCH_BYTES = 16_384;
    private static final int RECORD_BYTES = 1000;
    private static final int WARM_UP_PART = 4;

    private final Scale scale;
    private final CompressionType compression;

    AppendRow(Scale scale, CompressionType compression) {
        this.scale = scale;
        this.compression = compression;
    }

    @Override
    public String name() {
        return "append-" + compression.name;
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        MemoryRecords batch = batch();
        long count = scale.bytes() / batch.sizeInBytes() / PARTITIONS;
        try (Server server = contender.start()) {
            try (RawClient client = RawClient.connect(server.bootstrapServers())) {
                RawTopics.create(client, List.of(TOPIC), PARTITIONS);
            }
            append(server, batch, count / WARM_UP_PART);
            Stopwatch time = new Stopwatch(server);
            append(server, batch, count);
            double gigabytes = count * PARTITIONS * batch.sizeInBytes() / 1e9;
            samples.add(Metric.more(name(), "batches of 16 KB", "MB/s"), gigabytes * 1000 / time.seconds());
            samples.add(Metric.less(name(), "broker CPU", "s/GB"), time.cpuSeconds() / gigabytes);
        }
    }

    private static void append(Server server, MemoryRecords batch, long count) throws Exception {
        Parallel.runOnPlatformThreads(PARTITIONS, partition -> {
            ByteBuffer frame = RawClient.encode(RawProduce.request(TOPIC, List.of(partition), batch, (short) -1, null), RawProduce.VERSION, 1);
            long[] left = {count};
            try (Pipeline pipeline = Pipeline.connect(server)) {
                pipeline.run(IN_FLIGHT, () -> left[0]-- > 0 ? frame : null, RawProduce::requireSuccess);
            }
        });
    }

    /** As many records as fill a batch. */
    private MemoryRecords batch() {
        MemoryRecords fitting = null;
        for (int records = 1; ; records++) {
            MemoryRecords larger = MemoryRecords.withRecords(Compression.of(compression).build(), records(records));
            if (larger.sizeInBytes() > BATCH_BYTES) {
                return fitting;
            }
            fitting = larger;
        }
    }

    /** Half of each record compresses well, the other half not at all. */
    private static SimpleRecord[] records(int count) {
        Random random = new Random(1);
        SimpleRecord[] records = new SimpleRecord[count];
        Arrays.setAll(records, i -> {
            byte[] value = new byte[RECORD_BYTES];
            random.nextBytes(value);
            Arrays.fill(value, RECORD_BYTES / 2, RECORD_BYTES, (byte) 'a');
            return new SimpleRecord(System.currentTimeMillis(), null, value);
        });
        return records;
    }
}
