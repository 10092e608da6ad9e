// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.ForeignPrograms;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** kafka-python, the client written in Python alone. */
@ExtendWith(BrokerUnderTest.Extension.class)
class KafkaPythonTest {

    private final Clients clients;

    KafkaPythonTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void whatItProducesKafkasConsoleConsumerReads() {
        String topic = clients.topic("kafka-python", 1);
        assertEquals(List.of("sent 20"), run("kafka_python_producer.py", clients.bootstrapServers(), topic, "10"));
        List<String> lines = KafkaTools.run("org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", clients.bootstrapServers(),
                "--topic", topic, "--from-beginning", "--max-messages", "20", "--timeout-ms", Long.toString(Eventually.DEADLINE.toMillis()),
                "--formatter-property", "print.key=true", "--formatter-property", "key.separator==");
        assertEquals(IntStream.range(0, 20).mapToObj(i -> (i < 10 ? "key-" + i : "null") + "=value-" + i).toList(), lines);
    }

    @Test
    void itsConsumerResumesWhereAutoCommitStopped() {
        String topic = clients.topic("kafka-python", 1);
        String group = Clients.unique("kafka-python");
        clients.sendNumbers(topic, 0, 0, 9);
        assertEquals(expected(topic, 0, 9), run("kafka_python_consumer.py", clients.bootstrapServers(), group, topic, "10"));
        clients.sendNumbers(topic, 0, 10, 14);
        assertEquals(expected(topic, 10, 14), run("kafka_python_consumer.py", clients.bootstrapServers(), group, topic, "5"));
    }

    @Test
    void itsAdminClientWalksATopicAndAGroupFromCreationToDeletion() {
        assertEquals(List.of("listed True", "partitions 2", "end 10", "committed 10", "deleted"),
                run("kafka_python_admin.py", clients.bootstrapServers(), Clients.unique("kafka-python"), Clients.unique("kafka-python")));
    }

    private static List<String> expected(String topic, int first, int last) {
        return Stream.concat(
                IntStream.rangeClosed(first, last).mapToObj(i -> "record " + topic + " 0 " + i + " key-" + i + " " + i),
                Stream.of("closed")).toList();
    }

    private static List<String> run(String script, String... arguments) {
        try (ChildProcess python = ForeignPrograms.python("kafka", script, arguments)) {
            return python.awaitSuccess(Eventually.DEADLINE);
        }
    }
}
