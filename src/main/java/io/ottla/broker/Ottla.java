// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

import io.ottla.api.Apis;
import io.ottla.api.Cluster;
import io.ottla.api.Services;
import io.ottla.api.TopicAdmin;
import io.ottla.coordinator.CoordinatorRuntime;
import io.ottla.group.GroupCoordinator;
import io.ottla.group.GroupSettings;
import io.ottla.log.CleanerSettings;
import io.ottla.log.FlushMode;
import io.ottla.log.LocalCatalog;
import io.ottla.log.LogHealth;
import io.ottla.log.LogSettings;
import io.ottla.network.ConnectionLimits;
import io.ottla.network.NetworkServer;
import io.ottla.network.NetworkSettings;
import io.ottla.network.RequestHandler;
import io.ottla.share.ShareCoordinator;
import io.ottla.streams.StreamsCoordinator;
import io.ottla.transaction.TransactionCoordinator;
import io.ottla.transaction.TransactionSettings;
import io.ottla.world.Clock;
import io.ottla.world.LocalDisk;
import io.ottla.world.OpenFileLimit;
import io.ottla.world.SystemTimers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A running broker. In a test:
 *
 * <pre>{@code
 * try (Ottla broker = Ottla.start()) {
 *     properties.put("bootstrap.servers", broker.bootstrapServers());
 * }
 * }</pre>
 *
 * Several may run side by side in one JVM. Safe for any thread.
 */
public final class Ottla implements AutoCloseable {
    /** Enough for an append to each of ten thousand partitions in turn without opening a file for it. */
    private static final int MAX_OPEN_FILES = 16_000;
    private static final int FLUSH_THREADS = 8;

    /** What to undo on close, the last first. */
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    private final Path dataDirectory;
    private LocalCatalog catalog;
    private String bootstrapServers;
    private int port;
    private boolean closed;

    private Ottla(BrokerConfig config) {
        dataDirectory = config.dataDirectory();
    }

    /** Starts on a free port of localhost with a data directory of its own, which is deleted on close. */
    public static Ottla start() {
        return startTemporary(Map.of());
    }

    /**
     * Starts on a free port of localhost with a data directory of its own, which is deleted on close, and with these
     * configs, in Kafka's names.
     *
     * @throws InvalidConfig for an unknown name or a value out of range
     */
    public static Ottla startTemporary(Map<String, String> configs) {
        Path directory = TemporaryDirectory.create();
        Map<String, String> all = new HashMap<>(Map.of("listeners", "PLAINTEXT://localhost:0"));
        all.putAll(configs);
        all.put("log.dirs", directory.toString());
        try {
            Ottla broker = start(BrokerConfig.of(all));
            broker.parts.addLast(() -> TemporaryDirectory.delete(directory));
            return broker;
        } catch (RuntimeException e) {
            TemporaryDirectory.delete(directory);
            throw e;
        }
    }

    /**
     * Starts a broker that accepts connections on return.
     *
     * @throws StartFailed if the data directory is in use or can't be written, or a port is taken
     */
    public static Ottla start(BrokerConfig config) {
        Ottla broker = new Ottla(config);
        try {
            broker.run(config);
            return broker;
        } catch (RuntimeException e) {
            broker.close();
            throw e;
        }
    }

    /** host:port of the first listener, as clients take it for bootstrap.servers. */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    /** The port of the first listener. */
    public int port() {
        return port;
    }

    public Path dataDirectory() {
        return dataDirectory;
    }

    /** How the disk treats the log: partitions that are offline or refuse appends, and what failed since the start. */
    public LogHealth logHealth() {
        return catalog.health();
    }

    /** Partitions with records that may not be on the disk yet, for whoever cannot wait for {@link #close} any longer. Never blocks. */
    public List<String> unflushed() {
        return catalog.unflushed();
    }

    /** Stops accepting, makes everything durable, and lets go of the data directory. Harmless when repeated. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        RuntimeException failure = null;
        for (AutoCloseable part : parts) {
            try {
                part.close();
            } catch (Exception e) {
                if (failure == null) {
                    failure = new IllegalStateException("the broker did not stop cleanly", e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void run(BrokerConfig config) {
        // Beside the disk's part of a start, which takes as long.
        Thread.ofPlatform().name("messages").daemon().start(Apis::load);
        Clock clock = Clock.SYSTEM;
        SystemTimers timers = own(new SystemTimers());
        LiveConfig live = new LiveConfig(config);
        catalog = own(openCatalog(config, live, clock, timers));
        live.follow(catalog);
        own(new JmxHealth(timers, catalog::health));
        CoordinatorRuntime coordinators = own(new CoordinatorRuntime(clock, config.getInt("num.network.threads")));
        GroupCoordinator groups = own(new GroupCoordinator(coordinators, catalog, GroupSettings.of(live.values())));
        ShareCoordinator share = new ShareCoordinator(coordinators, catalog, groups, live.values());
        StreamsCoordinator streams = new StreamsCoordinator(catalog, groups, live.values());
        TransactionCoordinator transactions = new TransactionCoordinator(
                coordinators, catalog, transactionSettings(config, live), new GroupOffsets(groups));
        NetworkServer network = own(openNetwork(live.now(), clock));
        Map<String, Cluster.Endpoint> advertised = bind(config, network);
        Cluster cluster = new Cluster(catalog.clusterId(), config.nodeId(), config.rack().orElse(null), advertised);
        groups.start();
        transactions.start();
        live.listen(now -> network.limit(connectionLimits(now), now.getInt("num.network.threads")));
        network.start(apis(config, live, catalog, cluster, groups, share, streams, transactions));
    }

    private static TransactionSettings transactionSettings(BrokerConfig config, LiveConfig live) {
        return new TransactionSettings(
                config.getInt("transaction.max.timeout.ms"),
                config.getLong("transactional.id.expiration.ms"),
                config.getLong("transaction.abort.timed.out.transaction.cleanup.interval.ms"),
                config.getLong("transaction.remove.expired.transaction.cleanup.interval.ms"),
                config.getInt("transaction.state.log.num.partitions"),
                config.getInt("transaction.state.log.segment.bytes"),
                () -> live.now().getBoolean("transaction.partition.verification.enable"));
    }

    private static LocalCatalog openCatalog(BrokerConfig config, LiveConfig live, Clock clock, SystemTimers timers) {
        // Sockets, directories and the JVM itself need files as well.
        int files = OpenFileLimit.get();
        LogSettings settings = new LogSettings(
                config.dataDirectory(),
                config.flushToDisk() ? FlushMode.DISK : FlushMode.OS,
                config.nodeId(),
                config.topicDefaults(),
                Math.clamp(files / 2, 1, MAX_OPEN_FILES),
                Math.max(1, files / 4 * 3),
                FLUSH_THREADS,
                config.flushTogether(),
                config.writeAhead() ? LogSettings.WriteAhead.DEFAULT : LogSettings.WriteAhead.NEVER,
                () -> live.now().getLong("producer.id.expiration.ms"),
                config.getLong("producer.id.expiration.check.interval.ms"),
                config.getLong("log.retention.check.interval.ms"),
                () -> cleanerSettings(live.now()));
        try {
            return LocalCatalog.open(settings, new LocalDisk(), clock, timers);
        } catch (IOException e) {
            throw new StartFailed("data directory " + config.dataDirectory() + ": " + e.getMessage(), e);
        }
    }

    private static CleanerSettings cleanerSettings(BrokerConfig config) {
        return new CleanerSettings(
                config.getBoolean("log.cleaner.enable"),
                config.getLong("log.cleaner.backoff.ms"),
                config.getLong("log.cleaner.dedupe.buffer.size"),
                config.getDouble("log.cleaner.io.max.bytes.per.second"));
    }

    private static NetworkServer openNetwork(BrokerConfig config, Clock clock) {
        NetworkSettings settings = new NetworkSettings(
                config.getInt("num.network.threads"),
                config.getInt("socket.request.max.bytes"),
                config.getLong("connections.max.idle.ms"),
                connectionLimits(config),
                config.getInt("socket.send.buffer.bytes"),
                config.getInt("socket.receive.buffer.bytes"),
                config.getInt("socket.listen.backlog.size"),
                Runtime.getRuntime().maxMemory() / 2);
        try {
            return new NetworkServer(settings, clock);
        } catch (IOException e) {
            throw new StartFailed("the network can't be used: " + e.getMessage(), e);
        }
    }

    private static ConnectionLimits connectionLimits(BrokerConfig config) {
        return new ConnectionLimits(
                config.getInt("max.connections"),
                config.getInt("max.connections.per.ip"),
                config.connectionsByAddress(),
                config.getInt("max.connection.creation.rate"));
    }

    private Map<String, Cluster.Endpoint> bind(BrokerConfig config, NetworkServer network) {
        Map<String, Cluster.Endpoint> advertised = new HashMap<>();
        for (Listener listener : config.listeners()) {
            int bound;
            try {
                bound = network.bind(listener.name(), listener.host(), listener.port());
            } catch (IOException e) {
                throw new StartFailed("can't listen on " + listener.host() + ":" + listener.port() + ": " + e.getMessage(), e);
            }
            int advertisedPort = listener.advertisedPort() == 0 ? bound : listener.advertisedPort();
            advertised.put(listener.name(), new Cluster.Endpoint(listener.advertisedHost(), advertisedPort));
            if (bootstrapServers == null) {
                port = bound;
                bootstrapServers = (listener.host().isEmpty() ? "localhost" : listener.host()) + ":" + bound;
            }
        }
        return advertised;
    }

    private static RequestHandler apis(
            BrokerConfig config,
            LiveConfig live,
            LocalCatalog catalog,
            Cluster cluster,
            GroupCoordinator groups,
            ShareCoordinator share,
            StreamsCoordinator streams,
            TransactionCoordinator transactions) {
        TopicAdmin admin = new TopicAdmin(
                catalog,
                cluster,
                config.getInt("num.partitions"),
                config.getBoolean("delete.topic.enable"),
                config.topicDefaults(),
                BrokerConfig.definition(),
                config.originals(),
                BrokerConfig::brokerNames,
                live);
        return Apis.over(new Services(
                admin,
                groups,
                config.getList("group.coordinator.rebalance.protocols"),
                share,
                config.getInt("group.share.max.share.sessions"),
                streams,
                transactions,
                config.getBoolean("auto.create.topics.enable"),
                config.getInt("max.incremental.fetch.session.cache.slots"),
                config.getInt("fetch.max.bytes"),
                config.dataDirectory()));
    }

    private <T extends AutoCloseable> T own(T part) {
        parts.addFirst(part);
        return part;
    }
}
