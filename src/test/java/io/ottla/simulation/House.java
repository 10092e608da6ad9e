// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import io.ottla.api.Apis;
import io.ottla.api.Cluster;
import io.ottla.api.Services;
import io.ottla.api.TopicAdmin;
import io.ottla.coordinator.CoordinatorRuntime;
import io.ottla.coordinator.ManualRuntime;
import io.ottla.group.GroupCoordinator;
import io.ottla.group.GroupSettings;
import io.ottla.log.ManualLog;
import io.ottla.network.RequestHandler;
import io.ottla.share.ShareCoordinator;
import io.ottla.streams.StreamsCoordinator;
import io.ottla.topic.InternalTopics;
import io.ottla.topic.TopicCatalog;
import io.ottla.transaction.TransactionCoordinator;
import io.ottla.transaction.TransactionSettings;
import io.ottla.transaction.TransactionalOffsets;
import io.ottla.world.Disk;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/** One life of a whole broker but for its sockets: nothing in it happens by itself. */
final class House {
    static final String PLAIN = "plain";
    static final int PLAIN_PARTITIONS = 2;
    static final String COMPACTED = "latest";
    private static final int LOG_PARTITIONS = 2;
    private static final int ABORT_INTERVAL_MS = 50;
    private static final int FETCH_MAX_BYTES = 1 << 20;
    private static final Path DIRECTORY = Path.of("/house");

    private final ManualTimers timers;
    private final ManualAside aside;
    private final ManualLog log;
    private final TopicCatalog catalog;
    private final ManualRuntime runtime;
    private final RequestHandler apis;

    House(Disk disk, ManualClock clock, Random random, Fault fault, int life) throws IOException {
        timers = new ManualTimers(clock);
        aside = new ManualAside(random, timers);
        log = new ManualLog(DIRECTORY, disk, clock, timers, random);
        if (life == 0) {
            createTopics(random);
        }
        catalog = fault == Fault.NONE ? log.catalog() : new BrokenCatalog(log.catalog(), fault, random, life);
        runtime = new ManualRuntime(clock, 2, aside);
        apis = apis(runtime.runtime(), catalog, new Cluster(log.catalog().clusterId(), 1, null, Map.of()), fault, random);
    }

    /** The rooms above the log, put together as the broker does. */
    static RequestHandler apis(CoordinatorRuntime runtime, TopicCatalog catalog, Cluster cluster, Fault fault, Random random) {
        GroupCoordinator groups = new GroupCoordinator(runtime, catalog, GroupSettings.defaults());
        ShareCoordinator share = new ShareCoordinator(runtime, catalog, groups, Map.of());
        StreamsCoordinator streams = new StreamsCoordinator(catalog, groups, Map.of());
        TransactionSettings settings = new TransactionSettings(900_000, 604_800_000, ABORT_INTERVAL_MS, 3_600_000, LOG_PARTITIONS, 1 << 20, () -> true);
        TransactionCoordinator transactions = new TransactionCoordinator(runtime, catalog, settings, new Offsets(groups, fault, random));
        TopicAdmin admin = new TopicAdmin(catalog, cluster, 1, true, Map.of(), new ConfigDef(), Map.of(), List::of, new NoLiveConfigs());
        groups.start();
        transactions.start();
        return Apis.over(new Services(admin, groups, List.of("classic", "consumer", "streams"), share, 10, streams, transactions, false, 10, FETCH_MAX_BYTES, DIRECTORY));
    }

    private void createTopics(Random random) {
        String small = Integer.toString(1500 + random.nextInt(3000));
        Map<String, String> compacted = Map.of("cleanup.policy", "compact", "internal.segment.bytes", small, "min.cleanable.dirty.ratio", "0.01", "index.interval.bytes", "200");
        log.catalog().create(InternalTopics.TRANSACTION_STATE, LOG_PARTITIONS, compacted);
        log.catalog().create(InternalTopics.CONSUMER_OFFSETS, LOG_PARTITIONS, compacted);
        log.catalog().create(COMPACTED, 1, compacted);
        log.catalog().create(PLAIN, PLAIN_PARTITIONS, Map.of("internal.segment.bytes", small, "retention.ms", "-1", "index.interval.bytes", "200"));
    }

    TopicCatalog catalog() {
        return catalog;
    }

    /** Hands over a request; the answer comes now or in a later step, and never if the process dies before. */
    <R extends ApiMessage> void ask(ApiKeys api, int version, ApiMessage message, Class<R> type, Consumer<R> reply) {
        apis.handle(new SimulatedRequest(api, version, message, answer -> reply.accept(type.cast(answer))));
    }

    void pass(long ms) {
        timers.advanceMs(ms);
    }

    boolean turn() {
        return runtime.turn();
    }

    /** Runs a flush, or some other work of the log. */
    boolean work() {
        return log.work();
    }

    boolean workAside() {
        return aside.work();
    }

    void compact() {
        log.compact();
    }

    /** Works until there is nothing to do at this time. */
    void settle() {
        while (turn() | work() | workAside()) {
            // again
        }
    }

    /** Ends transactions in the group coordinator, as the broker does. */
    private record Offsets(GroupCoordinator groups, Fault fault, Random random) implements TransactionalOffsets {
        @Override
        public int partitionOf(String groupId) {
            return groups.partitionFor(groupId);
        }

        @Override
        public void complete(int partition, long producerId, short producerEpoch, int coordinatorEpoch, boolean committed, Consumer<Errors> done) {
            boolean drops = fault == Fault.DROPS_OFFSETS && random.nextInt(3) == 0;
            boolean told = fault == Fault.KEEPS_ABORTED_OFFSETS || committed && !drops;
            groups.completeTransaction(partition, producerId, producerEpoch, coordinatorEpoch, told, done);
        }
    }
}
