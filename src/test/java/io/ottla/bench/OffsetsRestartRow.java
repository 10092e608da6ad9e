// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.nio.ByteBuffer;
import java.util.List;

/** Restarts of a broker with many committed offsets, until every group answers with the right ones. */
final class OffsetsRestartRow implements Row {
    private static final String TOPIC = "read";
    private static final int PARTITIONS = 500;
    private static final int IN_FLIGHT = 4;
    private static final long OFFSET = 42;

    private final int groups;

    OffsetsRestartRow(Scale scale) {
        groups = scale.offsets() / PARTITIONS;
    }

    @Override
    public String name() {
        return "restart-offsets";
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        try (Server server = contender.start()) {
            commitAll(server);
            samples.add(Metric.less(name(), groups * PARTITIONS + " offsets: resident", "MB"), server.residentMegabytes());
            server.stop();
            restart(server, "clean restart", samples);
            server.kill();
            restart(server, "restart after kill -9", samples);
        }
    }

    private static String group(int index) {
        return "group-" + index;
    }

    private void commitAll(Server server) throws Exception {
        try (RawClient client = RawClient.connect(server.bootstrapServers())) {
            RawTopics.create(client, List.of(TOPIC), PARTITIONS);
            for (int group = 0; group < groups; group++) {
                RawOffsets.commit(client, group(group), TOPIC, 1, OFFSET);
            }
        }
        int[] next = {0};
        try (Pipeline pipeline = Pipeline.connect(server)) {
            pipeline.run(IN_FLIGHT, () -> next[0] < groups ? commit(next[0]++) : null, RawOffsets::requireSuccess);
        }
    }

    private static ByteBuffer commit(int group) {
        return RawClient.encode(RawOffsets.commitRequest(group(group), TOPIC, PARTITIONS, OFFSET), RawOffsets.COMMIT_VERSION, 1);
    }

    private void restart(Server server, String what, Samples samples) throws Exception {
        server.relaunch();
        server.awaitReady();
        samples.add(Metric.less(name(), what + ": ready", "ms"), server.millisSinceLaunch());
        try (RawClient client = RawClient.connect(server.bootstrapServers())) {
            for (int group = 0; group < groups; group++) {
                RawOffsets.awaitOffsets(client, group(group), TOPIC, 1, OFFSET);
            }
            samples.add(Metric.less(name(), what + ": all groups answer", "ms"), server.millisSinceLaunch());
            RawOffsets.awaitOffsets(client, group(groups - 1), TOPIC, PARTITIONS, OFFSET);
        }
    }
}
