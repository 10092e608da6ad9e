// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import io.ottla.api.Cluster;
import io.ottla.coordinator.CoordinatorRuntime;
import io.ottla.log.LocalCatalog;
import io.ottla.log.LogSettings;
import io.ottla.network.ConnectionLimits;
import io.ottla.network.NetworkServer;
import io.ottla.network.NetworkSettings;
import io.ottla.topic.TopicCatalog;
import io.ottla.world.Clock;
import io.ottla.world.LocalDisk;
import io.ottla.world.SystemTimers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;

/** A broker for real clients that has a fault. */
final class BrokenBroker implements AutoCloseable {
    private static final long SEED = 1;

    private final SystemTimers timers = new SystemTimers();
    private final LocalCatalog whole;
    private final CoordinatorRuntime runtime = new CoordinatorRuntime(Clock.SYSTEM, 1);
    private final NetworkServer network = new NetworkServer(new NetworkSettings(1, 1 << 20, -1, new ConnectionLimits(100, 100, Map.of(), Integer.MAX_VALUE), -1, -1, 50, 64 << 20), Clock.SYSTEM);
    private final int port;

    BrokenBroker(Path directory, Fault fault) throws IOException {
        whole = LocalCatalog.open(LogSettings.in(directory), new LocalDisk(), Clock.SYSTEM, timers);
        Random random = new Random(SEED);
        TopicCatalog catalog = new BrokenCatalog(whole, fault, random, 0);
        port = network.bind("PLAINTEXT", "localhost", 0);
        Cluster cluster = new Cluster(whole.clusterId(), 1, null, Map.of("PLAINTEXT", new Cluster.Endpoint("localhost", port)));
        network.start(House.apis(runtime, catalog, cluster, fault, random));
    }

    String bootstrapServers() {
        return "localhost:" + port;
    }

    @Override
    public void close() throws IOException {
        network.close();
        runtime.close();
        whole.close();
        timers.close();
    }
}
