// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

import static org.apache.kafka.common.config.ConfigDef.Importance.HIGH;
import static org.apache.kafka.common.config.ConfigDef.Importance.LOW;
import static org.apache.kafka.common.config.ConfigDef.Importance.MEDIUM;
import static org.apache.kafka.common.config.ConfigDef.Range.atLeast;
import static org.apache.kafka.common.config.ConfigDef.Range.between;
import static org.apache.kafka.common.config.ConfigDef.Type.BOOLEAN;
import static org.apache.kafka.common.config.ConfigDef.Type.DOUBLE;
import static org.apache.kafka.common.config.ConfigDef.Type.INT;
import static org.apache.kafka.common.config.ConfigDef.Type.LIST;
import static org.apache.kafka.common.config.ConfigDef.Type.LONG;
import static org.apache.kafka.common.config.ConfigDef.Type.STRING;

import io.ottla.topic.TopicConfig;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.CaseInsensitiveValidString;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigDef.ValidList;
import org.apache.kafka.common.config.ConfigDef.ValidString;

/**
 * The broker configs that change what Ottla does. Names, types, ranges and defaults are those of Apache Kafka 4.4, but for
 * {@code listeners}, {@code log.dir}, {@code node.id} and {@code num.network.threads}, whose defaults suit one small process,
 * and {@code group.initial.rebalance.delay.ms}, which is 0 as in the configuration file that Kafka ships: few members
 * join here, and nobody should wait three seconds for the first record.
 */
final class BrokerDefinition {
    static final String DEFAULT_DIRECTORY = "ottla-data";
    /** Of segment.bytes of a topic. With less, Kafka starts, but no group or transaction ever works: their topics can't be created. */
    private static final int LEAST_SEGMENT_BYTES = 1 << 20;

    private BrokerDefinition() {}

    static ConfigDef create() {
        ConfigDef def = new ConfigDef();
        process(def);
        network(def);
        topics(def);
        topicDefaults(def);
        cleaning(def);
        offsets(def);
        classicGroups(def);
        consumerGroups(def);
        shareGroups(def);
        shareState(def);
        streamsGroups(def);
        transactions(def);
        return def;
    }

    private static void process(ConfigDef def) {
        def.define("node.id", INT, 1, atLeast(0), HIGH, "The id of this broker in metadata replies.")
                .define("broker.id", INT, -1, HIGH, "An older name of node.id; -1 if not set.")
                .define("broker.rack", STRING, null, MEDIUM, "The rack that metadata replies give for this broker.")
                .define("log.dirs", LIST, null, HIGH, "The data directory; over log.dir if both are set.")
                .define("log.dir", LIST, DEFAULT_DIRECTORY, HIGH, "The data directory.")
                .define("ottla.flush", STRING, "disk", ValidString.in("disk", "os"), HIGH,
                        "When acks=all is answered: disk, after an fdatasync that covers the records; os, after the write.")
                .define("ottla.flush.together", BOOLEAN, true, MEDIUM,
                        "Whether partitions that wait at the same time are flushed with their whole file system (syncfs), where that can be done; otherwise file by file.")
                .define("ottla.write.ahead", BOOLEAN, true, MEDIUM,
                        "Whether, while there are many flushes, small appends are made durable in a file of 32 MB that all partitions share, and flushed to their segments later.")
                .define("ottla.stop.timeout.ms", LONG, 30_000L, atLeast(0), MEDIUM,
                        "How long the process may take to stop: a disk that hangs must not keep it for ever. What is not flushed by then is recovered at the next start.");
    }

    private static void network(ConfigDef def) {
        def.define("listeners", LIST, "PLAINTEXT://localhost:9092", HIGH, "Where to listen: NAME://HOST:PORT, separated by commas.")
                .define("advertised.listeners", LIST, null, HIGH, "What clients are told to connect to, if it differs from listeners.")
                .define("listener.security.protocol.map", STRING,
                        "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT", LOW, "The protocol of each listener name.")
                .define("controller.listener.names", LIST, "", HIGH, "Listeners that are not opened, as there is no controller to reach.")
                .define("max.connections", INT, Integer.MAX_VALUE, atLeast(0), MEDIUM, "The most connections at a time.")
                .define("max.connections.per.ip", INT, Integer.MAX_VALUE, atLeast(0), MEDIUM, "The most connections at a time from one address.")
                .define("max.connections.per.ip.overrides", STRING, "", MEDIUM, "Other limits for some addresses: HOST:COUNT, separated by commas.")
                .define("max.connection.creation.rate", INT, Integer.MAX_VALUE, atLeast(0), MEDIUM, "The most connections accepted in a second.")
                .define("connections.max.idle.ms", LONG, 600_000L, MEDIUM, "A connection without traffic is closed after this time.")
                .define("socket.request.max.bytes", INT, 104_857_600, atLeast(1), HIGH, "The largest request; a larger one closes the connection.")
                .define("socket.send.buffer.bytes", INT, -1, HIGH, "SO_SNDBUF of a connection; -1 to let the system tune it.")
                .define("socket.receive.buffer.bytes", INT, 102_400, HIGH, "SO_RCVBUF of a connection; -1 for the system's default.")
                .define("socket.listen.backlog.size", INT, 4096, atLeast(1), MEDIUM, "Connections that may wait to be accepted.")
                .define("num.network.threads", INT, Runtime.getRuntime().availableProcessors(), atLeast(1), HIGH, "Event loops; one a core by default.")
                .define("fetch.max.bytes", INT, 57_671_680, atLeast(1024), MEDIUM, "The most that one fetch returns, but for a larger first batch.")
                .define("max.incremental.fetch.session.cache.slots", INT, 1000, atLeast(0), MEDIUM, "Fetch sessions remembered at a time.");
    }

    private static void topics(ConfigDef def) {
        def.define("num.partitions", INT, 1, atLeast(1), MEDIUM, "Partitions of a topic created without a number.")
                .define("auto.create.topics.enable", BOOLEAN, true, HIGH, "Whether a topic is created when a client first asks for it.")
                .define("default.replication.factor", INT, 1, MEDIUM, "Replicas of a topic created without a number; one broker holds one.")
                .define("delete.topic.enable", BOOLEAN, true, HIGH, "Whether topics may be deleted.")
                .define("max.request.partition.size.limit", INT, 2000, atLeast(1), MEDIUM, "The most partitions in a DescribeTopicPartitions reply.");
    }

    /** Each topic config's default, under the broker's name for it, and the coarser names of three of them. */
    private static void topicDefaults(ConfigDef def) {
        for (Map.Entry<String, String> names : TopicConfig.BROKER_NAMES.entrySet()) {
            if (!TimeDefaults.NAMES.containsKey(names.getKey())) {
                ConfigKey key = TopicConfig.DEFINITION.configKeys().get(names.getKey());
                def.define(names.getValue(), key.type, key.defaultValue, key.validator, key.importance, key.documentation);
            }
        }
        def.define("log.retention.ms", LONG, null, HIGH, "How long records are kept; -1 for ever. Over log.retention.minutes.")
                .define("log.retention.minutes", INT, null, HIGH, "How long records are kept, in minutes. Over log.retention.hours.")
                .define("log.retention.hours", INT, 168, HIGH, "How long records are kept, in hours.")
                .define("log.roll.ms", LONG, null, HIGH, "The age at which a segment is closed. Over log.roll.hours.")
                .define("log.roll.hours", INT, 168, atLeast(1), HIGH, "The age at which a segment is closed, in hours.")
                .define("log.roll.jitter.ms", LONG, null, HIGH, "A random part taken off log.roll.ms. Over log.roll.jitter.hours.")
                .define("log.roll.jitter.hours", INT, 0, atLeast(0), HIGH, "A random part taken off log.roll.hours.")
                .define("log.flush.interval.ms", LONG, null, HIGH, "The longest that a record waits for a flush. Over log.flush.scheduler.interval.ms.")
                .define("log.flush.scheduler.interval.ms", LONG, Long.MAX_VALUE, HIGH, "How often flushes that are due are looked for.");
    }

    private static void cleaning(ConfigDef def) {
        def.define("log.retention.check.interval.ms", LONG, 300_000L, atLeast(1), MEDIUM, "How often old segments are looked for.")
                .define("log.cleaner.enable", BOOLEAN, true, MEDIUM, "Whether compacted topics are compacted.")
                .define("log.cleaner.threads", INT, 1, atLeast(0), MEDIUM, "Threads that compact; Ottla compacts one partition at a time.")
                .define("log.cleaner.backoff.ms", LONG, 15_000L, atLeast(0), MEDIUM, "How often the cleaner looks for what is worth compacting.")
                .define("log.cleaner.dedupe.buffer.size", LONG, 134_217_728L, MEDIUM, "Memory for the keys of one compaction round, in bytes.")
                .define("log.cleaner.io.buffer.size", INT, 524_288, atLeast(0), MEDIUM, "Memory for reading and writing while compacting, in bytes; Ottla takes what the largest batch needs.")
                .define("log.cleaner.io.max.bytes.per.second", DOUBLE, Double.MAX_VALUE, MEDIUM, "The most that compaction rewrites; never above 100 MB/s.")
                .define("num.recovery.threads.per.data.dir", INT, 2, atLeast(1), HIGH, "Threads that recover partitions at start.");
    }

    private static void offsets(ConfigDef def) {
        def.define("offsets.topic.num.partitions", INT, 50, atLeast(1), HIGH, "Partitions of __consumer_offsets when it is created.")
                .define("offsets.topic.segment.bytes", INT, 104_857_600, atLeast(LEAST_SEGMENT_BYTES), HIGH, "Segment size of __consumer_offsets.")
                .define("offsets.retention.minutes", INT, 10_080, atLeast(1), HIGH, "How long the offsets of a group without members are kept.")
                .define("offsets.retention.check.interval.ms", LONG, 600_000L, atLeast(1), HIGH, "How often old offsets are looked for.")
                .define("offsets.commit.timeout.ms", INT, 5000, atLeast(1), HIGH, "The longest that an offset commit may take.")
                .define("offset.metadata.max.bytes", INT, 4096, HIGH, "The largest metadata text of a committed offset.");
    }

    private static void classicGroups(ConfigDef def) {
        def.define("group.coordinator.rebalance.protocols", LIST, "classic,consumer,streams",
                        ValidList.in("consumer", "classic", "share", "streams"), MEDIUM, "The rebalance protocols that are on.")
                .define("group.initial.rebalance.delay.ms", INT, 0, MEDIUM, "How long an empty group waits for more members before its first rebalance.")
                .define("group.min.session.timeout.ms", INT, 6000, MEDIUM, "The shortest session timeout that a classic member may ask for.")
                .define("group.max.session.timeout.ms", INT, 1_800_000, MEDIUM, "The longest session timeout that a classic member may ask for.")
                .define("group.max.size", INT, Integer.MAX_VALUE, atLeast(1), MEDIUM, "The most members of a classic group.");
    }

    private static void consumerGroups(ConfigDef def) {
        intervals(def, "group.consumer");
        def.define("group.consumer.max.size", INT, Integer.MAX_VALUE, atLeast(1), MEDIUM, "The most members of a consumer group.")
                .define("group.consumer.assignors", LIST, "uniform,range", MEDIUM, "The server-side assignors; the first is the default.")
                .define("group.consumer.migration.policy", STRING, "bidirectional",
                        CaseInsensitiveValidString.in("DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"), MEDIUM,
                        "Which way a group may change between the classic and the consumer protocol while it runs.")
                .defineInternal("group.consumer.regex.refresh.interval.ms", INT, 600_000, atLeast(10_000), MEDIUM,
                        "How often regular expressions of subscriptions are matched again.");
    }

    private static void shareGroups(ConfigDef def) {
        intervals(def, "group.share");
        def.define("group.share.max.size", INT, 200, between(1, 1000), MEDIUM, "The most members of a share group.")
                .define("group.share.assignors", LIST, "simple", MEDIUM, "The assignors of share groups.")
                .define("group.share.max.share.sessions", INT, 2000, atLeast(1), MEDIUM, "Share sessions remembered at a time.")
                .define("group.share.delivery.count.limit", INT, 5, between(2, 10), MEDIUM, "How often a record is delivered at most.")
                .define("group.share.min.delivery.count.limit", INT, 2, between(2, 5), MEDIUM, "The lowest delivery limit that a group may set.")
                .define("group.share.max.delivery.count.limit", INT, 10, between(5, 25), MEDIUM, "The highest delivery limit that a group may set.")
                .define("group.share.record.lock.duration.ms", INT, 30_000, between(1000, 3_600_000), MEDIUM, "How long a delivered record stays acquired.")
                .define("group.share.min.record.lock.duration.ms", INT, 15_000, between(1000, 30_000), MEDIUM, "The shortest that a group may set.")
                .define("group.share.max.record.lock.duration.ms", INT, 60_000, between(30_000, 3_600_000), MEDIUM, "The longest that a group may set.")
                .define("group.share.partition.max.record.locks", INT, 2000, between(100, 10_000), MEDIUM, "The most records of a partition in flight.")
                .define("group.share.min.partition.max.record.locks", INT, 100, between(100, 2000), MEDIUM, "The lowest that a group may set.")
                .define("group.share.max.partition.max.record.locks", INT, 4000, between(2000, 10_000), MEDIUM, "The highest that a group may set.");
    }

    private static void shareState(ConfigDef def) {
        def.define("share.coordinator.state.topic.num.partitions", INT, 50, atLeast(1), HIGH, "Partitions of __share_group_state when it is created.")
                .define("share.coordinator.state.topic.segment.bytes", INT, 104_857_600, atLeast(LEAST_SEGMENT_BYTES), HIGH, "Segment size of __share_group_state.")
                .define("share.coordinator.state.topic.prune.interval.ms", INT, 300_000, atLeast(1), LOW, "How often __share_group_state is shortened.")
                .define("share.coordinator.snapshot.update.records.per.snapshot", INT, 500, between(0, 500), MEDIUM, "Updates between two snapshots.")
                .define("errors.deadletterqueue.auto.create.topics.enable", BOOLEAN, false, MEDIUM, "Whether dead-letter topics are created by themselves.")
                .define("errors.deadletterqueue.topic.name.prefix", STRING, "dlq.", MEDIUM, "What the name of a dead-letter topic must start with.");
    }

    private static void streamsGroups(ConfigDef def) {
        intervals(def, "group.streams");
        def.define("group.streams.max.size", INT, Integer.MAX_VALUE, atLeast(1), MEDIUM, "The most members of a streams group.")
                .define("group.streams.num.standby.replicas", INT, 0, atLeast(0), MEDIUM, "Standby copies of each task with state.")
                .define("group.streams.max.standby.replicas", INT, 2, atLeast(0), MEDIUM, "The most standby copies that a group may set.")
                .define("group.streams.initial.rebalance.delay.ms", INT, 3000, atLeast(0), MEDIUM,
                        "How long an empty streams group waits for more members before its first assignment.")
                .define("group.streams.assignors", LIST, "sticky", ValidList.in("sticky"), MEDIUM, "The task assignors; the first is the default.")
                .define("group.streams.rack.aware.assignment.tags", LIST, "", ValidList.anyNonDuplicateValues(true, false), LOW,
                        "Client tags over which standby copies are spread.")
                .defineInternal("group.streams.task.offset.interval.ms", INT, 60_000, atLeast(1), MEDIUM,
                        "How often members report the offsets of their copies of state.")
                .defineInternal("group.streams.min.task.offset.interval.ms", INT, 15_000, atLeast(1), MEDIUM,
                        "The shortest interval of such reports that a group may set.")
                .defineInternal("group.streams.num.warmup.replicas", INT, 2, atLeast(0), MEDIUM, "As Kafka 4.4, which takes it and makes none.")
                .defineInternal("group.streams.max.warmup.replicas", INT, 20, atLeast(0), MEDIUM, "The most warmup copies that a group may set.")
                .defineInternal("group.streams.acceptable.recovery.lag", LONG, 10_000L, atLeast(0), MEDIUM,
                        "How many records behind a copy of state may be to count as complete.");
    }

    /** The session, heartbeat and assignment times that consumer groups and share groups have alike. */
    private static void intervals(ConfigDef def, String prefix) {
        def.define(prefix + ".session.timeout.ms", INT, 45_000, atLeast(1), MEDIUM, "A member that is silent for this time is removed.")
                .define(prefix + ".min.session.timeout.ms", INT, 45_000, atLeast(1), MEDIUM, "The shortest session timeout that a group may set.")
                .define(prefix + ".max.session.timeout.ms", INT, 60_000, atLeast(1), MEDIUM, "The longest session timeout that a group may set.")
                .define(prefix + ".heartbeat.interval.ms", INT, 5000, atLeast(1), MEDIUM, "How often members are told to send heartbeats.")
                .define(prefix + ".min.heartbeat.interval.ms", INT, 5000, atLeast(1), MEDIUM, "The shortest heartbeat interval that a group may set.")
                .define(prefix + ".max.heartbeat.interval.ms", INT, 15_000, atLeast(1), MEDIUM, "The longest heartbeat interval that a group may set.")
                .define(prefix + ".assignment.interval.ms", INT, 1000, atLeast(0), MEDIUM, "The least time between two assignments of a group.")
                .define(prefix + ".min.assignment.interval.ms", INT, 0, atLeast(0), MEDIUM, "The shortest assignment interval that a group may set.")
                .define(prefix + ".max.assignment.interval.ms", INT, 15_000, atLeast(0), MEDIUM, "The longest assignment interval that a group may set.")
                .defineInternal(prefix + ".assignor.offload.enable", BOOLEAN, true, null, MEDIUM, "As Kafka 4.4; assignments are made at once here.");
    }

    private static void transactions(ConfigDef def) {
        def.define("transaction.max.timeout.ms", INT, 900_000, atLeast(1), HIGH, "The longest transaction timeout that a producer may ask for.")
                .define("transaction.state.log.num.partitions", INT, 50, atLeast(1), HIGH, "Partitions of __transaction_state when it is created.")
                .define("transaction.state.log.segment.bytes", INT, 104_857_600, atLeast(LEAST_SEGMENT_BYTES), HIGH, "Segment size of __transaction_state.")
                .define("transaction.abort.timed.out.transaction.cleanup.interval.ms", INT, 10_000, atLeast(1), LOW, "How often late transactions are aborted.")
                .define("transaction.remove.expired.transaction.cleanup.interval.ms", INT, 3_600_000, atLeast(1), LOW, "How often unused ids are removed.")
                .define("transaction.partition.verification.enable", BOOLEAN, true, LOW, "Whether a write is checked against its transaction.")
                .define("transaction.two.phase.commit.enable", BOOLEAN, false, LOW, "Whether producers may ask for two-phase commit.")
                .define("transactional.id.expiration.ms", INT, 604_800_000, atLeast(1), HIGH, "How long an unused transactional id is kept.")
                .define("producer.id.expiration.ms", INT, 86_400_000, atLeast(1), LOW, "How long a partition remembers an idle producer id.")
                .defineInternal("producer.id.expiration.check.interval.ms", INT, 600_000, atLeast(1), LOW, "How often idle producer ids are looked for.");
    }
}
