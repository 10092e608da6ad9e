// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerProcess;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.KafkaClassPath;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.StreamsGroupDescription;
import org.apache.kafka.clients.admin.StreamsGroupMemberDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kafka Streams with {@code group.protocol=streams} (KIP-1071), on a broker that can be killed. */
class StreamsGroupTest {
    private static final int WORDS = 3;
    private static final int EACH = 40;

    @TempDir
    private Path data;
    private BrokerProcess broker;
    private Clients clients;

    @BeforeEach
    void start() {
        broker = new BrokerProcess(data, "group.streams.min.session.timeout.ms=3000", "group.streams.session.timeout.ms=5000",
                "group.streams.min.heartbeat.interval.ms=100", "group.streams.heartbeat.interval.ms=300",
                "group.streams.initial.rebalance.delay.ms=500", "group.streams.num.standby.replicas=1");
        broker.start();
        broker.awaitReady();
        clients = new Clients(broker.bootstrapServers());
    }

    @AfterEach
    void close() {
        clients.close();
        broker.close();
    }

    @Test
    void everyWordIsCountedOnceWhileInstancesComeAndGoAndTheBrokerDies() {
        String application = Clients.unique("words");
        String in = clients.topic("words-in", 4);
        String out = clients.topic("words-out", 1);
        KafkaConsumer<String, String> reader = clients.consumer(null, Map.of("isolation.level", "read_committed"));
        reader.assign(List.of(new TopicPartition(out, 0)));
        Map<String, List<String>> counts = new HashMap<>();
        try (ChildProcess first = start(application, in, out)) {
            sendAndRead(in, reader, counts, 1);
            try (ChildProcess second = start(application, in, out)) {
                awaitMembers(application, 2);
                sendAndRead(in, reader, counts, 2);
                broker.kill();
                broker.start();
                broker.awaitReady();
                sendAndRead(in, reader, counts, 3);
                first.kill();
                awaitMembers(application, 1);
                sendAndRead(in, reader, counts, 4);
                try (ChildProcess third = start(application, in, out)) {
                    awaitMembers(application, 2);
                    second.terminate();
                    second.awaitExit(Eventually.DEADLINE);
                    awaitMembers(application, 1);
                    sendAndRead(in, reader, counts, 5);
                    assertTrue(tool("--describe", "--group", application, "--members", "--verbose").contains("ACTIVE: 0:[0,1,2,3]; 1:[0,1,2,3]"));
                    third.terminate();
                    third.awaitExit(Eventually.DEADLINE);
                }
            }
        }
        assertTrue(tool("--list", "--state").contains("Empty"));
        assertTrue(tool("--delete-offsets", "--group", application, "--input-topic", in).contains("Successful"));
        assertTrue(tool("--delete", "--group", application).contains("was successful"));
        assertEquals("", tool("--list"));
        List<String> expected = IntStream.rangeClosed(1, 5 * EACH).mapToObj(Integer::toString).toList();
        assertEquals(Map.of("w0", expected, "w1", expected, "w2", expected), counts);
    }

    /** What kafka-streams-groups prints. */
    private String tool(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--bootstrap-server", clients.bootstrapServers(), "--timeout", Long.toString(Eventually.DEADLINE.toMillis())));
        all.addAll(List.of(arguments));
        return String.join("\n", KafkaTools.run("org.apache.kafka.tools.streams.StreamsGroupCommand", all.toArray(String[]::new)));
    }

    private ChildProcess start(String application, String in, String out) {
        return ChildProcess.java(KafkaClassPath.STREAMS.get(), "src/test/clients/java/WordCount.java", List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
                List.of(clients.bootstrapServers(), application, in, out, "group.protocol=streams", "main.consumer.group.instance.id=", "replication.factor=",
                        "commit.interval.ms=100"));
    }

    private void awaitMembers(String application, int count) {
        StreamsGroupDescription[] seen = new StreamsGroupDescription[1];
        Eventually.until(() -> count + " members at their target, got " + seen[0], () -> {
            seen[0] = Clients.await(clients.admin().describeStreamsGroups(Set.of(application)).all()).get(application);
            return seen[0].groupState() == GroupState.STABLE && seen[0].members().size() == count
                    && seen[0].members().stream().noneMatch(StreamsGroupTest::isIdle);
        });
    }

    private static boolean isIdle(StreamsGroupMemberDescription member) {
        return member.assignment().activeTasks().isEmpty();
    }

    private void sendAndRead(String topic, KafkaConsumer<String, String> reader, Map<String, List<String>> counts, int round) {
        KafkaProducer<String, String> producer = clients.producer(Map.of("linger.ms", "0", "batch.size", "200"));
        for (int i = 0; i < EACH; i++) {
            for (int word = 0; word < WORDS; word++) {
                producer.send(new ProducerRecord<>(topic, i % 4, null, "w" + word));
            }
        }
        producer.flush();
        int atLeast = round * WORDS * EACH;
        Eventually.until(() -> atLeast + " counts, got " + counts, () -> {
            reader.poll(Duration.ofMillis(100)).forEach(record -> counts.computeIfAbsent(record.key(), word -> new ArrayList<>()).add(record.value()));
            return counts.values().stream().mapToInt(List::size).sum() >= atLeast;
        });
    }
}
