// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Small batches, or such as producers make by default, that are on the disk when they are acknowledged, beside what the disk itself allows: the same number of files, written
 * and flushed by a plain loop. Producers wait for each answer before they send again. Kafka runs with {@code log.flush.interval.messages=1}.
 */
final class DurableRow implements Row {
    static final int SMALL_BATCH_BYTES = 1 << 10;
    static final int DEFAULT_BATCH_BYTES = 16 << 10;
    private static final int SLICES = 4;
    private static final double WARM_UP_SECONDS = 1;
    private static final String TOPIC = "durable";

    private final Scale scale;
    private final int partitions;
    private final int producersEach;
    private final int batchBytes;

    DurableRow(Scale scale, int partitions, int producersEach, int batchBytes) {
        this.scale = scale;
        this.partitions = partitions;
        this.producersEach = producersEach;
        this.batchBytes = batchBytes;
    }

    @Override
    public String name() {
        return "durable-" + partitions + "x" + producersEach + (batchBytes == SMALL_BATCH_BYTES ? "" : "-" + (batchBytes >> 10) + "k");
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        try (Server server = contender.durable().start()) {
            try (RawClient client = RawClient.connect(server.bootstrapServers())) {
                RawTopics.create(client, List.of(TOPIC), partitions);
            }
            produce(server, WARM_UP_SECONDS);
            double device = 0;
            double broker = 0;
            double cpuSeconds = 0;
            for (int slice = 0; slice < SLICES; slice++) {
                double seconds = (double) scale.seconds() / SLICES;
                device += flushLoop(server.directory().resolveSibling("device"), seconds) / SLICES;
                Stopwatch time = new Stopwatch(server);
                broker += produce(server, seconds) / SLICES;
                cpuSeconds += time.cpuSeconds();
            }
            samples.add(Metric.more(name(), "batches", "1/s"), broker);
            samples.add(Metric.more(name(), "plain fdatasync loop, batches", "1/s"), device);
            samples.add(Metric.more(name(), "batches against the plain loop", "%"), broker / device * 100);
            samples.add(Metric.less(name(), "broker CPU", "s/million"), cpuSeconds / (broker * scale.seconds()) * 1_000_000);
        }
    }

    private double produce(Server server, double seconds) throws IOException {
        MemoryRecords batch = RawProduce.plain(1, batchBytes);
        List<ByteBuffer> frames = IntStream.range(0, partitions * producersEach).mapToObj(producer ->
                RawClient.encode(RawProduce.request(TOPIC, List.of(producer % partitions), batch, (short) -1, null), RawProduce.VERSION, 1)).toList();
        try (Chorus producers = new Chorus(server, frames, RawProduce::requireSuccess)) {
            Stopwatch time = new Stopwatch(server);
            return producers.run(seconds) / time.seconds();
        }
    }

    /** A thread for each file: write what the producers of a partition have in flight, fdatasync, again. Returns batches a second. */
    private double flushLoop(Path directory, double seconds) throws Exception {
        Files.createDirectories(directory);
        AtomicLong written = new AtomicLong();
        long start = System.nanoTime();
        Parallel.runOnPlatformThreads(partitions, file -> {
            Path path = directory.resolve("file-" + file);
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                while ((System.nanoTime() - start) / 1e9 < seconds) {
                    writeRound(channel);
                    written.addAndGet(producersEach);
                }
            } finally {
                Files.deleteIfExists(path);
            }
        });
        double rate = written.get() / ((System.nanoTime() - start) / 1e9);
        Files.delete(directory);
        return rate;
    }

    private void writeRound(FileChannel channel) throws IOException {
        for (int i = 0; i < producersEach; i++) {
            channel.write(ByteBuffer.allocate(batchBytes));
        }
        channel.force(false);
    }
}
