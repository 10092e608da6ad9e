// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The configs in force for one streams group: its own, over the broker's group.streams.* configs, over Kafka's defaults
 * (KIP-1071, KIP-1263). A group's value outside the broker's bounds counts as the bound.
 *
 * @param sessionTimeoutMs     how long a member may be silent
 * @param heartbeatIntervalMs  how often members are told to send a heartbeat
 * @param assignmentIntervalMs shortest time between two assignments
 * @param initialDelayMs       how long the first assignment of an empty group waits for more members
 * @param taskOffsetIntervalMs how often members are told to report the offsets of their copies
 * @param recoveryLag          how far behind a copy may be to count as complete
 * @param standbys             copies of each task with state
 * @param tags                 client tags over which copies are spread
 * @param maxSize              most members
 */
public record StreamsGroupConfig(
        int sessionTimeoutMs,
        int heartbeatIntervalMs,
        int assignmentIntervalMs,
        int initialDelayMs,
        int taskOffsetIntervalMs,
        long recoveryLag,
        int standbys,
        List<String> tags,
        int maxSize) {

    /**
     * Takes what is in force from configs by name.
     *
     * @param group  the group's own configs, as in {@code streams.session.timeout.ms}
     * @param broker the broker's configs, as in {@code group.streams.session.timeout.ms}; strings or parsed values
     */
    public static StreamsGroupConfig of(Map<String, String> group, Map<String, ?> broker) {
        Lookup of = new Lookup(group, broker);
        return new StreamsGroupConfig(
                of.bounded("session.timeout.ms", 45_000, of.broker("min.session.timeout.ms", 45_000), of.broker("max.session.timeout.ms", 60_000)),
                of.bounded("heartbeat.interval.ms", 5_000, of.broker("min.heartbeat.interval.ms", 5_000), of.broker("max.heartbeat.interval.ms", 15_000)),
                of.bounded("assignment.interval.ms", 1_000, of.broker("min.assignment.interval.ms", 0), of.broker("max.assignment.interval.ms", 15_000)),
                of.bounded("initial.rebalance.delay.ms", 3_000, 0, Integer.MAX_VALUE),
                of.bounded("task.offset.interval.ms", 60_000, of.broker("min.task.offset.interval.ms", 15_000), Integer.MAX_VALUE),
                of.recoveryLag(),
                of.bounded("num.standby.replicas", 0, 0, of.broker("max.standby.replicas", 2)),
                of.list("rack.aware.assignment.tags"),
                of.broker("max.size", Integer.MAX_VALUE));
    }

    /** What an assignment heeds: if it changes, there must be a new one. */
    SortedMap<String, String> forAssignment() {
        SortedMap<String, String> configs = new TreeMap<>();
        configs.put("num.standby.replicas", Integer.toString(standbys));
        if (!tags.isEmpty()) {
            configs.put("rack.aware.assignment.tags", String.join(",", tags));
        }
        return configs;
    }

    private record Lookup(Map<String, String> group, Map<String, ?> broker) {
        int bounded(String name, int defaultValue, int min, int max) {
            String own = group.get("streams." + name);
            return own == null ? broker(name, defaultValue) : Math.clamp(Integer.parseInt(own.strip()), min, max);
        }

        int broker(String name, int defaultValue) {
            Object value = broker.get("group.streams." + name);
            return value == null ? defaultValue : value instanceof Number number ? number.intValue() : Integer.parseInt(value.toString());
        }

        long recoveryLag() {
            Object own = group.get("streams.acceptable.recovery.lag");
            Object value = own == null ? broker.get("group.streams.acceptable.recovery.lag") : own;
            return value == null ? 10_000 : Long.parseLong(value.toString().strip());
        }

        List<String> list(String name) {
            Object own = group.get("streams." + name);
            Object value = own == null ? broker.get("group.streams." + name) : own;
            return switch (value) {
                case null -> List.of();
                case List<?> list -> list.stream().map(Object::toString).toList();
                default -> List.of(value.toString().split(",")).stream().map(String::trim).filter(each -> !each.isEmpty()).toList();
            };
        }
    }
}
