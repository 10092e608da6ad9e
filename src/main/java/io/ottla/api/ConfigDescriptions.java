// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.topic.TopicConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;

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
            if (key.internalConfig) {
                continue;
            }
            List<Synonym> synonyms = new ArrayList<>();
            String override = config.overrides().get(key.name);
            if (override != null) {
                synonyms.add(new Synonym(key.name, override, ConfigSource.TOPIC_CONFIG));
            }
            for (String brokerName : admin.brokerNames().apply(key.name)) {
                addBroker(admin, brokerName, synonyms);
            }
            ConfigSource source = synonyms.isEmpty() ? ConfigSource.DEFAULT_CONFIG : synonyms.getFirst().source();
            String value = ConfigDef.convertToString(config.value(key.name), key.type);
            entries.add(new Entry(key.name, value, source, false, type(key.type), key.documentation, synonyms));
        }
        return entries;
    }

    static List<Entry> ofBroker(TopicAdmin admin) {
        List<Entry> entries = new ArrayList<>();
        Map<String, ConfigKey> keys = admin.brokerDefinition().configKeys();
        for (ConfigKey key : keys.values()) {
            List<Synonym> synonyms = new ArrayList<>();
            addBroker(admin, key.name, synonyms);
            ConfigSource source = synonyms.isEmpty() ? ConfigSource.DEFAULT_CONFIG : synonyms.getFirst().source();
            String value = synonyms.isEmpty() ? null : synonyms.getFirst().value();
            boolean readOnly = !TopicConfig.BROKER_NAMES.containsValue(key.name);
            entries.add(new Entry(key.name, value, source, readOnly, type(key.type), key.documentation, synonyms));
        }
        return entries;
    }

    /** What was set while running for all brokers, whichever they are. */
    static List<Entry> ofAllBrokers(TopicAdmin admin) {
        List<Entry> entries = new ArrayList<>();
        dynamic(admin, "").forEach((name, value) -> {
            ConfigKey key = admin.brokerDefinition().configKeys().get(name);
            entries.add(new Entry(name, value, ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, false, type(key.type), key.documentation,
                    List.of(new Synonym(name, value, ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG))));
        });
        return entries;
    }

    private static Map<String, String> dynamic(TopicAdmin admin, String broker) {
        return admin.catalog().configs(new ConfigResource(ConfigResource.Type.BROKER, broker));
    }

    private static void addBroker(TopicAdmin admin, String name, List<Synonym> synonyms) {
        String ofThis = dynamic(admin, Integer.toString(admin.cluster().nodeId())).get(name);
        if (ofThis != null) {
            synonyms.add(new Synonym(name, ofThis, ConfigSource.DYNAMIC_BROKER_CONFIG));
        }
        String ofAll = dynamic(admin, "").get(name);
        if (ofAll != null) {
            synonyms.add(new Synonym(name, ofAll, ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG));
        }
        String set = admin.brokerConfigs().get(name);
        if (set != null) {
            synonyms.add(new Synonym(name, set, ConfigSource.STATIC_BROKER_CONFIG));
        }
        ConfigKey key = admin.brokerDefinition().configKeys().get(name);
        if (key != null && key.hasDefault() && key.defaultValue != null) {
            synonyms.add(new Synonym(name, ConfigDef.convertToString(key.defaultValue, key.type), ConfigSource.DEFAULT_CONFIG));
        }
    }

    private static ConfigType type(ConfigDef.Type type) {
        return ConfigType.valueOf(type.name());
    }
}
