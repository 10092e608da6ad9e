// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import io.ottla.broker.BrokerConfig;
import io.ottla.log.LocalCatalog;
import io.ottla.log.LogImport;
import io.ottla.log.LogSettings;
import io.ottla.topic.InternalTopics;
import io.ottla.topic.Topic;
import io.ottla.world.Clock;
import io.ottla.world.LocalDisk;
import io.ottla.world.SystemTimers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.ApiException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Brings the topics of a stopped Apache Kafka into a data directory that no broker is using. A topic comes whole or not at all; one
 * that came before, known by its id, is left alone, so that an import that was interrupted can be given again.
 */
final class ImportCommand implements Callable<Integer> {
    private final OptionSpec from = option("--from", "DIR", String.class, "The log.dirs of a stopped Apache Kafka 4; it is only read.").required(true).build();
    private final OptionSpec data = option("--data", "DIR", String.class, "Where Ottla keeps everything. Default: ottla-data in the current directory").build();
    private final OptionSpec names = option("--topic", "NAME", String[].class,
            "One topic; may be given several times. Default: all, with Kafka's own topics of groups and transactions").build();
    private final OptionSpec configs = option("--config", "TOPIC:NAME=VALUE", String[].class,
            "One config that the topic shall have; may be given several times.").build();

    CommandSpec spec() {
        CommandSpec spec = Commands.describe(this, "import", "Bring topics of a stopped Apache Kafka, with records, offsets and groups, while Ottla is stopped too.");
        for (OptionSpec option : List.of(from, data, names, configs)) {
            spec.addOption(option);
        }
        spec.usageMessage().sortOptions(false).footer("",
                "A topic keeps the configs that were set for it in Kafka; what only the broker's own configuration said has to be given with --config.");
        return spec;
    }

    private static OptionSpec.Builder option(String name, String label, Class<?> type, String description) {
        return OptionSpec.builder(name).paramLabel(label).type(type).arity("1").description(description);
    }

    @Override
    public Integer call() {
        Logging.configure(null);
        Map<String, Map<String, String>> overrides = overrides();
        Path directory = BrokerConfig.of(data.getValue() == null ? Map.of() : Map.of("log.dirs", (String) data.getValue())).dataDirectory();
        try (LogImport source = LogImport.open(new LocalDisk(), Path.of((String) from.getValue()))) {
            List<LogImport.Found> wanted = wanted(source.topics(), overrides);
            try (SystemTimers timers = new SystemTimers();
                    LocalCatalog catalog = LocalCatalog.open(LogSettings.in(directory), new LocalDisk(), Clock.SYSTEM, timers)) {
                refuseOthers(wanted, catalog);
                for (LogImport.Found topic : wanted) {
                    bring(topic, source, catalog, overrides);
                }
            }
        } catch (IOException e) {
            throw new Failure(e.getMessage() == null ? e.toString() : e.getMessage());
        }
        return 0;
    }

    private Map<String, Map<String, String>> overrides() {
        Map<String, Map<String, String>> overrides = new HashMap<>();
        for (String given : values(configs)) {
            int colon = given.indexOf(':');
            int equals = given.indexOf('=', colon + 1);
            if (colon < 1 || equals <= colon + 1) {
                throw new Failure("--config: '" + given + "' is not TOPIC:NAME=VALUE");
            }
            String topic = given.substring(0, colon);
            if (!overrides.containsKey(topic)) {
                overrides.put(topic, new HashMap<>());
            }
            overrides.get(topic).put(given.substring(colon + 1, equals).trim(), given.substring(equals + 1).trim());
        }
        return overrides;
    }

    private List<LogImport.Found> wanted(List<LogImport.Found> found, Map<String, Map<String, String>> overrides) {
        TreeSet<String> asked = new TreeSet<>(List.of(values(names)));
        List<LogImport.Found> wanted = new ArrayList<>();
        TreeSet<String> configured = new TreeSet<>(overrides.keySet());
        TreeSet<String> missing = new TreeSet<>(asked);
        for (LogImport.Found topic : found) {
            missing.remove(topic.name());
            if (asked.isEmpty() || asked.contains(topic.name())) {
                wanted.add(topic);
                configured.remove(topic.name());
            }
        }
        if (!missing.isEmpty()) {
            throw new Failure("--topic: there is no topic " + missing.first() + " in " + from.getValue());
        }
        if (!configured.isEmpty()) {
            throw new Failure("--config: topic " + configured.first() + " is not among those to import");
        }
        return wanted;
    }

    /** Before anything is copied: a topic of the same name with other records cannot be joined with this one. */
    private static void refuseOthers(List<LogImport.Found> wanted, LocalCatalog catalog) {
        for (LogImport.Found topic : wanted) {
            Topic there = catalog.topics().get(topic.name());
            if (there != null && !there.id().equals(topic.id())) {
                throw new Failure("topic " + topic.name() + " is there already, and is another one; nothing was imported");
            }
        }
    }

    private static void bring(LogImport.Found found, LogImport source, LocalCatalog catalog, Map<String, Map<String, String>> overrides) {
        if (catalog.find(found.id()) != null) {
            System.out.println(found.name() + ": was imported before, left as it is");
            return;
        }
        Map<String, String> all = new HashMap<>(ownConfigs(found.name()));
        source.configs(found).forEach((name, value) -> putKnown(found, all, name, value));
        all.putAll(overrides.getOrDefault(found.name(), Map.of()));
        try {
            Topic topic = source.copy(found, catalog, all);
            int partitions = topic.partitions().size();
            System.out.println(found.name() + ": imported, " + partitions + (partitions == 1 ? " partition" : " partitions") + meaning(found.name()));
        } catch (ApiException | IOException e) {
            throw new Failure("topic " + found.name() + " was not imported: " + (e.getMessage() == null ? e.toString() : e.getMessage()));
        }
    }

    private static void putKnown(LogImport.Found topic, Map<String, String> all, String name, String value) {
        if (io.ottla.topic.TopicConfig.DEFINITION.names().contains(name)) {
            all.put(name, value);
        } else {
            System.out.println(topic.name() + ": has no config " + name + " here, left out");
        }
    }

    private static String meaning(String name) {
        return switch (name) {
            case InternalTopics.CONSUMER_OFFSETS -> " with the groups and their offsets";
            case InternalTopics.TRANSACTION_STATE -> " with the transactional ids";
            case InternalTopics.SHARE_GROUP_STATE -> " with the deliveries of share groups";
            default -> "";
        };
    }

    /** What coordinators need of their topics, lest retention deletes what they must remember. */
    private static Map<String, String> ownConfigs(String name) {
        Map<String, String> compacted = Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT,
                TopicConfig.SEGMENT_BYTES_CONFIG, "104857600");
        return switch (name) {
            case InternalTopics.CONSUMER_OFFSETS, InternalTopics.TRANSACTION_STATE -> compacted;
            case InternalTopics.SHARE_GROUP_STATE -> Map.of(TopicConfig.RETENTION_MS_CONFIG, "-1", TopicConfig.SEGMENT_BYTES_CONFIG, "104857600");
            default -> Map.of();
        };
    }

    private static String[] values(OptionSpec option) {
        String[] values = option.getValue();
        return values == null ? new String[0] : values;
    }
}
