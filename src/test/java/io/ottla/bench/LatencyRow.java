// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * End to end, from the time at which a record was due to be sent until a consumer has it: one producer with acks=all, one consumer,
 * one partition, a fixed rate. A record that waits because an earlier one is late counts from when it was due.
 */
final class LatencyRow implements Row {
    private static final String TOPIC = "latency";
    private static final int RATE_PER_SECOND = 1000;
    private static final int RECORD_BYTES = 100;
    private static final int WARM_UP_SECONDS = 3;
    private static final Duration GIVE_UP_AFTER = Duration.ofSeconds(60);

    private final Scale scale;

    LatencyRow(Scale scale) {
        this.scale = scale;
    }

    @Override
    public String name() {
        return "latency";
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        try (Server server = contender.start()) {
            PerfTools.createTopic(server, TOPIC, 1);
            long[] nanos = run(server, RATE_PER_SECOND * (WARM_UP_SECONDS + scale.latencySeconds()));
            long[] measured = Arrays.copyOfRange(nanos, RATE_PER_SECOND * WARM_UP_SECONDS, nanos.length);
            Arrays.sort(measured);
            samples.add(Metric.less(name(), "p50", "ms"), Percentiles.millis(measured, 0.5));
            samples.add(Metric.less(name(), "p99", "ms"), Percentiles.millis(measured, 0.99));
            samples.add(Metric.less(name(), "p99.9", "ms"), Percentiles.millis(measured, 0.999));
        }
    }

    private static long[] run(Server server, int count) throws InterruptedException {
        long[] nanos = new long[count];
        CountDownLatch positioned = new CountDownLatch(1);
        Thread consumer = Thread.ofPlatform().name("consumer").start(() -> consume(server, nanos, positioned));
        positioned.await();
        produce(server, count);
        consumer.join(GIVE_UP_AFTER);
        if (consumer.isAlive()) {
            consumer.interrupt();
            throw new IllegalStateException("the consumer did not get " + count + " records");
        }
        return nanos;
    }

    private static void produce(Server server, int count) {
        Map<String, Object> config = Map.of("bootstrap.servers", server.bootstrapServers(), "linger.ms", 0);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.partitionsFor(TOPIC);
            long start = System.nanoTime();
            for (int i = 0; i < count; i++) {
                long due = start + i * 1_000_000_000L / RATE_PER_SECOND;
                for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                producer.send(new ProducerRecord<>(TOPIC, ByteBuffer.allocate(RECORD_BYTES).putLong(due).array()));
            }
        }
    }

    private static void consume(Server server, long[] nanos, CountDownLatch positioned) {
        Map<String, Object> config = Map.of("bootstrap.servers", server.bootstrapServers());
        TopicPartition partition = new TopicPartition(TOPIC, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            consumer.position(partition);
            positioned.countDown();
            for (int got = 0; got < nanos.length; ) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    nanos[got++] = System.nanoTime() - ByteBuffer.wrap(record.value()).getLong();
                }
            }
        }
    }
}
