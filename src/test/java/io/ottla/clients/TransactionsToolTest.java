// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Kafka's own {@code kafka-transactions} tool. */
@ExtendWith(BrokerUnderTest.Extension.class)
class TransactionsToolTest {
    private static final String TOOL = "org.apache.kafka.tools.TransactionsCommand";

    private final Clients clients;

    TransactionsToolTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    private List<String> run(String... arguments) {
        String[] all = new String[arguments.length + 2];
        all[0] = "--bootstrap-server";
        all[1] = clients.bootstrapServers();
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        return KafkaTools.run(TOOL, all);
    }

    private static void assertLine(List<String> output, String... words) {
        assertTrue(output.stream().anyMatch(line -> List.of(line.strip().split("\\s+")).containsAll(List.of(words))),
                () -> "no line with " + List.of(words) + " in\n" + String.join("\n", output));
    }

    @Test
    void listsDescribesAndAborts() {
        String topic = clients.topic("tool", 1);
        String id = Clients.unique("tx");
        KafkaProducer<String, String> producer = clients.producer(Map.of("transactional.id", id));
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, "open"));
        producer.flush();
        assertLine(run("list"), id, "Ongoing");
        assertLine(run("describe", "--transactional-id", id), id, "Ongoing", topic + "-0");
        List<String> producers = run("describe-producers", "--topic", topic, "--partition", "0");
        assertLine(producers, "0");
        run("abort", "--topic", topic, "--partition", "0", "--start-offset", "0");
        var reader = clients.consumer(null, Map.of("isolation.level", "read_committed"));
        reader.assign(List.of(new org.apache.kafka.common.TopicPartition(topic, 0)));
        clients.sendNumbers(topic, 0, 1, 1);
        assertTrue(Clients.values(Clients.poll(reader, 1)).equals(List.of("1")));
        assertTrue(Clients.pollFor(reader, Duration.ofMillis(100)).isEmpty());
    }

    @Test
    void findsNothingHanging() {
        String topic = clients.topic("hanging", 1);
        KafkaProducer<String, String> producer = clients.producer(Map.of("transactional.id", Clients.unique("tx")));
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, "open"));
        producer.flush();
        List<String> found = run("find-hanging", "--topic", topic, "--max-transaction-timeout", "0");
        assertTrue(found.stream().noneMatch(line -> line.contains(topic)), () -> String.join("\n", found));
        producer.commitTransaction();
    }
}
