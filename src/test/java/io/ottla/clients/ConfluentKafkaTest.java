// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.ForeignPrograms;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Python's confluent-kafka, and by it librdkafka. */
@ExtendWith(BrokerUnderTest.Extension.class)
class ConfluentKafkaTest {

    private final Clients clients;

    ConfluentKafkaTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void aConsumerWithTwoOfThreeBootstrapServersDownReadsToTheEndsAndCloses() {
        String topic = clients.topic("confluent", 3);
        String group = Clients.unique("confluent");
        for (int partition = 0; partition < 3; partition++) {
            clients.sendNumbers(topic, partition, partition * 100, partition * 100 + 9);
        }
        List<String> lines = run("confluent_consumer.py", "localhost:1,localhost:2," + clients.bootstrapServers(), group, topic, "3");
        assertEquals("assigned 3", lines.getFirst());
        assertEquals(List.of("revoked 3", "closed"), lines.subList(lines.size() - 2, lines.size()));
        assertEquals(List.of("end 0 10", "end 1 10", "end 2 10"), lines.stream().filter(line -> line.startsWith("end")).sorted().toList());
        List<String> expected = new ArrayList<>();
        for (int partition = 0; partition < 3; partition++) {
            for (int i = 0; i < 10; i++) {
                int number = partition * 100 + i;
                expected.add("record " + partition + " " + i + " key-" + number + " " + number);
            }
        }
        assertEquals(expected, lines.stream().filter(line -> line.startsWith("record")).sorted().toList());

        clients.sendNumbers(topic, 0, 10, 10);
        List<String> second = run("confluent_consumer.py", clients.bootstrapServers(), group, topic, "3");
        assertEquals(List.of("record 0 10 key-10 10"), second.stream().filter(line -> line.startsWith("record")).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void whatItProducesJavaReads(String compression) {
        String topic = clients.topic("confluent", 1);
        List<String> lines = run("confluent_producer.py", clients.bootstrapServers(), topic, "0", "500",
                "enable.idempotence=true", "compression.type=" + compression, "linger.ms=20");
        assertEquals("left 0", lines.getLast());
        assertEquals(IntStream.range(0, 500).mapToObj(i -> "delivered 0 " + i + " " + i).toList(), lines.subList(0, 500));
        var consumer = clients.consumer(null);
        consumer.assign(List.of(new TopicPartition(topic, 0)));
        var records = Clients.poll(consumer, 500);
        assertEquals(IntStream.range(0, 500).mapToObj(Integer::toString).toList(), Clients.values(records));
        assertEquals("499", new String(records.getLast().headers().lastHeader("n").value()));
    }

    @Test
    void itsAdminClientWalksATopicAndAGroupFromCreationToDeletion() {
        assertEquals(List.of("partitions 3", "retention 3600000", "end 10", "group STABLE 1", "committed [(0, 10)]",
                        "listed True", "listed False", "deleted"),
                run("confluent_admin.py", clients.bootstrapServers(), Clients.unique("confluent"), Clients.unique("confluent")));
    }

    @Test
    void itsTransactionsMoveRecordsAndOffsetsTogether() {
        TransactionalCopy copy = new TransactionalCopy(clients, "confluent", 120);
        copy.check(run("confluent_transactions.py", clients.bootstrapServers(), copy.group(), copy.source(), copy.target(), "120"));
    }

    /** As it is with Apache Kafka 4.4.0. */
    @Test
    void aReplacedProducerAndOneThatIsTooSlowAreFenced() {
        String topic = clients.topic("fencing", 1);
        assertEquals(List.of("commit of the new one went well", "commit of the old one _FENCED fatal", "abort of the old one _FENCED fatal",
                        "stable end 6", "commit of the late one _FENCED fatal",
                        "abort went well", "commit went well", "commit went well", "commit went well", "read alive, steady 0, steady 1, steady 2"),
                run("confluent_fencing.py", clients.bootstrapServers(), Clients.unique("confluent"), topic, "120"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void itsGroupsShareLeaveComeBackAndFollowAnExpression(String protocol) {
        assertEquals(List.of("read 4", "shared +4 set()", "returned True []", "left", "matched ['-x-a', '-x-b']"),
                run("confluent_groups.py", clients.bootstrapServers(), protocol, Clients.unique("confluent-" + protocol)));
    }

    private static List<String> run(String script, String... arguments) {
        try (ChildProcess python = ForeignPrograms.python("confluent_kafka", script, arguments)) {
            List<String> lines = python.awaitSuccess(Eventually.DEADLINE);
            assertTrue(!lines.isEmpty(), "no output");
            return lines;
        }
    }
}
