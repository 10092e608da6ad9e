// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.broker.Ottla;
import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import io.ottla.testkit.RawClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Kafka's own {@code kafka-transactions} tool. */
@ExtendWith(BrokerUnderTest.Extension.class)
class TransactionsToolTest {
    private static final String TOOL = "org.apache.kafka.tools.TransactionsCommand";
    /** Longer than it takes to start a few tools on a busy machine. */
    private static final String PATIENT_MS = "600000";

    private final Clients clients;

    TransactionsToolTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    private List<String> run(String... arguments) {
        return runAt(new String[] {"--bootstrap-server", clients.bootstrapServers()}, arguments);
    }

    private static List<String> runAt(String[] broker, String... arguments) {
        return KafkaTools.run(TOOL, Stream.concat(Stream.of(broker), Stream.of(arguments)).toArray(String[]::new));
    }

    private static void assertLine(List<String> output, String... words) {
        assertTrue(output.stream().anyMatch(line -> List.of(line.strip().split("\\s+")).containsAll(List.of(words))),
                () -> "no line with " + List.of(words) + " in\n" + String.join("\n", output));
    }

    @Test
    void listsDescribesAndAborts() {
        String topic = clients.topic("tool", 1);
        String id = Clients.unique("tx");
        KafkaProducer<String, String> producer = clients.producer(Map.of("transactional.id", id, "transaction.timeout.ms", PATIENT_MS));
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
        reader.assign(List.of(new TopicPartition(topic, 0)));
        clients.sendNumbers(topic, 0, 1, 1);
        assertTrue(Clients.values(Clients.poll(reader, 1)).equals(List.of("1")));
        assertTrue(Clients.pollFor(reader, Duration.ofMillis(100)).isEmpty());
    }

    @Test
    void findsNothingHanging() {
        String topic = clients.topic("hanging", 1);
        KafkaProducer<String, String> producer = clients.producer(Map.of("transactional.id", Clients.unique("tx"), "transaction.timeout.ms", PATIENT_MS));
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, "open"));
        producer.flush();
        List<String> found = run("find-hanging", "--topic", topic, "--max-transaction-timeout", "0");
        assertTrue(found.stream().noneMatch(line -> line.contains(topic)), () -> String.join("\n", found));
        producer.commitTransaction();
    }

    @Test
    void listsByPatternAndDurationAndTerminates() {
        String topic = clients.topic("terminated", 1);
        String id = Clients.unique("tx");
        KafkaProducer<String, String> producer = clients.producer(Map.of("transactional.id", id, "transaction.timeout.ms", PATIENT_MS));
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, "open"));
        producer.flush();
        assertLine(run("list", "--duration-filter", "0", "--transactional-id-pattern", id.substring(0, id.length() - 2) + ".*"), id, "Ongoing");
        assertTrue(run("list", "--duration-filter", "3600000", "--transactional-id-pattern", id).stream().noneMatch(line -> line.contains(id)));
        run("forceTerminateTransaction", "--transactionalId", id);
        assertThrows(KafkaException.class, producer::commitTransaction);
        var reader = clients.consumer(null, Map.of("isolation.level", "read_committed"));
        reader.assign(List.of(new TopicPartition(topic, 0)));
        clients.sendNumbers(topic, 0, 1, 1);
        assertEquals(List.of("1"), Clients.values(Clients.poll(reader, 1)));
    }

    /** A transaction that no coordinator knows of, as brokers that did not verify could leave one, is found and ended. */
    @Test
    void findsAndAbortsWhatHangs() {
        try (Ottla broker = Ottla.startTemporary(Map.of("transaction.partition.verification.enable", "false"));
                Clients there = new Clients(broker.bootstrapServers());
                RawClient raw = RawClient.connect(broker.bootstrapServers())) {
            String topic = there.topic("hangs", 1);
            long hoursAgoMs = System.currentTimeMillis() - Duration.ofHours(2).toMillis();
            MemoryRecords batch = MemoryRecords.withTransactionalRecords(Compression.NONE, 4711, (short) 3, 0, new SimpleRecord(hoursAgoMs, "hangs".getBytes(StandardCharsets.UTF_8)));
            ProduceRequestData request = new ProduceRequestData().setTransactionalId("nobody").setAcks((short) -1).setTimeoutMs(10_000);
            TopicProduceData data = new TopicProduceData().setName(topic);
            data.partitionData().add(new PartitionProduceData().setIndex(0).setRecords(batch));
            request.topicData().add(data);
            ProduceResponseData answer = raw.call(request, 11, ProduceResponseData.class);
            assertEquals(0, answer.responses().iterator().next().partitionResponses().getFirst().errorCode());
            there.sendNumbers(topic, 0, 1, 1);
            String[] here = {"--bootstrap-server", broker.bootstrapServers()};
            assertLine(runAt(here, "find-hanging", "--broker-id", "1"), topic, "0", "4711", "3");
            assertLine(runAt(here, "describe-producers", "--topic", topic, "--partition", "0"), "4711", "3");
            runAt(here, "abort", "--topic", topic, "--partition", "0", "--producer-id", "4711", "--producer-epoch", "3", "--coordinator-epoch", "0");
            assertTrue(runAt(here, "find-hanging", "--topic", topic).stream().noneMatch(line -> line.contains("4711")));
            var reader = there.consumer(null, Map.of("isolation.level", "read_committed"));
            reader.assign(List.of(new TopicPartition(topic, 0)));
            assertEquals(List.of("1"), Clients.values(Clients.poll(reader, 1)));
        }
    }
}
