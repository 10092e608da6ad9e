// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.WakeupException;

/** A group member as people write them: a thread that polls, keeps what came and commits it. */
final class Member implements AutoCloseable {
    private final String name;
    private final KafkaConsumer<String, String> consumer;
    private final Ownership ownership;
    private final Set<TopicPartition> assigned = ConcurrentHashMap.newKeySet();
    private final Queue<ConsumerRecord<String, String>> received = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean leaving;
    private volatile RuntimeException failure;

    Member(Clients clients, String name, String group, String topic, Map<String, ?> overrides, Ownership ownership) {
        this.name = name;
        this.ownership = ownership;
        this.consumer = clients.consumer(group, overrides);
        this.thread = Thread.ofPlatform().name(name).start(() -> run(topic));
    }

    Set<TopicPartition> assigned() {
        return Set.copyOf(assigned);
    }

    List<ConsumerRecord<String, String>> received() {
        return List.copyOf(received);
    }

    /** Leaves the group as a consumer that is closed does, and fails if the member had failed. */
    void leave() {
        leaving = true;
        consumer.wakeup();
        try {
            thread.join(Eventually.DEADLINE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive() || failure != null) {
            throw new AssertionError("member " + name + " did not end well", failure);
        }
    }

    @Override
    public void close() {
        leave();
    }

    private void run(String topic) {
        try (consumer) {
            consumer.subscribe(List.of(topic), new Listener());
            for (boolean committed = true; !leaving; ) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(50));
                records.forEach(received::add);
                committed = committed && records.isEmpty() || commit();
            }
        } catch (WakeupException e) {
            if (!leaving) {
                failure = e;
            }
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    /** Commits all that was polled, and says whether it has. */
    private boolean commit() {
        try {
            consumer.commitSync();
            return true;
        } catch (RebalanceInProgressException e) {
            // The next poll joins the rebalance; what was polled comes again elsewhere, or is still here to be committed.
            return false;
        }
    }

    private final class Listener implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            ownership.claim(name, partitions);
            assigned.addAll(partitions);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            partitions.forEach(assigned::remove);
            ownership.release(name, partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            onPartitionsRevoked(partitions);
        }
    }
}
