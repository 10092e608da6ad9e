// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import io.ottla.topic.Partition;
import io.ottla.topic.PartitionId;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;

/** Topics whose partitions are broken on purpose. */
final class BrokenCatalog implements TopicCatalog {
    private final TopicCatalog whole;
    private final Fault fault;
    private final Random random;
    private final int life;
    private final Map<PartitionId, Partition> partitions = new HashMap<>();

    BrokenCatalog(TopicCatalog whole, Fault fault, Random random, int life) {
        this.whole = whole;
        this.fault = fault;
        this.random = random;
        this.life = life;
    }

    private Topic broken(Topic topic) {
        if (topic == null) {
            return null;
        }
        List<Partition> list = topic.partitions().stream()
                .map(each -> partitions.computeIfAbsent(each.id(), id -> new BrokenPartition(each, fault, random, life))).toList();
        return new Topic(topic.name(), topic.id(), topic.config(), list);
    }

    @Override
    public Map<String, Topic> topics() {
        Map<String, Topic> all = new LinkedHashMap<>();
        whole.topics().forEach((name, topic) -> all.put(name, broken(topic)));
        return all;
    }

    @Override
    public Topic find(Uuid id) {
        return broken(whole.find(id));
    }

    @Override
    public Topic create(String name, int count, Map<String, String> configs) {
        return broken(whole.create(name, count, configs));
    }

    @Override
    public void delete(String name) {
        whole.delete(name);
    }

    @Override
    public Topic grow(String name, int total) {
        return broken(whole.grow(name, total));
    }

    @Override
    public Map<ConfigResource, Map<String, String>> configs() {
        return whole.configs();
    }

    @Override
    public void replaceConfigs(ConfigResource resource, Map<String, String> configs) {
        whole.replaceConfigs(resource, configs);
    }

    @Override
    public long reserveProducerIds(int count) {
        return whole.reserveProducerIds(count);
    }

    @Override
    public void watch(Consumer<Change> listener) {
        whole.watch(listener);
    }
}
