// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a rebalance listener is told, and in which order; two consumers polled by one thread make the order certain. */
@ExtendWith(BrokerUnderTest.Extension.class)
class RebalanceListenerTest {
    private final Clients clients;
    private final String topic;
    private final String group = Clients.unique("listener");
    private final List<String> events = new ArrayList<>();

    RebalanceListenerTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
        topic = clients.topic("listener", 2);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void eagerMembersGiveUpEverythingBeforeAnythingIsAssigned() {
        var a = join("a", RangeAssignor.class);
        pollUntil(() -> a.assignment().size() == 2, a);
        var b = join("b", RangeAssignor.class);
        pollUntil(() -> a.assignment().size() == 1 && b.assignment().size() == 1, a, b);
        assertEquals("a assigned 2", events.get(0));
        assertEquals("a revoked 2", events.get(1));
        assertEquals(List.of("a assigned 1", "b assigned 1"), events.stream().skip(2).sorted().toList());
        events.clear();
        b.close();
        pollUntil(() -> a.assignment().size() == 2, a);
        assertEquals(List.of("b revoked 1", "a revoked 1", "a assigned 2"), events);
    }

    @Test
    void cooperativeMembersGiveUpOnlyWhatMovesAndItIsRevokedBeforeItIsAssigned() {
        var a = join("a", CooperativeStickyAssignor.class);
        pollUntil(() -> a.assignment().size() == 2, a);
        var b = join("b", CooperativeStickyAssignor.class);
        pollUntil(() -> a.assignment().size() == 1 && b.assignment().size() == 1, a, b);
        List<String> changes = events.stream().filter(event -> !event.endsWith(" 0")).toList();
        assertEquals(List.of("a assigned 2", "a revoked 1", "b assigned 1"), changes);
        events.clear();
        b.close();
        pollUntil(() -> a.assignment().size() == 2, a);
        assertEquals(List.of("b revoked 1", "a assigned 1"), events.stream().filter(event -> !event.endsWith(" 0")).toList());
    }

    @Test
    void newPartitionsOfASubscribedTopicAreAssignedToo() {
        var a = join("a", CooperativeStickyAssignor.class);
        pollUntil(() -> a.assignment().size() == 2, a);
        Clients.await(clients.admin().createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all());
        pollUntil(() -> a.assignment().size() == 5, a);
    }

    @Test
    void aPatternSubscriptionFindsTopicsMadeLater() {
        String prefix = Clients.unique("pattern");
        var consumer = clients.consumer(group, Map.of("metadata.max.age.ms", "200"));
        consumer.subscribe(Pattern.compile(prefix + "-.*"));
        consumer.poll(Duration.ofMillis(100));
        var topics = List.of(prefix + "-a", prefix + "-b");
        Clients.await(clients.admin().createTopics(topics.stream()
                .map(name -> new NewTopic(name, 1, (short) 1)).toList()).all());
        pollUntil(() -> consumer.assignment().size() == 2, consumer);
    }

    private KafkaConsumer<String, String> join(String name, Class<?> assignor) {
        KafkaConsumer<String, String> consumer = clients.consumer(group, Map.of(
                "partition.assignment.strategy", assignor.getName(), "heartbeat.interval.ms", "100", "metadata.max.age.ms", "500"));
        consumer.subscribe(List.of(topic), new Recorder(name));
        return consumer;
    }

    private void pollUntil(BooleanSupplier condition, KafkaConsumer<?, ?>... consumers) {
        Eventually.until(events::toString, () -> {
            for (KafkaConsumer<?, ?> consumer : consumers) {
                consumer.poll(Duration.ofMillis(20));
            }
            return condition.getAsBoolean();
        });
    }

    private final class Recorder implements ConsumerRebalanceListener {
        private final String name;

        Recorder(String name) {
            this.name = name;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            events.add(name + " assigned " + partitions.size());
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            events.add(name + " revoked " + partitions.size());
        }
    }
}
