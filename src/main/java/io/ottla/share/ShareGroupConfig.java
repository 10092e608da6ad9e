// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.time.Duration;
import java.util.Map;

/**
 * The configs in force for one share group: its own, over the broker's group.share.* configs, over Kafka's defaults
 * (KIP-932, KIP-1191, KIP-1240). A group's value outside the broker's bounds counts as the bound.
 *
 * @param sessionTimeoutMs      how long a member may be silent
 * @param heartbeatIntervalMs   how often members are told to send a heartbeat
 * @param assignmentIntervalMs  shortest time between two assignments
 * @param maxSize               most members
 * @param lockDurationMs        how long a record stays locked for the member that got it
 * @param deliveryCountLimit    how often a record is handed out at most
 * @param maxRecordLocks        most offsets of a partition between the first that is not done with and the last handed out
 * @param offsetReset           where a group begins
 * @param readCommitted         whether records of aborted transactions are passed over
 * @param renewEnabled          whether members may renew locks
 * @param deadLetterTopic       where undeliverable records go; empty for nowhere
 * @param deadLetterCopies      whether dead letters repeat key and value
 */
public record ShareGroupConfig(
        int sessionTimeoutMs,
        int heartbeatIntervalMs,
        int assignmentIntervalMs,
        int maxSize,
        int lockDurationMs,
        int deliveryCountLimit,
        int maxRecordLocks,
        OffsetReset offsetReset,
        boolean readCommitted,
        boolean renewEnabled,
        String deadLetterTopic,
        boolean deadLetterCopies) {

    /** Where a group begins in a partition that it has not worked on (share.auto.offset.reset). */
    public sealed interface OffsetReset {
        record Earliest() implements OffsetReset {}

        record Latest() implements OffsetReset {}

        /** The first record that is not older than this. */
        record ByDuration(Duration age) implements OffsetReset {}

        /** @throws IllegalArgumentException for anything but earliest, latest and by_duration:PnDTnHnMn.nS */
        static OffsetReset parse(String text) {
            if (text.equals("earliest")) {
                return new Earliest();
            }
            if (text.equals("latest")) {
                return new Latest();
            }
            if (text.startsWith("by_duration:")) {
                try {
                    Duration age = Duration.parse(text.substring("by_duration:".length()));
                    if (!age.isNegative()) {
                        return new ByDuration(age);
                    }
                } catch (java.time.format.DateTimeParseException e) {
                    throw new IllegalArgumentException("offset reset " + text, e);
                }
            }
            throw new IllegalArgumentException("offset reset " + text);
        }
    }

    /**
     * Takes what is in force from configs by name.
     *
     * @param group  the group's own configs, as in {@code share.session.timeout.ms}
     * @param broker the broker's configs, as in {@code group.share.session.timeout.ms}; strings or parsed values
     */
    public static ShareGroupConfig of(Map<String, String> group, Map<String, ?> broker) {
        Lookup of = new Lookup(group, broker);
        return new ShareGroupConfig(
                of.bounded("session.timeout.ms", 45_000, 45_000, 60_000),
                of.bounded("heartbeat.interval.ms", 5_000, 5_000, 15_000),
                of.bounded("assignment.interval.ms", 1_000, 0, 15_000),
                of.broker("group.share.max.size", 200),
                of.bounded("record.lock.duration.ms", 30_000, 15_000, 60_000),
                of.bounded("delivery.count.limit", 5, 2, 10),
                of.bounded("partition.max.record.locks", 2_000, 100, 4_000),
                OffsetReset.parse(group.getOrDefault("share.auto.offset.reset", "latest")),
                group.getOrDefault("share.isolation.level", "read_uncommitted").equals("read_committed"),
                of.flag("share.renew.acknowledge.enable", "true"),
                group.getOrDefault("errors.deadletterqueue.topic.name", ""),
                of.flag("errors.deadletterqueue.copy.record.enable", "false"));
    }

    boolean hasDeadLetters() {
        return !deadLetterTopic.isBlank();
    }

    private record Lookup(Map<String, String> group, Map<String, ?> broker) {
        int bounded(String name, int defaultValue, int defaultMin, int defaultMax) {
            String own = group.get("share." + name);
            if (own == null) {
                return broker("group.share." + name, defaultValue);
            }
            int min = broker("group.share.min." + name, defaultMin);
            int max = broker("group.share.max." + name, defaultMax);
            return Math.clamp(Integer.parseInt(own.strip()), min, max);
        }

        boolean flag(String name, String defaultValue) {
            return Boolean.parseBoolean(group.getOrDefault(name, defaultValue).strip());
        }

        int broker(String name, int defaultValue) {
            Object value = broker.get(name);
            return value == null ? defaultValue : value instanceof Number number ? number.intValue() : Integer.parseInt(value.toString());
        }
    }
}
