// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

import static org.apache.kafka.common.config.TopicConfig.FLUSH_MS_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.RETENTION_MS_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.SEGMENT_JITTER_MS_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.SEGMENT_MS_CONFIG;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The topic configs whose default has several names on the broker, in different units; the finest that is set counts. */
final class TimeDefaults {
    /** Topic config name to the broker's names for it, the one that counts most first. */
    static final Map<String, List<String>> NAMES = Map.of(
            RETENTION_MS_CONFIG, List.of("log.retention.ms", "log.retention.minutes", "log.retention.hours"),
            SEGMENT_MS_CONFIG, List.of("log.roll.ms", "log.roll.hours"),
            SEGMENT_JITTER_MS_CONFIG, List.of("log.roll.jitter.ms", "log.roll.jitter.hours"),
            FLUSH_MS_CONFIG, List.of("log.flush.interval.ms", "log.flush.scheduler.interval.ms"));

    private TimeDefaults() {}

    /** The value in ms of the first name that was set, if any was; for {@code retention.ms}, -1 stands for ever. */
    static Optional<Long> millis(String topicConfig, Map<String, String> originals, Map<String, Object> values) {
        for (String name : NAMES.get(topicConfig)) {
            if (originals.containsKey(name) && values.get(name) instanceof Number value) {
                return Optional.of(checked(topicConfig, name, value.longValue()));
            }
        }
        return Optional.empty();
    }

    private static long checked(String topicConfig, String name, long value) {
        if (topicConfig.equals(RETENTION_MS_CONFIG)) {
            if (value == 0) {
                throw new InvalidConfig(name + ": 0 is neither a time nor -1, which stands for ever");
            }
            return value < 0 ? -1 : unit(name).toMillis(value);
        }
        long least = topicConfig.equals(SEGMENT_MS_CONFIG) ? 1 : 0;
        if (value < least) {
            throw new InvalidConfig(name + ": " + value + " is below " + least);
        }
        return unit(name).toMillis(value);
    }

    private static TimeUnit unit(String name) {
        if (name.endsWith(".hours")) {
            return TimeUnit.HOURS;
        }
        return name.endsWith(".minutes") ? TimeUnit.MINUTES : TimeUnit.MILLISECONDS;
    }
}
