// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

import io.ottla.api.LiveConfigs;
import io.ottla.topic.TopicCatalog;
import java.util.AbstractMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The configuration in force: what the broker was started with, and over it what the catalog keeps for all brokers and for this
 * one (KIP-226). Read from any thread; changed by one at a time.
 */
final class LiveConfig implements LiveConfigs {
    private static final Logger LOG = LoggerFactory.getLogger(LiveConfig.class);
    private static final String LOOPS = "num.network.threads";

    private static final Set<String> NAMES = Set.of(
            "max.connections",
            "max.connections.per.ip",
            "max.connections.per.ip.overrides",
            "max.connection.creation.rate",
            LOOPS,
            "log.cleaner.backoff.ms",
            "log.cleaner.dedupe.buffer.size",
            "log.cleaner.io.max.bytes.per.second",
            "producer.id.expiration.ms",
            "transaction.partition.verification.enable",
            "group.consumer.assignment.interval.ms",
            "group.share.assignment.interval.ms",
            "group.streams.assignment.interval.ms",
            "errors.deadletterqueue.auto.create.topics.enable",
            "errors.deadletterqueue.topic.name.prefix");

    private final BrokerConfig start;
    private final Map<String, Object> values = new Values();
    private volatile BrokerConfig now;
    private TopicCatalog catalog;
    private Consumer<BrokerConfig> listener = config -> { };

    LiveConfig(BrokerConfig start) {
        this.start = start;
        now = start;
    }

    BrokerConfig now() {
        return now;
    }

    /** All values in force by name: a view that follows every change. */
    Map<String, Object> values() {
        return values;
    }

    /** Goes on with what this catalog keeps. Once, before anything is changed. */
    void follow(TopicCatalog catalog) {
        this.catalog = catalog;
        refresh();
    }

    /** Tells {@code listener} after each change, and now. */
    void listen(Consumer<BrokerConfig> listener) {
        this.listener = listener;
        listener.accept(now);
    }

    @Override
    public boolean counts(String name) {
        return NAMES.contains(name);
    }

    @Override
    public ConfigDef withoutEffect() {
        return WithoutEffect.DEFINITION;
    }

    /** Read when somebody asks first, so that a start does not wait for it. */
    private static final class WithoutEffect {
        private static final ConfigDef DEFINITION = new KnownNames().dynamic();
    }

    @Override
    public void check(String broker, Map<String, String> overrides) {
        BrokerConfig then;
        try {
            then = broker.isEmpty() ? with(overrides, kept(Integer.toString(start.nodeId()))) : with(kept(""), overrides);
        } catch (InvalidConfig e) {
            throw new InvalidRequestException(e.getMessage());
        }
        if (then.getInt("max.connections") == 0 || then.getInt("max.connection.creation.rate") == 0) {
            throw new InvalidRequestException("A broker that runs can't be told to take no more connections at all.");
        }
        int loops = now.getInt(LOOPS);
        int wanted = then.getInt(LOOPS);
        if (wanted > loops * 2L || wanted < loops / 2) {
            throw new InvalidRequestException(LOOPS + "=" + wanted + " is more than double or less than half of the current value " + loops);
        }
    }

    @Override
    public void refresh() {
        try {
            now = with(kept(""), kept(Integer.toString(start.nodeId())));
        } catch (InvalidConfig e) {
            LOG.warn("event=kept_configs_invalid action=ignored reason=\"{}\"", e.getMessage());
            now = start;
        }
        listener.accept(now);
    }

    private Map<String, String> kept(String broker) {
        return catalog.configs(new ConfigResource(ConfigResource.Type.BROKER, broker));
    }

    private BrokerConfig with(Map<String, String> ofAll, Map<String, String> ofThis) {
        Map<String, String> changes = new HashMap<>(ofAll);
        changes.putAll(ofThis);
        changes.keySet().retainAll(NAMES);
        return changes.isEmpty() ? start : start.with(changes);
    }

    private final class Values extends AbstractMap<String, Object> {
        @Override
        public Object get(Object name) {
            return now.values().get(name);
        }

        @Override
        public Set<Entry<String, Object>> entrySet() {
            return now.values().entrySet();
        }
    }
}
