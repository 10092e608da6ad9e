// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Offset commits of one partition each, by many connections that keep several in flight, to a broker that has one processor. Durable on
 * both sides: Kafka runs with {@code log.flush.interval.messages=1}.
 */
final class CommitsRow implements Row {
    private static final String TOPIC = "committed";
    private static final int CONNECTIONS = 32;
    private static final int IN_FLIGHT = 64;
    private static final double WARM_UP_SECONDS = 2;

    private final Scale scale;

    CommitsRow(Scale scale) {
        this.scale = scale;
    }

    @Override
    public String name() {
        return "commits";
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        try (Server server = contender.durable().onOneCore().start()) {
            try (RawClient client = RawClient.connect(server.bootstrapServers())) {
                RawTopics.create(client, List.of(TOPIC), 1);
                for (int i = 0; i < CONNECTIONS; i++) {
                    RawOffsets.commit(client, group(i), TOPIC, 1, 0);
                }
            }
            commit(server, WARM_UP_SECONDS);
            Stopwatch time = new Stopwatch(server);
            long commits = commit(server, scale.seconds());
            samples.add(Metric.more(name(), "on one processor", "1000/s"), commits / time.seconds() / 1000);
            samples.add(Metric.less(name(), "broker CPU", "s/million"), time.cpuSeconds() / commits * 1_000_000);
        }
    }

    private static String group(int connection) {
        return "group-" + connection;
    }

    private static long commit(Server server, double seconds) throws Exception {
        AtomicLong commits = new AtomicLong();
        Stopwatch time = new Stopwatch(server);
        Parallel.run(CONNECTIONS, connection -> {
            ByteBuffer frame = RawClient.encode(RawOffsets.commitRequest(group(connection), TOPIC, 1, 1), RawOffsets.COMMIT_VERSION, 1);
            try (Pipeline pipeline = Pipeline.connect(server)) {
                commits.addAndGet(pipeline.run(IN_FLIGHT, () -> time.seconds() < seconds ? frame : null, RawOffsets::requireSuccess));
            }
        });
        return commits.get();
    }
}
