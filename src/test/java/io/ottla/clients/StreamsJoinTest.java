// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.testkit.BrokerProcess;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.KafkaClassPath;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kafka Streams with {@code exactly_once_v2} joins streams and a table while the broker beneath it and the application itself are killed with
 * {@code kill -9}. {@code -Dottla.crash.rounds=N} kills them more often.
 */
class StreamsJoinTest {
    private static final int ROUNDS = Integer.getInteger("ottla.crash.rounds", 3);
    private static final int KEYS_A_ROUND = 100;
    private static final int PARTITIONS = 2;

    @TempDir
    private Path data;

    @Test
    void everyPairIsJoinedOnceThoughBrokerAndApplicationAreKilled() {
        try (BrokerProcess broker = new BrokerProcess(data, "group.initial.rebalance.delay.ms=0", "transaction.abort.timed.out.transaction.cleanup.interval.ms=200")) {
            broker.start();
            broker.awaitReady();
            try (Clients clients = new Clients(broker.bootstrapServers())) {
                run(broker, clients);
            }
        }
    }

    private static void run(BrokerProcess broker, Clients clients) {
        String[] topics = {clients.topic("left", PARTITIONS), clients.topic("right", PARTITIONS), clients.topic("table", PARTITIONS), clients.topic("joined", 1)};
        KafkaConsumer<String, String> reader = clients.consumer(null, Map.of("isolation.level", "read_committed"));
        reader.assign(List.of(new TopicPartition(topics[3], 0)));
        List<String> joined = new ArrayList<>();
        send(clients, topics[2], 0, ROUNDS + 1, "t");
        ChildProcess application = start(broker, topics);
        try {
            for (int round = 0; round <= ROUNDS; round++) {
                send(clients, topics[0], round, round + 1, "l");
                send(clients, topics[1], round, round + 1, "r");
                boolean last = round == ROUNDS;
                await(reader, joined, round * KEYS_A_ROUND + (last ? KEYS_A_ROUND : 1));
                if (!last && round % 3 == 1) {
                    application.close();
                    application = start(broker, topics);
                } else if (!last) {
                    broker.kill();
                    broker.start();
                    broker.awaitReady();
                }
            }
        } finally {
            application.close();
        }
        joined.addAll(Clients.values(Clients.pollFor(reader, Duration.ofMillis(500))));
        List<String> expected = IntStream.range(0, (ROUNDS + 1) * KEYS_A_ROUND).mapToObj(i -> "l" + i + "+r" + i + "+t" + i).sorted().toList();
        assertEquals(expected, joined.stream().sorted().toList());
    }

    private static ChildProcess start(BrokerProcess broker, String[] topics) {
        List<String> arguments = new ArrayList<>(List.of(broker.bootstrapServers(), "joins"));
        arguments.addAll(List.of(topics));
        return ChildProcess.java(KafkaClassPath.STREAMS.get(), "src/test/clients/java/Joins.java", List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"), arguments);
    }

    private static void send(Clients clients, String topic, int fromRound, int toRound, String prefix) {
        KafkaProducer<String, String> producer = clients.producer(Map.of("linger.ms", "0"));
        for (int i = fromRound * KEYS_A_ROUND; i < toRound * KEYS_A_ROUND; i++) {
            producer.send(new ProducerRecord<>(topic, "k" + i, prefix + i));
        }
        producer.flush();
    }

    private static void await(KafkaConsumer<String, String> reader, List<String> joined, int atLeast) {
        Eventually.until(() -> atLeast + " matches, got " + joined.size(), () -> {
            reader.poll(Duration.ofMillis(100)).forEach(record -> joined.add(record.value()));
            return joined.size() >= atLeast;
        });
    }
}
