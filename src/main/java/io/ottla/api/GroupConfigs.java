// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.share.ShareGroupConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;

/** The configs of single groups (KIP-848), which stand over the broker's group.* configs. */
record GroupConfigs(TopicAdmin admin) {
    static final ConfigDef DEFINITION = new ConfigDef()
            .define("consumer.session.timeout.ms", Type.INT, 45_000, ConfigDef.Range.atLeast(1), Importance.MEDIUM,
                    "How long a consumer may be silent before it loses its partitions.")
            .define("consumer.heartbeat.interval.ms", Type.INT, 5_000, ConfigDef.Range.atLeast(1), Importance.MEDIUM,
                    "How often consumers are told to send a heartbeat.")
            .define("consumer.assignment.interval.ms", Type.INT, 1_000, ConfigDef.Range.atLeast(0), Importance.MEDIUM,
                    "The shortest time between two assignments of a consumer group.")
            .defineInternal("consumer.assignor.offload.enable", Type.BOOLEAN, true, null, Importance.MEDIUM,
                    "Taken as Kafka 4.4 takes it; assignments are always made at once here.")
            .define("share.session.timeout.ms", Type.INT, 45_000, ConfigDef.Range.atLeast(1), Importance.MEDIUM,
                    "How long a member of a share group may be silent before it loses its partitions.")
            .define("share.heartbeat.interval.ms", Type.INT, 5_000, ConfigDef.Range.atLeast(1), Importance.MEDIUM,
                    "How often members of share groups are told to send a heartbeat.")
            .define("share.assignment.interval.ms", Type.INT, 1_000, ConfigDef.Range.atLeast(0), Importance.MEDIUM,
                    "The shortest time between two assignments of a share group.")
            .defineInternal("share.assignor.offload.enable", Type.BOOLEAN, true, null, Importance.MEDIUM,
                    "Taken as Kafka 4.4 takes it; assignments are always made at once here.")
            .define("share.record.lock.duration.ms", Type.INT, 30_000, ConfigDef.Range.atLeast(1_000), Importance.MEDIUM,
                    "How long a record that was handed out stays locked.")
            .define("share.delivery.count.limit", Type.INT, 5, ConfigDef.Range.atLeast(2), Importance.MEDIUM,
                    "How often a record is handed out at most.")
            .define("share.partition.max.record.locks", Type.INT, 2_000, ConfigDef.Range.atLeast(100), Importance.MEDIUM,
                    "How many records of a partition may be in flight.")
            .define("share.auto.offset.reset", Type.STRING, "latest", GroupConfigs::checkOffsetReset, Importance.MEDIUM,
                    "Where a share group begins: earliest, latest, or by_duration: and an ISO 8601 duration.")
            .define("share.isolation.level", Type.STRING, "read_uncommitted",
                    ConfigDef.ValidString.in("read_committed", "read_uncommitted"), Importance.MEDIUM,
                    "Whether a share group passes over records of aborted transactions.")
            .define("share.renew.acknowledge.enable", Type.BOOLEAN, true, Importance.MEDIUM,
                    "Whether members of a share group may renew their locks.")
            .define("streams.session.timeout.ms", Type.INT, 45_000, ConfigDef.Range.atLeast(1), Importance.MEDIUM,
                    "How long a member of a streams group may be silent before it loses its tasks.")
            .define("streams.heartbeat.interval.ms", Type.INT, 5_000, ConfigDef.Range.atLeast(1), Importance.MEDIUM,
                    "How often members of streams groups are told to send a heartbeat.")
            .define("streams.assignment.interval.ms", Type.INT, 1_000, ConfigDef.Range.atLeast(0), Importance.MEDIUM,
                    "The shortest time between two assignments of a streams group.")
            .defineInternal("streams.assignor.offload.enable", Type.BOOLEAN, true, null, Importance.MEDIUM,
                    "Taken as Kafka 4.4 takes it; assignments are always made at once here.")
            .define("streams.initial.rebalance.delay.ms", Type.INT, 3_000, ConfigDef.Range.atLeast(0), Importance.MEDIUM,
                    "How long an empty streams group waits for more members before its first assignment.")
            .define("streams.num.standby.replicas", Type.INT, 0, ConfigDef.Range.atLeast(0), Importance.MEDIUM,
                    "How many standby copies each task with state has.")
            .define("streams.rack.aware.assignment.tags", Type.LIST, "", ConfigDef.ValidList.anyNonDuplicateValues(true, false), Importance.LOW,
                    "Client tags over which standby copies are spread.")
            .define("streams.assignor.name", Type.STRING, null, GroupConfigs::checkAssignor, Importance.MEDIUM,
                    "The task assignor of a streams group; by default the first of the broker's.")
            .defineInternal("streams.task.offset.interval.ms", Type.INT, 60_000, ConfigDef.Range.atLeast(1), Importance.MEDIUM,
                    "How often members of a streams group report the offsets of their copies of state.")
            .defineInternal("streams.num.warmup.replicas", Type.INT, 2, ConfigDef.Range.atLeast(0), Importance.MEDIUM,
                    "Taken as Kafka 4.4 takes it; there are no warmup copies yet.")
            .defineInternal("streams.acceptable.recovery.lag", Type.LONG, 10_000L, ConfigDef.Range.atLeast(0), Importance.MEDIUM,
                    "How many records behind a copy of state may be to count as complete.")
            .define("errors.deadletterqueue.topic.name", Type.STRING, "", Importance.MEDIUM,
                    "The topic for records that a share group could not process; empty for none.")
            .define("errors.deadletterqueue.copy.record.enable", Type.BOOLEAN, false, Importance.MEDIUM,
                    "Whether dead letters repeat key and value of the record.");

    private static void checkAssignor(String name, Object value) {
        if (value != null && !value.equals("sticky")) {
            throw new ConfigException(name, value, "There is no such task assignor.");
        }
    }

    private static void checkOffsetReset(String name, Object value) {
        try {
            ShareGroupConfig.OffsetReset.parse((String) value);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(name, value, "Invalid value `" + value + "` for configuration " + name
                    + ". The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.");
        }
    }

    List<ConfigDescriptions.Entry> describe(String group) {
        check(group);
        Map<String, String> overrides = admin.catalog().configs(new ConfigResource(ConfigResource.Type.GROUP, group));
        List<ConfigDescriptions.Entry> entries = new ArrayList<>();
        for (ConfigKey key : DEFINITION.configKeys().values()) {
            if (key.internalConfig && !overrides.containsKey(key.name)) {
                continue;
            }
            List<ConfigDescriptions.Synonym> synonyms = synonyms(key, overrides.get(key.name));
            ConfigDescriptions.Synonym first = synonyms.getFirst();
            entries.add(new ConfigDescriptions.Entry(key.name, first.value(), first.source(), false,
                    ConfigType.valueOf(key.type.name()), key.documentation, synonyms));
        }
        return entries;
    }

    /** A broker config that has the same name after "group." gives the default. */
    private List<ConfigDescriptions.Synonym> synonyms(ConfigKey key, String override) {
        String brokerName = key.name.equals("streams.assignor.name") ? "group.streams.assignors" : "group." + key.name;
        ConfigKey basis = admin.brokerDefinition().configKeys().getOrDefault(brokerName, key);
        List<ConfigDescriptions.Synonym> synonyms = new ArrayList<>();
        if (override != null) {
            synonyms.add(new ConfigDescriptions.Synonym(key.name, override, ConfigSource.GROUP_CONFIG));
        }
        synonyms.addAll(ConfigDescriptions.setForBroker(admin, List.of(basis.name)));
        synonyms.add(new ConfigDescriptions.Synonym(basis.name, ConfigDef.convertToString(basis.defaultValue, basis.type), ConfigSource.DEFAULT_CONFIG));
        return synonyms;
    }

    /** @throws InvalidConfigurationException for an unknown name or a value out of range */
    void validate(String group, Map<String, String> overrides) {
        check(group);
        for (String name : overrides.keySet()) {
            if (!DEFINITION.configKeys().containsKey(name)) {
                throw new InvalidConfigurationException("Unknown group config name: " + name);
            }
        }
        overrides.forEach(GroupConfigs::checkDuplicates);
        try {
            Map<String, Object> values = DEFINITION.parse(new HashMap<>(overrides));
            overrides.keySet().forEach(name -> checkBounds(name, values.get(name)));
            List.of("consumer", "share", "streams").forEach(kind -> checkSession(kind, overrides));
        } catch (ConfigException e) {
            throw new InvalidConfigurationException(e.getMessage());
        }
        if (overrides.getOrDefault("errors.deadletterqueue.topic.name", "").startsWith("__")) {
            throw new InvalidConfigurationException("errors.deadletterqueue.topic.name: DLQ topic name must not start with '__'");
        }
    }

    /** Parsing drops duplicates, where Kafka refuses them. */
    private static void checkDuplicates(String name, String value) {
        List<String> elements = List.of(value.split("\\s*,\\s*"));
        if (DEFINITION.configKeys().get(name).type == Type.LIST && elements.stream().distinct().count() < elements.size()) {
            throw new InvalidConfigurationException("Configuration '" + name + "' values must not be duplicated.");
        }
    }

    /** For many configs the broker has a least and a largest value, with min or max after the kind of group. */
    private void checkBounds(String name, Object value) {
        String kind = name.substring(0, name.indexOf('.') + 1);
        String rest = name.substring(name.startsWith("streams.num.") ? "streams.num.".length() : kind.length());
        Integer min = bound("group." + kind + "min." + rest);
        Integer max = bound("group." + kind + "max." + rest);
        if (min != null && (Integer) value < min || max != null && (Integer) value > max) {
            throw new ConfigException(name + " must be in the range " + min + " to " + max + " inclusive.");
        }
    }

    private void checkSession(String kind, Map<String, String> overrides) {
        int session = inForce(kind + ".session.timeout.ms", overrides);
        int heartbeat = inForce(kind + ".heartbeat.interval.ms", overrides);
        if (session <= heartbeat) {
            throw new ConfigException(kind + ".session.timeout.ms must be greater than " + kind + ".heartbeat.interval.ms.");
        }
    }

    private int inForce(String name, Map<String, String> overrides) {
        String own = overrides.get(name);
        return own == null ? bound("group." + name) : Integer.parseInt(own.trim());
    }

    private Integer bound(String brokerName) {
        ConfigKey key = admin.brokerDefinition().configKeys().get(brokerName);
        if (key == null) {
            return null;
        }
        String set = admin.brokerConfigs().get(brokerName);
        return set == null ? (Integer) key.defaultValue : (Integer) ConfigDef.parseType(brokerName, set, key.type);
    }

    private static void check(String group) {
        if (group.isEmpty()) {
            throw new InvalidRequestException("Default group resources are not allowed.");
        }
    }
}
