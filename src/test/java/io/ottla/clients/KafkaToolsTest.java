// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The command-line tools of an Apache Kafka distribution, as an operator uses them. */
@ExtendWith(BrokerUnderTest.Extension.class)
class KafkaToolsTest {
    private static final String TOPICS = "org.apache.kafka.tools.TopicCommand";
    private static final String CONSOLE_PRODUCER = "org.apache.kafka.tools.ConsoleProducer";
    private static final String CONSOLE_CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer";
    private static final String GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
    private static final String GET_OFFSETS = "org.apache.kafka.tools.GetOffsetShell";
    private static final String PRODUCER_PERFORMANCE = "org.apache.kafka.tools.ProducerPerformance";
    private static final String CONSUMER_PERFORMANCE = "org.apache.kafka.tools.ConsumerPerformance";
    private static final String ELECTIONS = "org.apache.kafka.tools.LeaderElectionCommand";
    private static final String REASSIGNMENTS = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand";
    private static final String QUORUM = "org.apache.kafka.tools.MetadataQuorumCommand";
    private static final String FEATURES = "org.apache.kafka.tools.FeatureCommand";
    private static final String CLIENT_METRICS = "org.apache.kafka.tools.ClientMetricsCommand";
    private static final String API_VERSIONS = "org.apache.kafka.tools.BrokerApiVersionsCommand";
    /** Where the tools themselves wait five or ten seconds. */
    private static final String PATIENT_MS = Long.toString(Eventually.DEADLINE.toMillis());

    private final Clients clients;

    KafkaToolsTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void topicsAreCreatedWithAWarningListedDescribedGrownAndDeleted() {
        String topic = Clients.unique("tools.under_score");
        List<String> created = run(TOPICS, "--create", "--topic", topic, "--partitions", "2", "--config", "retention.ms=3600000");
        assertEquals(List.of("WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide."
                + " To avoid issues it is best to use either, but not both.", "Created topic " + topic + "."), created);
        clients.awaitLeaders(topic, 2);
        assertTrue(run(TOPICS, "--list").contains(topic));
        assertEquals(List.of(), run(TOPICS, "--alter", "--topic", topic, "--partitions", "3"));
        clients.awaitLeaders(topic, 3);
        List<String> described = run(TOPICS, "--describe", "--topic", topic);
        assertTrue(described.getFirst().matches("Topic: \\S+\\s+TopicId: \\S+\\s+PartitionCount: 3\\s+ReplicationFactor: 1\\s+Configs: .*retention.ms=3600000.*"),
                described.getFirst());
        assertEquals(4, described.size());
        assertTrue(described.getLast().matches("\\s+Topic: \\S+\\s+Partition: 2\\s+Leader: \\d+\\s+Replicas: \\d+\\s+Isr: \\d+.*"), described.getLast());
        assertEquals(List.of(), run(TOPICS, "--delete", "--topic", topic));
    }

    @Test
    void aGroupOfTheConsoleConsumerIsListedDescribedWithLagResetAndDeleted() {
        String topic = clients.topic("tools", 1);
        String group = Clients.unique("tools");
        try (ChildProcess producer = start(CONSOLE_PRODUCER, "--topic", topic, "--reader-property", "parse.key=true",
                "--reader-property", "key.separator=:")) {
            producer.feed("k1:v1\nk2:v2\nk3:v3\n").awaitSuccess(Eventually.DEADLINE);
        }
        assertEquals(List.of("CreateTime:T\tOffset:0\tk1\tv1", "CreateTime:T\tOffset:1\tk2\tv2", "CreateTime:T\tOffset:2\tk3\tv3"),
                run(CONSOLE_CONSUMER, "--topic", topic, "--from-beginning", "--group", group, "--max-messages", "3", "--timeout-ms", PATIENT_MS,
                        "--formatter-property", "print.key=true", "--formatter-property", "print.offset=true", "--formatter-property", "print.timestamp=true")
                        .stream().filter(line -> line.contains("Offset")).map(line -> line.replaceAll("CreateTime:\\d+", "CreateTime:T")).toList());
        clients.sendNumbers(topic, 0, 3, 6);
        assertTrue(groups("--list").contains(group));
        assertEquals(List.of(group, topic, "0", "3", "7", "4"), row(groups("--describe", "--group", group), group).subList(0, 6));
        assertEquals(List.of(group, topic, "0", "1"),
                row(groups("--reset-offsets", "--to-offset", "1", "--execute", "--topic", topic, "--group", group), group));
        assertEquals(List.of(group, topic, "0", "1", "7", "6"), row(groups("--describe", "--group", group), group).subList(0, 6));
        assertEquals(List.of("Deletion of requested consumer groups ('" + group + "') was successful."), groups("--delete", "--group", group));
    }

    @Test
    void thePerformanceToolsRunAndTheOffsetsAreRight() {
        String topic = clients.topic("tools", 2);
        List<String> produced = run(PRODUCER_PERFORMANCE, "--topic", topic, "--num-records", "2000", "--record-size", "100", "--throughput", "-1");
        assertTrue(produced.getLast().startsWith("2000 records sent, "), produced.getLast());
        List<String> consumed = run(CONSUMER_PERFORMANCE, "--topic", topic, "--num-records", "2000", "--timeout", PATIENT_MS);
        assertEquals("2000", consumed.getLast().split(", ")[4], consumed.toString());
        int total = run(GET_OFFSETS, "--topic", topic).stream().mapToInt(line -> Integer.parseInt(line.split(":")[2])).sum();
        assertEquals(2_000, total);
        assertEquals(List.of(topic + ":0:0", topic + ":1:0"), run(GET_OFFSETS, "--topic", topic, "--time", "earliest"));
    }

    @Test
    void theApiVersionsAreShown(@TempDir Path directory) throws IOException {
        Path config = Files.writeString(directory.resolve("config"), "request.timeout.ms=" + PATIENT_MS);
        List<String> lines = run(API_VERSIONS, "--command-config", config.toString());
        assertTrue(lines.getFirst().startsWith(clients.bootstrapServers() + " (id: "), lines.getFirst());
        assertTrue(lines.contains("\tProduce(0): 0 to 13 [usable: 13],"), lines::toString);
    }

    @Test
    void leadersAndReplicasStayWhereTheyAre(@TempDir Path directory) throws IOException {
        String topic = clients.topic("tools", 1);
        assertEquals(List.of("Valid replica already elected for partitions " + topic + "-0"),
                run(ELECTIONS, "--election-type", "preferred", "--topic", topic, "--partition", "0"));
        Path plan = Files.writeString(directory.resolve("plan.json"),
                "{\"version\": 1, \"partitions\": [{\"topic\": \"" + topic + "\", \"partition\": 0, \"replicas\": [" + nodeId() + "]}]}");
        List<String> executed = run(REASSIGNMENTS, "--execute", "--reassignment-json-file", plan.toString());
        assertEquals("Successfully started partition reassignment for " + topic + "-0", executed.getLast());
        List<String> verified = run(REASSIGNMENTS, "--verify", "--reassignment-json-file", plan.toString());
        assertTrue(verified.contains("Reassignment of partition " + topic + "-0 is completed."), verified::toString);
    }

    @Test
    void theClusterIsOneVoterWithItsFeatures() {
        assertTrue(run(QUORUM, "describe", "--status").contains("LeaderId:               " + nodeId()));
        assertTrue(run(FEATURES, "describe").stream().anyMatch(line -> line.matches("Feature: transaction.version\\s.*FinalizedVersionLevel: 2\\s.*")));
    }

    @Test
    void subscriptionsToClientMetricsAreKeptAndForgotten() {
        String name = Clients.unique("tools");
        assertEquals(List.of("Altered client metrics config for " + name + "."),
                run(CLIENT_METRICS, "--alter", "--name", name, "--metrics", "org.apache.kafka.producer.", "--interval", "30000"));
        assertEquals(List.of("Client metrics configs for " + name + " are:", "  interval.ms=30000", "  metrics=org.apache.kafka.producer."),
                run(CLIENT_METRICS, "--describe", "--name", name).stream().filter(line -> !line.contains("match=")).toList());
        assertEquals(List.of("Deleted client metrics config for " + name + "."), run(CLIENT_METRICS, "--delete", "--name", name));
    }

    private int nodeId() {
        return Clients.await(clients.admin().describeCluster().controller()).id();
    }

    private List<String> run(String tool, String... arguments) {
        return KafkaTools.run(tool, withServer(arguments));
    }

    private List<String> groups(String... arguments) {
        return run(GROUPS, Stream.concat(Stream.of(arguments), Stream.of("--timeout", PATIENT_MS)).toArray(String[]::new));
    }

    private ChildProcess start(String tool, String... arguments) {
        return KafkaTools.start(tool, withServer(arguments));
    }

    private String[] withServer(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--bootstrap-server", clients.bootstrapServers()));
        all.addAll(List.of(arguments));
        return all.toArray(String[]::new);
    }

    /** The words of the line that starts with the group's name. */
    private static List<String> row(List<String> table, String group) {
        return table.stream().filter(line -> line.startsWith(group)).map(line -> List.of(line.trim().split("\\s+"))).findFirst()
                .orElseThrow(() -> new AssertionError("no row of " + group + " in " + table));
    }
}
