// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;

/** A group member that does its {@link Work} and commits it before it polls again, and whose shutdown waits for that. */
final class Worker implements AutoCloseable {

    private final String name;
    private final KafkaConsumer<String, String> consumer;
    private final Work work;
    private final Set<TopicPartition> assigned = ConcurrentHashMap.newKeySet();
    private final Thread thread;
    private volatile boolean leaving;
    private volatile RuntimeException failure;

    Worker(Clients clients, String name, String group, String topic, Map<String, ?> config, Work work) {
        this.name = name;
        this.work = work;
        this.consumer = clients.consumer(group, config);
        this.thread = Thread.ofPlatform().name(name).start(() -> run(topic));
    }

    Set<TopicPartition> assigned() {
        return Set.copyOf(assigned);
    }

    private void run(String topic) {
        try (consumer) {
            consumer.subscribe(List.of(topic), new Listener());
            while (!leaving) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(50));
                if (!records.isEmpty()) {
                    work.done(name, records);
                    commit(records);
                }
            }
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    private void commit(ConsumerRecords<String, String> records) {
        try {
            consumer.commitSync();
            work.committed(records);
        } catch (RebalanceInProgressException | CommitFailedException | TimeoutException e) {
            work.uncommitted(records);
        }
    }

    /** Tells it to end after what it is doing. */
    void leave() {
        leaving = true;
    }

    /** Waits until it has left the group, and fails if it had failed. */
    @Override
    public void close() {
        leave();
        try {
            thread.join(Eventually.DEADLINE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive() || failure != null) {
            throw new AssertionError("worker " + name + " did not end well", failure);
        }
    }

    private final class Listener implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            assigned.addAll(partitions);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            partitions.forEach(assigned::remove);
        }
    }
}
