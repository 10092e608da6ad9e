// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Topics in memory, made of {@link FakePartition}s. */
public final class FakeCatalog implements TopicCatalog {
    private final boolean flushByHand;
    private final Map<String, Topic> topics = new ConcurrentSkipListMap<>();
    private final Map<ConfigResource, Map<String, String>> configs = new ConcurrentHashMap<>();
    private final List<Consumer<Change>> watchers = new CopyOnWriteArrayList<>();
    private long nextProducerId;
    private long created;

    /** @param flushByHand see {@link FakePartition} */
    public FakeCatalog(boolean flushByHand) {
        this.flushByHand = flushByHand;
    }

    public FakePartition partition(String topic, int index) {
        return (FakePartition) topics.get(topic).partitions().get(index);
    }

    @Override
    public Map<String, Topic> topics() {
        return Collections.unmodifiableMap(topics);
    }

    @Override
    public Topic find(Uuid id) {
        return topics.values().stream().filter(topic -> topic.id().equals(id)).findFirst().orElse(null);
    }

    @Override
    public synchronized Topic create(String name, int partitions, Map<String, String> overrides) {
        if (topics.containsKey(name)) {
            throw new TopicExistsException("Topic '" + name + "' already exists.");
        }
        return change(null, grown(new Topic(name, new Uuid(name.hashCode() + 1L, ++created), TopicConfig.of(Map.of(), overrides), List.of()), partitions));
    }

    private Topic grown(Topic topic, int total) {
        List<Partition> partitions = new ArrayList<>(topic.partitions());
        for (int i = partitions.size(); i < total; i++) {
            partitions.add(new FakePartition(new PartitionId(topic.name(), topic.id(), i), flushByHand));
        }
        return new Topic(topic.name(), topic.id(), topic.config(), List.copyOf(partitions));
    }

    private Topic change(Topic before, Topic after) {
        if (after == null) {
            topics.remove(before.name());
        } else {
            topics.put(after.name(), after);
        }
        watchers.forEach(watcher -> watcher.accept(new Change(before, after)));
        return after;
    }

    @Override
    public synchronized void delete(String name) {
        change(existing(name), null);
    }

    @Override
    public synchronized Topic grow(String name, int total) {
        Topic before = existing(name);
        return change(before, grown(before, total));
    }

    private Topic existing(String name) {
        Topic topic = topics.get(name);
        if (topic == null) {
            throw new UnknownTopicOrPartitionException("no topic " + name);
        }
        return topic;
    }

    @Override
    public Map<ConfigResource, Map<String, String>> configs() {
        return configs;
    }

    @Override
    public void replaceConfigs(ConfigResource resource, Map<String, String> overrides) {
        configs.put(resource, Map.copyOf(overrides));
    }

    @Override
    public synchronized long reserveProducerIds(int count) {
        nextProducerId += count;
        return nextProducerId - count;
    }

    @Override
    public void watch(Consumer<Change> listener) {
        watchers.add(listener);
    }
}
