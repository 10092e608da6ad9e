// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

import io.ottla.topic.TopicConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a broker is to run, in the names of Apache Kafka 4.4's broker configs and Ottla's own, which begin with {@code ottla.}. Immutable.
 *
 * <p>A name that Kafka knows but that changes nothing in one process is accepted, and said so in the log. A name that
 * Kafka does not know, a value out of range, and a config that would promise what Ottla does not do are refused.
 */
public final class BrokerConfig {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerConfig.class);
    private static final ConfigDef DEFINITION = BrokerDefinition.create();

    /** Classes that would refuse what clients ask for: to go on without them would be unsafe. */
    private static final Set<String> PLUGINS = Set.of("authorizer.class.name", "create.topic.policy.class.name",
            "alter.config.policy.class.name", "client.quota.callback.class");

    private static final long LEAST_DEDUPE_BYTES = 1 << 20;

    private final Map<String, String> originals;
    private final Map<String, Object> values;
    private final List<Listener> listeners;
    private final Path dataDirectory;
    private final int nodeId;
    private final Map<String, String> topicDefaults;
    private final Map<InetAddress, Integer> connectionsByAddress;

    private BrokerConfig(Map<String, String> originals, Map<String, Object> values) {
        this.originals = originals;
        this.values = values;
        listeners = Listeners.parse(getList("listeners"), getList("advertised.listeners"),
                getString("listener.security.protocol.map"), getList("controller.listener.names"));
        dataDirectory = parseDirectory();
        nodeId = parseNodeId();
        topicDefaults = parseTopicDefaults();
        connectionsByAddress = parseConnectionsByAddress();
        checkRanges();
    }

    /**
     * Reads a configuration; what it does not name has its default.
     *
     * @throws InvalidConfig with one clear line
     */
    public static BrokerConfig of(Map<String, String> properties) {
        Map<String, String> originals = new TreeMap<>();
        properties.forEach((name, value) -> originals.put(name, value.trim()));
        refuseUnknown(originals);
        try {
            return new BrokerConfig(Map.copyOf(originals), DEFINITION.parse(originals));
        } catch (ConfigException e) {
            throw new InvalidConfig(e.getMessage());
        }
    }

    /** Name, type, range, default and a sentence for every config that changes what Ottla does. */
    public static ConfigDef definition() {
        return DEFINITION;
    }

    /** Broker config names that give the default of a topic config, the one that counts most first; empty if none does. */
    public static List<String> brokerNames(String topicConfig) {
        List<String> several = TimeDefaults.NAMES.get(topicConfig);
        if (several != null) {
            return several;
        }
        return Optional.ofNullable(TopicConfig.BROKER_NAMES.get(topicConfig)).map(List::of).orElse(List.of());
    }

    /**
     * This one with other values for names that are defined.
     *
     * @throws InvalidConfig with one clear line
     */
    BrokerConfig with(Map<String, String> changes) {
        Map<String, String> changed = new TreeMap<>(originals);
        changed.putAll(changes);
        try {
            return new BrokerConfig(Map.copyOf(changed), DEFINITION.parse(changed));
        } catch (ConfigException e) {
            throw new InvalidConfig(e.getMessage());
        }
    }

    /** What was set, under the names it was set by. */
    public Map<String, String> originals() {
        return originals;
    }

    /** What was set about topics, by topic config name, as {@link TopicConfig#of} takes it. */
    public Map<String, String> topicDefaults() {
        return topicDefaults;
    }

    /** At least one. */
    public List<Listener> listeners() {
        return listeners;
    }

    public Path dataDirectory() {
        return dataDirectory;
    }

    public int nodeId() {
        return nodeId;
    }

    public Optional<String> rack() {
        return Optional.ofNullable(getString("broker.rack"));
    }

    /** How many connections addresses may have that do not have the limit of all. */
    public Map<InetAddress, Integer> connectionsByAddress() {
        return connectionsByAddress;
    }

    /** True if acks=all waits for the disk; false if it waits for the operating system only. */
    public boolean flushToDisk() {
        return getString("ottla.flush").equals("disk");
    }

    /** Whether several partitions may be flushed by a flush of their file system. */
    public boolean flushTogether() {
        return getBoolean("ottla.flush.together");
    }

    /** Whether small appends are written ahead when there are many. */
    public boolean writeAhead() {
        return getBoolean("ottla.write.ahead");
    }

    /** How long the process may take to stop. */
    public long stopTimeoutMs() {
        return getLong("ottla.stop.timeout.ms");
    }

    /** The value in force for any name in {@link #definition()}, in the type defined there; may be null. */
    public Object value(String name) {
        return values.get(name);
    }

    /** All values in force by name, in the types of {@link #definition()}. */
    public Map<String, Object> values() {
        return Collections.unmodifiableMap(values);
    }

    public int getInt(String name) {
        return (Integer) values.get(name);
    }

    public long getLong(String name) {
        return ((Number) values.get(name)).longValue();
    }

    public double getDouble(String name) {
        return (Double) values.get(name);
    }

    public boolean getBoolean(String name) {
        return (Boolean) values.get(name);
    }

    /** May be null. */
    public String getString(String name) {
        return (String) values.get(name);
    }

    /** May be null. */
    @SuppressWarnings("unchecked")
    public List<String> getList(String name) {
        return (List<String>) values.get(name);
    }

    private static void refuseUnknown(Map<String, String> originals) {
        KnownNames known = null;
        for (String name : originals.keySet()) {
            if (DEFINITION.configKeys().containsKey(name)) {
                continue;
            }
            if (known == null) {
                known = new KnownNames();
            }
            if (!known.contains(name)) {
                String nearest = known.nearest(name, DEFINITION.names());
                throw new InvalidConfig("unknown configuration name: " + name + (nearest.isEmpty() ? "" : " (did you mean " + nearest + "?)"));
            }
            if (PLUGINS.contains(name) && !originals.get(name).isEmpty()) {
                throw new InvalidConfig(name + ": this version of Ottla loads no such plugin, so what it guards would not be guarded");
            }
            LOG.info("config={} has no effect in one process", name);
        }
    }

    private Path parseDirectory() {
        String name = getList("log.dirs") == null ? "log.dir" : "log.dirs";
        List<String> directories = getList(name);
        if (directories.size() != 1 || directories.get(0).isBlank()) {
            throw new InvalidConfig(name + ": Ottla keeps its data in one directory, not in " + directories.size());
        }
        return Path.of(directories.get(0).trim());
    }

    private int parseNodeId() {
        int brokerId = getInt("broker.id");
        boolean set = originals.containsKey("node.id");
        if (brokerId < 0) {
            return getInt("node.id");
        }
        if (set && brokerId != getInt("node.id")) {
            throw new InvalidConfig("node.id and broker.id are both set and differ: " + getInt("node.id") + " and " + brokerId);
        }
        return brokerId;
    }

    private Map<String, String> parseTopicDefaults() {
        Map<String, String> result = new HashMap<>();
        TopicConfig.BROKER_NAMES.forEach((topicName, brokerName) -> {
            if (!TimeDefaults.NAMES.containsKey(topicName) && originals.containsKey(brokerName)) {
                result.put(topicName, originals.get(brokerName));
            }
        });
        for (String topicName : TimeDefaults.NAMES.keySet()) {
            TimeDefaults.millis(topicName, originals, values).ifPresent(ms -> result.put(topicName, Long.toString(ms)));
        }
        return Map.copyOf(result);
    }

    private Map<InetAddress, Integer> parseConnectionsByAddress() {
        Map<InetAddress, Integer> result = new HashMap<>();
        for (String entry : getString("max.connections.per.ip.overrides").split(",")) {
            int colon = entry.lastIndexOf(':');
            if (entry.isBlank()) {
                continue;
            }
            try {
                result.put(InetAddress.getByName(entry.substring(0, colon).strip()), Integer.valueOf(entry.substring(colon + 1).strip()));
            } catch (IndexOutOfBoundsException | NumberFormatException e) {
                throw new InvalidConfig("max.connections.per.ip.overrides: " + entry + " is not HOST:COUNT");
            } catch (UnknownHostException e) {
                throw new InvalidConfig("max.connections.per.ip.overrides: " + entry + " names no host that is known here");
            }
        }
        return Map.copyOf(result);
    }

    private void checkRanges() {
        if (getLong("log.cleaner.dedupe.buffer.size") <= LEAST_DEDUPE_BYTES) {
            throw new InvalidConfig("log.cleaner.dedupe.buffer.size must be above " + LEAST_DEDUPE_BYTES);
        }
        if (getInt("max.connections.per.ip") == 0 && connectionsByAddress.isEmpty()) {
            throw new InvalidConfig("max.connections.per.ip may be 0 only with max.connections.per.ip.overrides");
        }
        if (!getList("group.coordinator.rebalance.protocols").contains("classic")) {
            throw new InvalidConfig("group.coordinator.rebalance.protocols: Disabling the 'classic' protocol is not supported.");
        }
        requireOrder("group.min.session.timeout.ms", "group.max.session.timeout.ms");
        for (String kind : List.of("group.consumer.", "group.share.", "group.streams.")) {
            requireBetween(kind, "session.timeout.ms");
            requireBetween(kind, "heartbeat.interval.ms");
            requireBetween(kind, "assignment.interval.ms");
            requireBelow(kind + "heartbeat.interval.ms", kind + "session.timeout.ms");
        }
        requireOrder("group.streams.num.standby.replicas", "group.streams.max.standby.replicas");
        requireBetween("group.share.", "record.lock.duration.ms");
        requireBetween("group.share.", "delivery.count.limit");
        requireBetween("group.share.", "partition.max.record.locks");
    }

    private void requireBetween(String prefix, String name) {
        requireOrder(prefix + "min." + name, prefix + name);
        requireOrder(prefix + name, prefix + "max." + name);
    }

    private void requireOrder(String low, String high) {
        if (getInt(low) > getInt(high)) {
            throw new InvalidConfig(low + " (" + getInt(low) + ") is above " + high + " (" + getInt(high) + ")");
        }
    }

    private void requireBelow(String low, String high) {
        if (getInt(low) >= getInt(high)) {
            throw new InvalidConfig(low + " (" + getInt(low) + ") is not below " + high + " (" + getInt(high) + ")");
        }
    }
}
