// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import io.ottla.testkit.ChildProcess;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;

/** A consumer in a process of its own, which prints what happens to it: it can be killed, and it has a shutdown hook as the textbooks show it. */
final class ConsumerProcess {
    private ConsumerProcess() {
    }

    /** @param commit whether it commits after each poll */
    static ChildProcess start(String bootstrapServers, String group, String topic, boolean commit) {
        return ChildProcess.java(ConsumerProcess.class, bootstrapServers, group, topic, Boolean.toString(commit));
    }

    public static void main(String[] args) {
        boolean commit = Boolean.parseBoolean(args[3]);
        KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", args[0], "group.id", args[1], "auto.offset.reset", "earliest",
                        "enable.auto.commit", "false", "session.timeout.ms", "6000", "heartbeat.interval.ms", "500"),
                new StringDeserializer(), new StringDeserializer());
        Thread poller = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> wakeupAndWait(consumer, poller)));
        try {
            consumer.subscribe(List.of(args[2]), new PrintingListener());
            while (true) {
                var records = consumer.poll(Duration.ofMillis(100));
                records.forEach(record -> say("record " + record.partition() + " " + record.offset()));
                if (commit && !records.isEmpty()) {
                    consumer.commitSync();
                    say("committed");
                }
            }
        } catch (WakeupException e) {
            say("woken");
        } finally {
            consumer.close();
            say("closed");
        }
    }

    private static void wakeupAndWait(KafkaConsumer<?, ?> consumer, Thread poller) {
        consumer.wakeup();
        try {
            poller.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private static final class PrintingListener implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            say("assigned " + partitions.size());
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            say("revoked " + partitions.size());
        }
    }
}
