// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.topic.Topic;
import io.ottla.topic.TopicConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Works out what the overrides of a resource become, checks them, and keeps them. Changes are made one after the other, under this
 * object's lock, as each builds on what the one before it left.
 */
final class ConfigChanges {
    /** One change of one config (KIP-339). */
    record Change(String name, OpType operation, String value) {}

    private static final Logger LOG = LoggerFactory.getLogger(ConfigChanges.class);

    private final TopicAdmin admin;
    private final GroupConfigs groupConfigs;

    ConfigChanges(TopicAdmin admin, GroupConfigs groupConfigs) {
        this.admin = admin;
        this.groupConfigs = groupConfigs;
    }

    /** Refuses resources that one request changes twice. @throws InvalidRequestException for those */
    static void checkOnce(ConfigResource resource, Set<ConfigResource> repeated) {
        if (repeated.contains(resource)) {
            throw new InvalidRequestException("the resource is changed more than once");
        }
    }

    /** What is there more than once. */
    static Set<ConfigResource> repeated(Stream<ConfigResource> resources) {
        Set<ConfigResource> seen = new HashSet<>();
        return resources.filter(resource -> !seen.add(resource)).collect(Collectors.toSet());
    }

    /**
     * Replaces all overrides of a resource, or only checks them.
     *
     * @throws org.apache.kafka.common.errors.ApiException UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION, INVALID_CONFIG, INVALID_REQUEST, KAFKA_STORAGE_ERROR
     */
    synchronized void replace(ConfigResource resource, Map<String, String> overrides, boolean validateOnly) {
        switch (resource.type()) {
            case TOPIC -> {
                topic(resource.name());
                TopicConfig.of(admin.topicDefaults(), overrides);
            }
            case GROUP -> groupConfigs.validate(resource.name(), overrides);
            case BROKER -> checkBroker(resource.name(), overrides);
            case CLIENT_METRICS -> ClientMetricsConfigs.validate(resource.name(), overrides);
            case BROKER_LOGGER, UNKNOWN -> throw unexpected(resource);
        }
        if (!validateOnly) {
            Map<String, String> before = admin.catalog().configs(resource);
            admin.catalog().replaceConfigs(resource, overrides);
            if (resource.type() == ConfigResource.Type.BROKER) {
                admin.live().refresh();
                sayWhatHasNoEffect(before, overrides);
            }
        }
    }

    private void sayWhatHasNoEffect(Map<String, String> before, Map<String, String> overrides) {
        overrides.forEach((name, value) -> {
            if (admin.live().withoutEffect().configKeys().containsKey(name) && !value.equals(before.get(name))) {
                LOG.info("config={} has no effect in one process", name);
            }
        });
    }

    /** Of a broker's configs may change while it runs: the defaults for topics, what {@link LiveConfigs} knows, and what changes nothing. */
    private void checkBroker(String name, Map<String, String> overrides) {
        if (!name.isEmpty() && !name.equals(Integer.toString(admin.cluster().nodeId()))) {
            throw new InvalidRequestException("Unexpected broker id, expected " + admin.cluster().nodeId() + " or empty string, but received " + name);
        }
        if ("0".equals(overrides.get("log.retention.ms"))) {
            throw new InvalidRequestException("log.retention.ms must be -1, for ever, or at least 1");
        }
        Set<String> fixed = new TreeSet<>(overrides.keySet());
        Map<String, String> defaults = new HashMap<>(admin.topicDefaults());
        TopicConfig.BROKER_NAMES.forEach((topicName, brokerName) -> {
            if (fixed.remove(brokerName)) {
                defaults.put(topicName, overrides.get(brokerName));
            }
        });
        ConfigDef withoutEffect = admin.live().withoutEffect();
        fixed.removeIf(config -> admin.live().counts(config) || withoutEffect.configKeys().containsKey(config));
        checkValues(overrides, withoutEffect);
        if (!fixed.isEmpty()) {
            throw new InvalidRequestException("Cannot update these configs dynamically: " + fixed);
        }
        try {
            TopicConfig.of(defaults, Map.of());
        } catch (InvalidConfigurationException e) {
            throw new InvalidRequestException(e.getMessage());
        }
        admin.live().check(name, overrides);
    }

    private void checkValues(Map<String, String> overrides, ConfigDef withoutEffect) {
        Map<String, ConfigDef.ConfigKey> keys = admin.brokerDefinition().configKeys();
        try {
            overrides.forEach((name, value) -> {
                ConfigDef.ConfigKey key = keys.getOrDefault(name, withoutEffect.configKeys().get(name));
                Object parsed = key == null ? null : ConfigDef.parseType(name, value, key.type);
                if (key != null && key.validator != null && !TopicConfig.BROKER_NAMES.containsValue(name)) {
                    key.validator.ensureValid(name, parsed);
                }
            });
        } catch (ConfigException e) {
            throw new InvalidRequestException(e.getMessage());
        }
    }

    /** Applies changes on top of the overrides that a resource has; errors as {@link #replace}. */
    synchronized void apply(ConfigResource resource, List<Change> changes, boolean validateOnly) {
        Map<String, String> overrides = new HashMap<>(admin.catalog().configs(resource));
        for (Change change : changes) {
            switch (change.operation()) {
                case SET -> overrides.put(change.name(), required(change));
                case DELETE -> overrides.remove(change.name());
                case APPEND, SUBTRACT -> overrides.put(change.name(), changedList(resource, overrides, change));
            }
        }
        replace(resource, overrides, validateOnly);
    }

    private String changedList(ConfigResource resource, Map<String, String> overrides, Change change) {
        ConfigDef.ConfigKey key = definition(resource).configKeys().get(change.name());
        if (key == null || key.type != ConfigDef.Type.LIST) {
            throw new InvalidConfigurationException("Can't " + change.operation() + " to key " + change.name() + " because its type is not LIST.");
        }
        String now = overrides.get(change.name());
        if (now == null) {
            Object value = resource.type() == ConfigResource.Type.TOPIC ? topic(resource.name()).config().value(change.name()) : key.defaultValue;
            now = ConfigDef.convertToString(value, key.type);
        }
        List<String> values = new ArrayList<>(split(now));
        for (String value : required(change).split(",")) {
            if (change.operation() == OpType.SUBTRACT) {
                values.remove(value.strip());
            } else if (!values.contains(value.strip())) {
                values.add(value.strip());
            }
        }
        return String.join(",", values);
    }

    private ConfigDef definition(ConfigResource resource) {
        return switch (resource.type()) {
            case TOPIC -> TopicConfig.DEFINITION;
            case GROUP -> GroupConfigs.DEFINITION;
            case BROKER -> admin.brokerDefinition();
            case CLIENT_METRICS -> ClientMetricsConfigs.NO_LISTS;
            case BROKER_LOGGER, UNKNOWN -> throw unexpected(resource);
        };
    }

    private static List<String> split(String list) {
        return Arrays.stream(list.split(",")).map(String::strip).filter(value -> !value.isEmpty()).toList();
    }

    private static InvalidRequestException unexpected(ConfigResource resource) {
        return new InvalidRequestException("Unexpected resource type " + resource.type());
    }

    private static String required(Change change) {
        if (change.value() == null) {
            throw new InvalidRequestException("Null value not supported for : " + change.name());
        }
        return change.value();
    }

    private Topic topic(String name) {
        Topic topic = admin.catalog().topics().get(name);
        if (topic != null) {
            return topic;
        }
        if (name.isEmpty()) {
            throw new InvalidRequestException("topics have no configs in common");
        }
        org.apache.kafka.common.internals.Topic.validate(name);
        throw new UnknownTopicOrPartitionException("The topic '" + name + "' does not exist.");
    }
}
