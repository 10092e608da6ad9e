// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.topic.TopicCatalog;
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

/**
 * The configs of single groups (KIP-848), which stand over the broker's group.* configs.
 *
 * @param catalog       where they are kept
 * @param brokerConfigs the broker configs that were set, by name
 */
record GroupConfigs(TopicCatalog catalog, Map<String, String> brokerConfigs) {
    static final ConfigDef DEFINITION = new ConfigDef()
            .define("consumer.session.timeout.ms", Type.INT, 45_000, ConfigDef.Range.atLeast(1), Importance.MEDIUM,
                    "How long a consumer may be silent before it loses its partitions.")
            .define("consumer.heartbeat.interval.ms", Type.INT, 5_000, ConfigDef.Range.atLeast(1), Importance.MEDIUM,
                    "How often consumers are told to send a heartbeat.");

    List<ConfigDescriptions.Entry> describe(String group) {
        check(group);
        Map<String, String> overrides = catalog.configs(new ConfigResource(ConfigResource.Type.GROUP, group));
        List<ConfigDescriptions.Entry> entries = new ArrayList<>();
        for (ConfigKey key : DEFINITION.configKeys().values()) {
            List<ConfigDescriptions.Synonym> synonyms = synonyms(key, overrides.get(key.name));
            ConfigDescriptions.Synonym first = synonyms.getFirst();
            entries.add(new ConfigDescriptions.Entry(key.name, first.value(), first.source(), false,
                    ConfigType.valueOf(key.type.name()), key.documentation, synonyms));
        }
        return entries;
    }

    private List<ConfigDescriptions.Synonym> synonyms(ConfigKey key, String override) {
        String brokerName = "group." + key.name;
        List<ConfigDescriptions.Synonym> synonyms = new ArrayList<>();
        if (override != null) {
            synonyms.add(new ConfigDescriptions.Synonym(key.name, override, ConfigSource.GROUP_CONFIG));
        }
        if (brokerConfigs.containsKey(brokerName)) {
            synonyms.add(new ConfigDescriptions.Synonym(brokerName, brokerConfigs.get(brokerName), ConfigSource.STATIC_BROKER_CONFIG));
        }
        synonyms.add(new ConfigDescriptions.Synonym(brokerName, ConfigDef.convertToString(key.defaultValue, key.type), ConfigSource.DEFAULT_CONFIG));
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
        try {
            DEFINITION.parse(new HashMap<>(overrides));
        } catch (ConfigException e) {
            throw new InvalidConfigurationException(e.getMessage());
        }
    }

    private static void check(String group) {
        if (group.isEmpty()) {
            throw new InvalidRequestException("Default group resources are not allowed.");
        }
    }
}
