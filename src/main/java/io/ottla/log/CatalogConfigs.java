// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.TopicConfig;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.ConfigResource.Type;

/**
 * What was set at run time for resources other than topics, and what topics get by default from it. Changed under the
 * catalog's lock; looking at {@link #all} needs none.
 */
final class CatalogConfigs {
    private final Map<ConfigResource, Map<String, String>> configs = new ConcurrentHashMap<>();
    private final Map<String, String> startDefaults;
    private final ConfigResource thisBroker;
    private Map<String, String> topicDefaults;
    private TopicConfig plainConfig;

    CatalogConfigs(LogSettings settings, Map<ConfigResource, Map<String, String>> saved) {
        startDefaults = settings.topicDefaults();
        thisBroker = new ConfigResource(Type.BROKER, Integer.toString(settings.nodeId()));
        configs.putAll(saved);
        refreshDefaults();
    }

    Map<ConfigResource, Map<String, String>> all() {
        return Collections.unmodifiableMap(configs);
    }

    /**
     * The config of a topic with these overrides.
     *
     * @throws org.apache.kafka.common.errors.InvalidConfigurationException if one of them is not valid
     */
    TopicConfig topic(Map<String, String> overrides) {
        return overrides.isEmpty() ? plainConfig : TopicConfig.of(topicDefaults, overrides);
    }

    void replace(ConfigResource resource, Map<String, String> overrides) {
        if (overrides.isEmpty()) {
            configs.remove(resource);
        } else {
            configs.put(resource, Map.copyOf(overrides));
        }
        if (resource.type() == Type.BROKER) {
            refreshDefaults();
        }
    }

    /** Of the same key, what is set for this broker counts more than what is set for all, and that more than what it was started with. */
    private void refreshDefaults() {
        Map<String, String> defaults = new HashMap<>(startDefaults);
        overlay(defaults, configs.get(new ConfigResource(Type.BROKER, "")));
        overlay(defaults, configs.get(thisBroker));
        topicDefaults = Map.copyOf(defaults);
        plainConfig = TopicConfig.of(topicDefaults, Map.of());
    }

    private static void overlay(Map<String, String> defaults, Map<String, String> brokerConfigs) {
        if (brokerConfigs != null) {
            TopicConfig.BROKER_NAMES.forEach((topicName, brokerName) -> {
                String value = brokerConfigs.get(brokerName);
                if (value != null) {
                    defaults.put(topicName, value);
                }
            });
        }
    }
}
