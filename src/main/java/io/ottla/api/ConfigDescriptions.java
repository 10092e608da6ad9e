// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.topic.TopicConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Says for each config of a topic or of the broker what is in force, and where that comes from (KIP-226). */
final class ConfigDescriptions {
    /** One place that gives a value. */
    record Synonym(String name, String value, ConfigSource source) {}

    /** One config: its value is the first synonym's, or the default. */
    record Entry(String name, String value, ConfigSource source, boolean readOnly, ConfigType type, String documentation, List<Synonym> synonyms) {}

    private ConfigDescriptions() {}

    static List<Entry> ofTopic(TopicAdmin admin, TopicConfig config) {
        List<Entry> entries = new ArrayList<>();
        for (ConfigKey key : TopicConfig.DEFINITION.configKeys().values()) {
            boolean overridden = config.overrides().containsKey(key.name);
            if (key.internalConfig && !overridden) {
                continue;
            }
            String value = ConfigDef.convertToString(config.value(key.name), key.type);
            List<Synonym> synonyms = new ArrayList<>();
            if (overridden) {
                synonyms.add(new Synonym(key.name, value, ConfigSource.TOPIC_CONFIG));
            }
            String brokerName = TopicConfig.BROKER_NAMES.get(key.name);
            if (brokerName != null) {
                synonyms.addAll(ofBroker(admin, brokerName, admin.brokerNames().apply(key.name)));
            }
            entries.add(new Entry(key.name, value, source(synonyms), false, type(key.type), key.documentation, synonyms));
        }
        return entries;
    }

    static List<Entry> ofBroker(TopicAdmin admin) {
        List<Entry> entries = new ArrayList<>();
        Map<String, List<String>> alike = alike(admin);
        for (ConfigKey key : keys(admin).values()) {
            List<Synonym> synonyms = ofBroker(admin, key.name, alike.getOrDefault(key.name, List.of(key.name)));
            if (key.internalConfig && source(synonyms) == ConfigSource.DEFAULT_CONFIG) {
                continue;
            }
            String value = synonyms.isEmpty() ? null : synonyms.getFirst().value();
            entries.add(new Entry(key.name, value, source(synonyms), !changesLive(admin, key.name), type(key.type), key.documentation, synonyms));
        }
        return entries;
    }

    /** Those that count here, and those that may be set all the same. */
    private static Map<String, ConfigKey> keys(TopicAdmin admin) {
        Map<String, ConfigKey> keys = new HashMap<>(admin.live().withoutEffect().configKeys());
        keys.putAll(admin.brokerDefinition().configKeys());
        return keys;
    }

    private static boolean changesLive(TopicAdmin admin, String name) {
        return TopicConfig.BROKER_NAMES.containsValue(name) || admin.live().counts(name) || admin.live().withoutEffect().configKeys().containsKey(name);
    }

    /** For each broker config that gives a topic's default, all that give the same one. */
    private static Map<String, List<String>> alike(TopicAdmin admin) {
        Map<String, List<String>> alike = new HashMap<>();
        for (String topicName : TopicConfig.BROKER_NAMES.keySet()) {
            List<String> names = admin.brokerNames().apply(topicName);
            names.forEach(name -> alike.put(name, names));
        }
        return alike;
    }

    /** The level of all loggers, which is fixed while the broker runs. */
    static List<Entry> ofLoggers() {
        Logger root = LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
        Level level = Arrays.stream(Level.values()).filter(root::isEnabledForLevel).reduce((first, last) -> last).orElse(Level.ERROR);
        return List.of(new Entry("root", level.name(), ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG, true, ConfigType.UNKNOWN, "", List.of()));
    }

    private static ConfigSource source(List<Synonym> synonyms) {
        return synonyms.isEmpty() ? ConfigSource.DEFAULT_CONFIG : synonyms.getFirst().source();
    }

    /** What was set while running for all brokers, whichever they are. */
    static List<Entry> ofAllBrokers(TopicAdmin admin) {
        List<Entry> entries = new ArrayList<>();
        Map<String, ConfigKey> keys = keys(admin);
        dynamic(admin, "").forEach((name, value) -> {
            ConfigKey key = keys.get(name);
            if (key != null) {
                entries.add(new Entry(name, value, ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, false, type(key.type), key.documentation,
                        List.of(new Synonym(name, value, ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG))));
            }
        });
        return entries;
    }

    private static Map<String, String> dynamic(TopicAdmin admin, String broker) {
        return admin.catalog().configs(new ConfigResource(ConfigResource.Type.BROKER, broker));
    }

    /** Who gives a broker config, the one that counts first; what comes before the config's own name is left out, as Kafka does. */
    private static List<Synonym> ofBroker(TopicAdmin admin, String name, List<String> names) {
        List<Synonym> synonyms = setForBroker(admin, names);
        add(defaults(admin, names), names, ConfigSource.DEFAULT_CONFIG, synonyms);
        int own = 0;
        while (own < synonyms.size() && !synonyms.get(own).name().equals(name)) {
            own++;
        }
        return synonyms.subList(own, synonyms.size());
    }

    /** Where a broker config, or one of those alike, was set: the one that counts first. */
    static List<Synonym> setForBroker(TopicAdmin admin, List<String> names) {
        List<Synonym> synonyms = new ArrayList<>();
        add(dynamic(admin, Integer.toString(admin.cluster().nodeId())), names, ConfigSource.DYNAMIC_BROKER_CONFIG, synonyms);
        add(dynamic(admin, ""), names, ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, synonyms);
        add(admin.brokerConfigs(), names, ConfigSource.STATIC_BROKER_CONFIG, synonyms);
        return synonyms;
    }

    private static void add(Map<String, String> values, List<String> names, ConfigSource source, List<Synonym> synonyms) {
        for (String name : names) {
            if (values.containsKey(name)) {
                synonyms.add(new Synonym(name, values.get(name), source));
            }
        }
    }

    private static Map<String, String> defaults(TopicAdmin admin, List<String> names) {
        Map<String, String> defaults = new HashMap<>();
        for (String name : names) {
            ConfigKey key = admin.brokerDefinition().configKeys().getOrDefault(name, admin.live().withoutEffect().configKeys().get(name));
            if (key != null && key.hasDefault() && key.defaultValue != null) {
                defaults.put(name, ConfigDef.convertToString(key.defaultValue, key.type));
            }
        }
        return defaults;
    }

    private static ConfigType type(ConfigDef.Type type) {
        return ConfigType.valueOf(type.name());
    }
}
