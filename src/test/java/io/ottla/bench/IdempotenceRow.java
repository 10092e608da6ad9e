// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.util.List;

/** Batches of 16 KB and of 1 KB with a producer id and sequence numbers, against the same batches without, in turns on the same broker. */
final class IdempotenceRow implements Row {
    private static final String TOPIC = "idempotence";
    private static final int PRODUCERS = 4;
    private static final int IN_FLIGHT = 5;
    private static final int RECORD_BYTES = 1000;
    private static final int SLICES = 6;
    private static final long NONE = -1;

    private final Scale scale;
    private final int recordsABatch;

    IdempotenceRow(Scale scale, int recordsABatch) {
        this.scale = scale;
        this.recordsABatch = recordsABatch;
    }

    @Override
    public String name() {
        return "idempotence-" + recordsABatch + "k";
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        try (Server server = contender.start()) {
            try (RawClient client = RawClient.connect(server.bootstrapServers())) {
                RawTopics.create(client, List.of(TOPIC), PRODUCERS);
            }
            Total without = new Total();
            Total with = new Total();
            for (int slice = 0; slice <= SLICES; slice++) {
                Total plain = produce(server, false);
                Total idempotent = produce(server, true);
                if (slice > 0) {
                    without.add(plain);
                    with.add(idempotent);
                }
            }
            samples.add(Metric.more(name(), "without", "MB/s"), without.bytes / without.seconds / 1e6);
            samples.add(Metric.more(name(), "idempotent", "MB/s"), with.bytes / with.seconds / 1e6);
            samples.add(Metric.more(name(), "idempotent against without", "%"), with.bytes / with.seconds / (without.bytes / without.seconds) * 100);
            samples.add(Metric.less(name(), "without: broker CPU", "s/GB"), without.cpuSeconds / without.bytes * 1e9);
            samples.add(Metric.less(name(), "idempotent: broker CPU", "s/GB"), with.cpuSeconds / with.bytes * 1e9);
        }
    }

    private static final class Total {
        double bytes;
        double seconds;
        double cpuSeconds;

        void add(Total other) {
            bytes += other.bytes;
            seconds += other.seconds;
            cpuSeconds += other.cpuSeconds;
        }
    }

    private Total produce(Server server, boolean idempotent) throws Exception {
        long batches = Math.max(1, scale.bytes() / SLICES / recordsABatch / RECORD_BYTES / PRODUCERS / 4);
        Stopwatch time = new Stopwatch(server);
        Parallel.runOnPlatformThreads(PRODUCERS, partition -> {
            ProduceFrame frame = ProduceFrame.of(TOPIC, partition, recordsABatch, RECORD_BYTES, null);
            long id = idempotent ? producerId(server) : NONE;
            int[] sent = {0};
            try (Pipeline pipeline = Pipeline.connect(server)) {
                pipeline.run(IN_FLIGHT, () -> {
                    int sequence = sent[0]++ * recordsABatch;
                    return sequence / recordsABatch >= batches ? null : idempotent ? frame.from(id, (short) 0, sequence) : frame.from(NONE, (short) NONE, (int) NONE);
                }, RawProduce::requireSuccess);
            }
        });
        Total total = new Total();
        total.bytes = batches * PRODUCERS * recordsABatch * RECORD_BYTES;
        total.seconds = time.seconds();
        total.cpuSeconds = time.cpuSeconds();
        return total;
    }

    private static long producerId(Server server) throws InterruptedException {
        try (RawClient client = RawClient.connect(server.bootstrapServers())) {
            return RawCoordinators.producerId(client, null).producerId();
        }
    }
}
