// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;

/**
 * The configs of subscriptions to clients' metrics (KIP-714). They are kept and described, as by a Kafka broker without a receiver
 * of metrics: clients are not asked to push.
 */
final class ClientMetricsConfigs {
    private static final Set<String> CLIENT_PROPERTIES = Set.of("client_id", "client_instance_id", "client_software_name",
            "client_software_version", "client_source_address", "client_source_port");

    static final ConfigDef DEFINITION = new ConfigDef()
            .define("metrics", Type.LIST, "", Importance.MEDIUM, "Prefixes of the metrics that are wanted.")
            .define("interval.ms", Type.INT, 300_000, ConfigDef.Range.between(100, 3_600_000), Importance.MEDIUM, "How often clients are to push them.")
            .define("match", Type.LIST, "", Importance.MEDIUM, "Which clients: a property and a regular expression each, with an equals sign between them.");

    /** They are replaced as a whole only. */
    static final ConfigDef NO_LISTS = new ConfigDef();

    private ClientMetricsConfigs() {}

    static List<ConfigDescriptions.Entry> describe(String name, Map<String, String> overrides) {
        check(name);
        List<ConfigDescriptions.Entry> entries = new ArrayList<>();
        for (ConfigKey key : DEFINITION.configKeys().values()) {
            String value = overrides.get(key.name);
            ConfigSource source = value == null ? ConfigSource.DEFAULT_CONFIG : ConfigSource.CLIENT_METRICS_CONFIG;
            String given = value == null ? ConfigDef.convertToString(key.defaultValue, key.type) : value;
            entries.add(new ConfigDescriptions.Entry(key.name, given, source, false, ConfigType.valueOf(key.type.name()), key.documentation,
                    value == null ? List.of() : List.of(new ConfigDescriptions.Synonym(key.name, given, source))));
        }
        return entries;
    }

    /**
     * @throws InvalidRequestException for an unknown name or a value out of range
     * @throws InvalidConfigurationException for what is no number, or no pattern of clients
     */
    static void validate(String name, Map<String, String> overrides) {
        check(name);
        for (String key : overrides.keySet()) {
            if (!DEFINITION.configKeys().containsKey(key)) {
                throw new InvalidRequestException("Unknown client metrics configuration: " + key);
            }
        }
        try {
            overrides.forEach((key, value) -> ConfigDef.parseType(key, value, DEFINITION.configKeys().get(key).type));
        } catch (ConfigException e) {
            throw new InvalidConfigurationException(e.getMessage());
        }
        try {
            DEFINITION.parse(new HashMap<>(overrides));
        } catch (ConfigException e) {
            throw new InvalidRequestException(e.getMessage());
        }
        for (String match : overrides.getOrDefault("match", "").split(",")) {
            checkMatch(match.strip());
        }
    }

    private static void checkMatch(String match) {
        if (match.isEmpty()) {
            return;
        }
        String[] parts = match.split("=");
        if (parts.length != 2 || !CLIENT_PROPERTIES.contains(parts[0].strip())) {
            throw new InvalidConfigurationException("Illegal client matching pattern: " + match);
        }
        try {
            Pattern.compile(parts[1].strip());
        } catch (PatternSyntaxException e) {
            throw new InvalidConfigurationException("Illegal client matching pattern: " + match);
        }
    }

    private static void check(String name) {
        if (name.isEmpty()) {
            throw new InvalidRequestException("Client metrics have no configs in common.");
        }
    }
}
