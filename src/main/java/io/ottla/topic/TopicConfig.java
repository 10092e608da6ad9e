// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

import static org.apache.kafka.common.config.ConfigDef.Importance.MEDIUM;
import static org.apache.kafka.common.config.ConfigDef.Range.atLeast;
import static org.apache.kafka.common.config.ConfigDef.Range.between;
import static org.apache.kafka.common.config.TopicConfig.*;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidList;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.record.internal.CompressionType;

/**
 * The configs in force for one topic: its overrides, over the broker's defaults, over Kafka's. Names, types, ranges and
 * defaults are those of Apache Kafka 4.4. Immutable.
 */
public final class TopicConfig {
    /** Every topic config that Kafka knows, with its type, range and default. */
    public static final ConfigDef DEFINITION = define();

    /** For each topic config that has one, the name of the broker config that gives its default. */
    public static final Map<String, String> BROKER_NAMES = brokerNames();

    private final Map<String, String> overrides;
    private final boolean compacted;
    private final boolean deleted;
    private final Map<String, Object> values;
    private final long retentionMs;
    private final long retentionBytes;
    private final int segmentBytes;
    private final long segmentMs;
    private final int maxMessageBytes;
    private final int indexIntervalBytes;
    private final boolean logAppendTime;
    private final String compressionType;

    private TopicConfig(Map<String, Object> values, Map<String, String> overrides) {
        this.values = values;
        this.overrides = overrides;
        List<?> policy = (List<?>) values.get(CLEANUP_POLICY_CONFIG);
        compacted = policy.contains(CLEANUP_POLICY_COMPACT);
        deleted = policy.contains(CLEANUP_POLICY_DELETE);
        retentionMs = longOf(RETENTION_MS_CONFIG);
        retentionBytes = longOf(RETENTION_BYTES_CONFIG);
        segmentBytes = values.get("internal.segment.bytes") instanceof Integer bytes ? bytes : intOf(SEGMENT_BYTES_CONFIG);
        segmentMs = longOf(SEGMENT_MS_CONFIG);
        maxMessageBytes = intOf(MAX_MESSAGE_BYTES_CONFIG);
        indexIntervalBytes = intOf(INDEX_INTERVAL_BYTES_CONFIG);
        logAppendTime = "LogAppendTime".equals(values.get(MESSAGE_TIMESTAMP_TYPE_CONFIG));
        compressionType = (String) values.get(COMPRESSION_TYPE_CONFIG);
    }

    /**
     * Both maps are keyed by topic config names.
     *
     * @throws InvalidConfigurationException for an unknown name or a value out of range, with Kafka's message
     */
    public static TopicConfig of(Map<String, String> brokerDefaults, Map<String, String> overrides) {
        for (String name : overrides.keySet()) {
            if (!DEFINITION.configKeys().containsKey(name)) {
                throw new InvalidConfigurationException("Unknown topic config name: " + name);
            }
        }
        Map<String, String> merged = new HashMap<>(brokerDefaults);
        merged.putAll(overrides);
        try {
            Map<String, Object> values = DEFINITION.parse(merged);
            checkTogether(values);
            return new TopicConfig(values, Map.copyOf(overrides));
        } catch (ConfigException e) {
            throw new InvalidConfigurationException(e.getMessage());
        }
    }

    private static void checkTogether(Map<String, Object> values) {
        long minLag = (Long) values.get(MIN_COMPACTION_LAG_MS_CONFIG);
        long maxLag = (Long) values.get(MAX_COMPACTION_LAG_MS_CONFIG);
        if (minLag > maxLag) {
            throw new ConfigException(MIN_COMPACTION_LAG_MS_CONFIG + " (" + minLag + ") is above " + MAX_COMPACTION_LAG_MS_CONFIG + " (" + maxLag + ")");
        }
        if ((Boolean) values.get(REMOTE_LOG_STORAGE_ENABLE_CONFIG)) {
            throw new ConfigException(REMOTE_LOG_STORAGE_ENABLE_CONFIG + ": there is no tiered storage here");
        }
    }

    /** What was set on the topic itself. */
    public Map<String, String> overrides() {
        return overrides;
    }

    public boolean compacted() {
        return compacted;
    }

    /** True if old segments are deleted by time or size. */
    public boolean deleted() {
        return deleted;
    }

    /** -1: for ever. */
    public long retentionMs() {
        return retentionMs;
    }

    /** -1: without a limit. */
    public long retentionBytes() {
        return retentionBytes;
    }

    public int segmentBytes() {
        return segmentBytes;
    }

    public long segmentMs() {
        return segmentMs;
    }

    public long segmentJitterMs() {
        return longOf(SEGMENT_JITTER_MS_CONFIG);
    }

    public int maxMessageBytes() {
        return maxMessageBytes;
    }

    public int indexIntervalBytes() {
        return indexIntervalBytes;
    }

    public int segmentIndexBytes() {
        return intOf(SEGMENT_INDEX_BYTES_CONFIG);
    }

    /** True if the broker stamps records with its own time. */
    public boolean logAppendTime() {
        return logAppendTime;
    }

    public long timestampBeforeMaxMs() {
        return longOf(MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG);
    }

    public long timestampAfterMaxMs() {
        return longOf(MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG);
    }

    /** "producer" keeps what the producer chose; otherwise the codec's name, or "uncompressed". */
    public String compressionType() {
        return compressionType;
    }

    public long fileDeleteDelayMs() {
        return longOf(FILE_DELETE_DELAY_MS_CONFIG);
    }

    public long deleteRetentionMs() {
        return longOf(DELETE_RETENTION_MS_CONFIG);
    }

    public long minCompactionLagMs() {
        return longOf(MIN_COMPACTION_LAG_MS_CONFIG);
    }

    public long maxCompactionLagMs() {
        return longOf(MAX_COMPACTION_LAG_MS_CONFIG);
    }

    public double minCleanableDirtyRatio() {
        return (Double) values.get(MIN_CLEANABLE_DIRTY_RATIO_CONFIG);
    }

    public int minInsyncReplicas() {
        return intOf(MIN_IN_SYNC_REPLICAS_CONFIG);
    }

    /** The value in force for any name in {@link #DEFINITION}, in the type defined there. */
    public Object value(String name) {
        return values.get(name);
    }

    private long longOf(String name) {
        return (Long) values.get(name);
    }

    private int intOf(String name) {
        return (Integer) values.get(name);
    }

    private static ConfigDef define() {
        return new ConfigDef()
                .define(CLEANUP_POLICY_CONFIG, Type.LIST, "delete", ValidList.in("compact", "delete"), MEDIUM, CLEANUP_POLICY_DOC)
                .define(COMPRESSION_TYPE_CONFIG, Type.STRING, "producer",
                        ValidString.in("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"), MEDIUM, COMPRESSION_TYPE_DOC)
                .define(COMPRESSION_GZIP_LEVEL_CONFIG, Type.INT, -1, CompressionType.GZIP.levelValidator(), MEDIUM, COMPRESSION_GZIP_LEVEL_DOC)
                .define(COMPRESSION_LZ4_LEVEL_CONFIG, Type.INT, 9, between(1, 17), MEDIUM, COMPRESSION_LZ4_LEVEL_DOC)
                .define(COMPRESSION_ZSTD_LEVEL_CONFIG, Type.INT, 3, between(-131072, 22), MEDIUM, COMPRESSION_ZSTD_LEVEL_DOC)
                .define(DELETE_RETENTION_MS_CONFIG, Type.LONG, 86_400_000L, atLeast(0), MEDIUM, DELETE_RETENTION_MS_DOC)
                .define("errors.deadletterqueue.group.enable", Type.BOOLEAN, false, MEDIUM, "Whether share groups may use this topic for dead letters (KIP-1191).")
                .define(FILE_DELETE_DELAY_MS_CONFIG, Type.LONG, 60_000L, atLeast(0), MEDIUM, FILE_DELETE_DELAY_MS_DOC)
                .define(FLUSH_MESSAGES_INTERVAL_CONFIG, Type.LONG, Long.MAX_VALUE, atLeast(1), MEDIUM, FLUSH_MESSAGES_INTERVAL_DOC)
                .define(FLUSH_MS_CONFIG, Type.LONG, Long.MAX_VALUE, atLeast(0), MEDIUM, FLUSH_MS_DOC)
                .define("follower.replication.throttled.replicas", Type.LIST, "", TopicConfig::checkReplicas, MEDIUM, "Replicas throttled on the follower side; one broker has none.")
                .define(INDEX_INTERVAL_BYTES_CONFIG, Type.INT, 4096, atLeast(0), MEDIUM, INDEX_INTERVAL_BYTES_DOC)
                .defineInternal("internal.segment.bytes", Type.INT, null, null, MEDIUM, "Segment size below the least of segment.bytes, for tests.")
                .define("leader.replication.throttled.replicas", Type.LIST, "", TopicConfig::checkReplicas, MEDIUM, "Replicas throttled on the leader side; one broker has none.")
                .define(LOCAL_LOG_RETENTION_BYTES_CONFIG, Type.LONG, -2L, atLeast(-2), MEDIUM, LOCAL_LOG_RETENTION_BYTES_DOC)
                .define(LOCAL_LOG_RETENTION_MS_CONFIG, Type.LONG, -2L, atLeast(-2), MEDIUM, LOCAL_LOG_RETENTION_MS_DOC)
                .define(MAX_COMPACTION_LAG_MS_CONFIG, Type.LONG, Long.MAX_VALUE, atLeast(1), MEDIUM, MAX_COMPACTION_LAG_MS_DOC)
                .define("max.decompressed.message.bytes", Type.INT, 2147483639, between(1, 2147483639), MEDIUM, "The largest a batch may become when decompressed.")
                .define(MAX_MESSAGE_BYTES_CONFIG, Type.INT, 1048588, atLeast(0), MEDIUM, MAX_MESSAGE_BYTES_DOC)
                .define(MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG, Type.LONG, 3_600_000L, atLeast(0), MEDIUM, MESSAGE_TIMESTAMP_AFTER_MAX_MS_DOC)
                .define(MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG, Type.LONG, Long.MAX_VALUE, atLeast(0), MEDIUM, MESSAGE_TIMESTAMP_BEFORE_MAX_MS_DOC)
                .define(MESSAGE_TIMESTAMP_TYPE_CONFIG, Type.STRING, "CreateTime", ValidString.in("CreateTime", "LogAppendTime"), MEDIUM, MESSAGE_TIMESTAMP_TYPE_DOC)
                .define(MIN_CLEANABLE_DIRTY_RATIO_CONFIG, Type.DOUBLE, 0.5, between(0, 1), MEDIUM, MIN_CLEANABLE_DIRTY_RATIO_DOC)
                .define(MIN_COMPACTION_LAG_MS_CONFIG, Type.LONG, 0L, atLeast(0), MEDIUM, MIN_COMPACTION_LAG_MS_DOC)
                .define(MIN_IN_SYNC_REPLICAS_CONFIG, Type.INT, 1, atLeast(1), MEDIUM, MIN_IN_SYNC_REPLICAS_DOC)
                .define(PREALLOCATE_CONFIG, Type.BOOLEAN, false, MEDIUM, PREALLOCATE_DOC)
                .define("remote.copy.lag.bytes", Type.LONG, -1L, atLeast(-1), MEDIUM, "Tiered storage: bytes that wait before a copy.")
                .define("remote.copy.lag.ms", Type.LONG, 0L, atLeast(-1), MEDIUM, "Tiered storage: time that passes before a copy.")
                .define("remote.log.copy.disable", Type.BOOLEAN, false, MEDIUM, "Tiered storage: whether copying is off.")
                .define("remote.log.delete.on.disable", Type.BOOLEAN, false, MEDIUM, "Tiered storage: whether disabling deletes.")
                .define(REMOTE_LOG_STORAGE_ENABLE_CONFIG, Type.BOOLEAN, false, MEDIUM, REMOTE_LOG_STORAGE_ENABLE_DOC)
                .define(RETENTION_BYTES_CONFIG, Type.LONG, -1L, MEDIUM, RETENTION_BYTES_DOC)
                .define(RETENTION_MS_CONFIG, Type.LONG, 604_800_000L, atLeast(-1), MEDIUM, RETENTION_MS_DOC)
                .define(SEGMENT_BYTES_CONFIG, Type.INT, 1_073_741_824, atLeast(1024 * 1024), MEDIUM, SEGMENT_BYTES_DOC)
                .define(SEGMENT_INDEX_BYTES_CONFIG, Type.INT, 10_485_760, atLeast(4), MEDIUM, SEGMENT_INDEX_BYTES_DOC)
                .define(SEGMENT_JITTER_MS_CONFIG, Type.LONG, 0L, atLeast(0), MEDIUM, SEGMENT_JITTER_MS_DOC)
                .define(SEGMENT_MS_CONFIG, Type.LONG, 604_800_000L, atLeast(1), MEDIUM, SEGMENT_MS_DOC)
                .define(UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG, Type.BOOLEAN, false, MEDIUM, UNCLEAN_LEADER_ELECTION_ENABLE_DOC);
    }

    /** partition:broker, or a star for all. */
    private static void checkReplicas(String name, Object replicas) {
        List<?> list = (List<?>) replicas;
        if (!list.equals(List.of("*")) && !list.stream().allMatch(each -> each.toString().matches("[0-9]+:[0-9]+"))) {
            throw new ConfigException(name, replicas, "neither * nor a list of partition:broker");
        }
    }

    private static Map<String, String> brokerNames() {
        return Map.ofEntries(
                Map.entry(CLEANUP_POLICY_CONFIG, "log.cleanup.policy"),
                Map.entry(COMPRESSION_TYPE_CONFIG, "compression.type"),
                Map.entry(COMPRESSION_GZIP_LEVEL_CONFIG, "compression.gzip.level"),
                Map.entry(COMPRESSION_LZ4_LEVEL_CONFIG, "compression.lz4.level"),
                Map.entry(COMPRESSION_ZSTD_LEVEL_CONFIG, "compression.zstd.level"),
                Map.entry(DELETE_RETENTION_MS_CONFIG, "log.cleaner.delete.retention.ms"),
                Map.entry(FILE_DELETE_DELAY_MS_CONFIG, "log.segment.delete.delay.ms"),
                Map.entry(FLUSH_MESSAGES_INTERVAL_CONFIG, "log.flush.interval.messages"),
                Map.entry(FLUSH_MS_CONFIG, "log.flush.interval.ms"),
                Map.entry(INDEX_INTERVAL_BYTES_CONFIG, "log.index.interval.bytes"),
                Map.entry(LOCAL_LOG_RETENTION_BYTES_CONFIG, "log.local.retention.bytes"),
                Map.entry(LOCAL_LOG_RETENTION_MS_CONFIG, "log.local.retention.ms"),
                Map.entry(MAX_COMPACTION_LAG_MS_CONFIG, "log.cleaner.max.compaction.lag.ms"),
                Map.entry("max.decompressed.message.bytes", "max.decompressed.message.bytes"),
                Map.entry(MAX_MESSAGE_BYTES_CONFIG, "message.max.bytes"),
                Map.entry(MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG, "log.message.timestamp.after.max.ms"),
                Map.entry(MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG, "log.message.timestamp.before.max.ms"),
                Map.entry(MESSAGE_TIMESTAMP_TYPE_CONFIG, "log.message.timestamp.type"),
                Map.entry(MIN_CLEANABLE_DIRTY_RATIO_CONFIG, "log.cleaner.min.cleanable.ratio"),
                Map.entry(MIN_COMPACTION_LAG_MS_CONFIG, "log.cleaner.min.compaction.lag.ms"),
                Map.entry(MIN_IN_SYNC_REPLICAS_CONFIG, "min.insync.replicas"),
                Map.entry(PREALLOCATE_CONFIG, "log.preallocate"),
                Map.entry("remote.copy.lag.bytes", "log.remote.copy.lag.bytes"),
                Map.entry("remote.copy.lag.ms", "log.remote.copy.lag.ms"),
                Map.entry(RETENTION_BYTES_CONFIG, "log.retention.bytes"),
                Map.entry(RETENTION_MS_CONFIG, "log.retention.ms"),
                Map.entry(SEGMENT_BYTES_CONFIG, "log.segment.bytes"),
                Map.entry(SEGMENT_INDEX_BYTES_CONFIG, "log.index.size.max.bytes"),
                Map.entry(SEGMENT_JITTER_MS_CONFIG, "log.roll.jitter.ms"),
                Map.entry(SEGMENT_MS_CONFIG, "log.roll.ms"),
                Map.entry(UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG, "unclean.leader.election.enable"));
    }
}
