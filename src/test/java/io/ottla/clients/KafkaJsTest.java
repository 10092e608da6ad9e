// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.ForeignPrograms;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** kafkajs, the client written in JavaScript alone. */
@ExtendWith(BrokerUnderTest.Extension.class)
class KafkaJsTest {

    private final Clients clients;

    KafkaJsTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void whatItProducesWithGzipJavaReadsAndItSeeksPausesAndResumes() {
        String topic = clients.topic("kafkajs", 1);
        List<String> lines = run("kafkajs_produce.js", clients.bootstrapServers(), topic, Clients.unique("kafkajs"), "500");
        assertEquals(List.of("sent 0 100", "sent 100 100", "sent 200 100", "sent 300 100", "sent 400 100",
                "after seek 250=250/250 499=499/499 250", "during pause 0", "done"), lines);
        var consumer = clients.consumer(null);
        consumer.assign(List.of(new TopicPartition(topic, 0)));
        assertEquals(IntStream.range(0, 500).mapToObj(Integer::toString).toList(), Clients.values(Clients.poll(consumer, 500)));
    }

    @Test
    void membersShareATopicAndWhenOneCrashesTheOthersGoOnWhereItHadCommitted() {
        String topic = clients.topic("kafkajs", 3);
        String group = Clients.unique("kafkajs");
        try (ChildProcess one = member(group, topic)) {
            one.awaitLine(Eventually.DEADLINE, "assigned 0,1,2"::equals);
            try (ChildProcess two = member(group, topic); ChildProcess three = member(group, topic)) {
                GroupMembers members = new GroupMembers(one, two, three);
                members.awaitShares(clients, group, 1, 1, 1);
                clients.sendNumbers(topic, 0, 0, 9);
                clients.sendNumbers(topic, 1, 10, 19);
                clients.sendNumbers(topic, 2, 20, 29);
                members.awaitCommitted(30);
                two.kill();
                three.terminate();
                assertEquals("closed", three.awaitLine(Eventually.DEADLINE, "closed"::equals));
                assertEquals(0, three.awaitExit(Eventually.DEADLINE));
                members.awaitShares(clients, group, 3);
                int before = one.output().size();
                clients.sendNumbers(topic, 0, 30, 39);
                clients.sendNumbers(topic, 1, 40, 49);
                clients.sendNumbers(topic, 2, 50, 59);
                for (int number = 30; number < 60; number++) {
                    String value = " " + number;
                    one.awaitLine(Eventually.DEADLINE, line -> line.startsWith("record") && line.endsWith(value));
                }
                List<String> after = one.output().subList(before, one.output().size());
                assertEquals(IntStream.range(30, 60).mapToObj(Integer::toString).collect(Collectors.toSet()), after.stream()
                        .filter(line -> line.startsWith("record")).map(line -> line.substring(line.lastIndexOf(' ') + 1)).collect(Collectors.toSet()), after::toString);
                assertTrue(members.output().stream().noneMatch(line -> line.startsWith("crashed")), members::toString);
            }
        }
    }

    private ChildProcess member(String group, String topic) {
        return ForeignPrograms.node("kafkajs_member.js", clients.bootstrapServers(), group, topic);
    }

    @Test
    void itsAdminClientWalksATopicAndAGroupFromCreationToDeletion() {
        assertEquals(List.of("created true", "created again false", "partitions 3", "listed true", "retention 3600000", "retention 7200000",
                        "brokers 1 true", "offsets 0-10 0-0 0-0", "by time 0-3 0-0 0-0", "offsets 4-10 0-0 0-0",
                        "group Stable 1 RoundRobinAssigner", "committed 10 -1 -1", "set 7 -1 -1",
                        "listed true", "deleted 0", "listed false", "listed false"),
                run("kafkajs_admin.js", clients.bootstrapServers(), Clients.unique("kafkajs"), Clients.unique("kafkajs")));
    }

    @Test
    void itsTransactionsMoveRecordsAndOffsetsTogether() {
        TransactionalCopy copy = new TransactionalCopy(clients, "kafkajs", 120);
        copy.check(run("kafkajs_transactions.js", clients.bootstrapServers(), copy.group(), copy.source(), copy.target(), "120"));
    }

    private static List<String> run(String script, String... arguments) {
        try (ChildProcess node = ForeignPrograms.node(script, arguments)) {
            return node.awaitSuccess(Eventually.DEADLINE);
        }
    }
}
