// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;

/** What the catalog's journal adds up to. Used by one thread. */
final class CatalogImage {
    private final Map<Uuid, CatalogEvent.TopicCreated> topics = new LinkedHashMap<>();
    private final Map<ConfigResource, Map<String, String>> configs = new HashMap<>();
    private final Map<Uuid, String> deleted = new HashMap<>();
    private long nextProducerId;

    void apply(CatalogEvent event) {
        event.applyTo(this);
    }

    void created(CatalogEvent.TopicCreated created) {
        topics.put(created.id(), created);
    }

    void grown(CatalogEvent.TopicGrown grown) {
        topics.computeIfPresent(grown.id(), (id, topic) -> new CatalogEvent.TopicCreated(topic.name(), id, grown.partitions(), topic.configs()));
    }

    void deleted(CatalogEvent.TopicDeleted gone) {
        CatalogEvent.TopicCreated topic = topics.remove(gone.id());
        deleted.put(gone.id(), topic == null ? "" : topic.name());
    }

    void reserved(CatalogEvent.ProducerIdsReserved reserved) {
        nextProducerId = Math.max(nextProducerId, reserved.next());
    }

    void replaced(CatalogEvent.ConfigsReplaced replaced) {
        if (replaced.type() != ConfigResource.Type.TOPIC.id()) {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.forId(replaced.type()), replaced.name());
            if (replaced.configs().isEmpty()) {
                configs.remove(resource);
            } else {
                configs.put(resource, replaced.configs());
            }
            return;
        }
        topics.replaceAll((id, topic) -> topic.name().equals(replaced.name())
                ? new CatalogEvent.TopicCreated(topic.name(), id, topic.partitions(), replaced.configs())
                : topic);
    }

    Collection<CatalogEvent.TopicCreated> topics() {
        return topics.values();
    }

    /** Overrides of brokers and groups. */
    Map<ConfigResource, Map<String, String>> configs() {
        return configs;
    }

    /** Names of deleted topics; those of long ago are forgotten. */
    Map<Uuid, String> deleted() {
        return deleted;
    }

    long nextProducerId() {
        return nextProducerId;
    }

    /** The fewest events that say the same. */
    List<CatalogEvent> events() {
        List<CatalogEvent> events = new ArrayList<>(topics.values());
        configs.forEach((resource, overrides) -> events.add(new CatalogEvent.ConfigsReplaced(resource.type().id(), resource.name(), overrides)));
        events.add(new CatalogEvent.ProducerIdsReserved(nextProducerId));
        return events;
    }
}
