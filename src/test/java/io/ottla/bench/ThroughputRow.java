// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

/** producer-perf-test and then consumer-perf-test over the same topic, with what each costs the broker. Acks are the producer's default, all. */
final class ThroughputRow implements Row {
    private static final int PARTITIONS = 3;
    private static final double BYTES_PER_GB = 1e9;
    private static final int WARM_UP_PART = 5;

    private final Scale scale;
    private final int recordBytes;

    ThroughputRow(Scale scale, int recordBytes) {
        this.scale = scale;
        this.recordBytes = recordBytes;
    }

    @Override
    public String name() {
        return "throughput-" + recordBytes;
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        long records = scale.bytes() / recordBytes;
        double gigabytes = records * recordBytes / BYTES_PER_GB;
        try (Server server = contender.start()) {
            PerfTools.createTopic(server, "warm-up", PARTITIONS);
            PerfTools.produce(server, "warm-up", records / WARM_UP_PART, recordBytes);
            PerfTools.createTopic(server, "perf", PARTITIONS);

            double before = server.cpuSeconds();
            samples.add(Metric.more(name(), "produce", "MB/s"), PerfTools.produce(server, "perf", records, recordBytes));
            double produced = server.cpuSeconds();
            samples.add(Metric.less(name(), "produce: broker CPU", "s/GB"), (produced - before) / gigabytes);

            samples.add(Metric.more(name(), "consume", "MB/s"), PerfTools.consume(server, "perf", records));
            samples.add(Metric.less(name(), "consume: broker CPU", "s/GB"), (server.cpuSeconds() - produced) / gigabytes);
            samples.add(Metric.less(name(), "resident, afterwards", "MB"), server.residentMegabytes());
        }
    }
}
