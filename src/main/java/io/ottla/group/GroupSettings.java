// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntSupplier;

/**
 * The broker configs that groups obey, in Kafka's names and with Kafka's defaults.
 *
 * @param offsets  committed offsets, and the topic that keeps them
 * @param classic  groups of the classic protocol
 * @param consumer groups of the consumer protocol
 */
public record GroupSettings(Offsets offsets, Classic classic, Consumer consumer) {
    /**
     * @param topicPartitions   partitions of __consumer_offsets when it is created, and so the number of shards
     * @param topicSegmentBytes segment size of that topic
     * @param metadataMaxBytes  longest metadata string that a commit may carry
     * @param retentionMs       how long offsets outlive their use
     * @param checkIntervalMs   how often old offsets are looked for
     */
    public record Offsets(int topicPartitions, int topicSegmentBytes, int metadataMaxBytes, long retentionMs, long checkIntervalMs) {}

    /**
     * @param minSessionTimeoutMs     shortest session timeout that a member may ask for
     * @param maxSessionTimeoutMs     longest session timeout that a member may ask for
     * @param maxSize                 most members of a group
     * @param initialRebalanceDelayMs how long an empty group waits for more members before its first rebalance
     */
    public record Classic(int minSessionTimeoutMs, int maxSessionTimeoutMs, int maxSize, int initialRebalanceDelayMs) {}

    /**
     * @param sessionTimeoutMs     how long a member may be silent, unless its group says otherwise
     * @param heartbeatIntervalMs  how often it is to be heard, unless its group says otherwise
     * @param assignmentIntervalMs time between two target assignments of a large group, unless it says otherwise; small ones wait less;
     *     may change while groups run
     * @param bounds               of what a group says otherwise
     * @param maxSize              most members of a group
     * @param assignors            names of the server-side assignors on offer; the first is the default
     * @param migration            which way groups with members may change their protocol
     */
    public record Consumer(int sessionTimeoutMs, int heartbeatIntervalMs, IntSupplier assignmentIntervalMs, Bounds bounds, int maxSize,
            List<String> assignors, MigrationPolicy migration) {}

    /** What groups of the consumer protocol may say. */
    record Bounds(Range sessionTimeoutMs, Range heartbeatIntervalMs, Range assignmentIntervalMs) {}

    /** Both ends are in it. */
    record Range(int min, int max) {
        int clamp(int value) {
            return Math.clamp(value, min, max);
        }
    }

    /** Which way a group that has members may change its protocol (KIP-848). */
    public enum MigrationPolicy {
        BIDIRECTIONAL(true, true), UPGRADE(true, false), DOWNGRADE(false, true), DISABLED(false, false);

        final boolean upgrades;
        final boolean downgrades;

        MigrationPolicy(boolean upgrades, boolean downgrades) {
            this.upgrades = upgrades;
            this.downgrades = downgrades;
        }
    }

    private static final long MS_PER_MINUTE = 60_000;

    /** Kafka's defaults. */
    public static GroupSettings defaults() {
        return of(Map.of());
    }

    /** Takes what it needs from parsed configs by name; what is missing has Kafka's default. What may change is looked up whenever it is needed. */
    public static GroupSettings of(Map<String, ?> configs) {
        return new GroupSettings(
                new Offsets(
                        intOf(configs, "offsets.topic.num.partitions", 50),
                        intOf(configs, "offsets.topic.segment.bytes", 104_857_600),
                        intOf(configs, "offset.metadata.max.bytes", 4096),
                        intOf(configs, "offsets.retention.minutes", 10_080) * MS_PER_MINUTE,
                        longOf(configs, "offsets.retention.check.interval.ms", 600_000)),
                new Classic(
                        intOf(configs, "group.min.session.timeout.ms", 6_000),
                        intOf(configs, "group.max.session.timeout.ms", 1_800_000),
                        intOf(configs, "group.max.size", Integer.MAX_VALUE),
                        intOf(configs, "group.initial.rebalance.delay.ms", 3_000)),
                new Consumer(
                        intOf(configs, "group.consumer.session.timeout.ms", 45_000),
                        intOf(configs, "group.consumer.heartbeat.interval.ms", 5_000),
                        () -> intOf(configs, "group.consumer.assignment.interval.ms", 1_000),
                        new Bounds(
                                rangeOf(configs, "session.timeout.ms", 45_000, 60_000),
                                rangeOf(configs, "heartbeat.interval.ms", 5_000, 15_000),
                                rangeOf(configs, "assignment.interval.ms", 0, 15_000)),
                        intOf(configs, "group.consumer.max.size", Integer.MAX_VALUE),
                        configs.get("group.consumer.assignors") instanceof List<?> names
                                ? names.stream().map(String::valueOf).toList() : List.of("uniform", "range"),
                        configs.get("group.consumer.migration.policy") instanceof String policy
                                ? MigrationPolicy.valueOf(policy.toUpperCase(Locale.ROOT)) : MigrationPolicy.BIDIRECTIONAL));
    }

    private static Range rangeOf(Map<String, ?> configs, String name, int defaultMin, int defaultMax) {
        return new Range(intOf(configs, "group.consumer.min." + name, defaultMin), intOf(configs, "group.consumer.max." + name, defaultMax));
    }

    private static int intOf(Map<String, ?> configs, String name, int defaultValue) {
        return configs.get(name) instanceof Number number ? number.intValue() : defaultValue;
    }

    private static long longOf(Map<String, ?> configs, String name, long defaultValue) {
        return configs.get(name) instanceof Number number ? number.longValue() : defaultValue;
    }
}
