// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.ForeignPrograms;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** franz-go, the client written in Go alone, and its admin client kadm. */
@ExtendWith(BrokerUnderTest.Extension.class)
class FranzGoTest {

    private final Clients clients;

    FranzGoTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void whatItProducesWithEachCodecJavaReads() {
        String topic = clients.topic("franz-go", 1);
        assertEquals(IntStream.range(0, 500).mapToObj(i -> "delivered " + i + " " + i).toList(), run("produce", topic, "100"));
        var consumer = clients.consumer(null);
        consumer.assign(List.of(new TopicPartition(topic, 0)));
        var records = Clients.poll(consumer, 500);
        assertEquals(IntStream.range(0, 500).mapToObj(Integer::toString).toList(), Clients.values(records));
        assertEquals("499", new String(records.getLast().headers().lastHeader("n").value()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void membersShareATopicAndTheOneThatStaysGoesOnWhereTheOtherHadCommitted(String protocol) {
        String topic = clients.topic("franz-go", 4);
        String group = Clients.unique("franz-go");
        try (ChildProcess one = member(group, topic, protocol); ChildProcess two = member(group, topic, protocol)) {
            one.awaitLine(Eventually.DEADLINE, line -> line.startsWith("assigned"));
            GroupMembers members = new GroupMembers(one, two);
            members.awaitShares(clients, group, 2, 2);
            for (int partition = 0; partition < 4; partition++) {
                clients.sendNumbers(topic, partition, partition * 10, partition * 10 + 9);
            }
            members.awaitCommitted(40);
            two.terminate();
            two.awaitLine(Eventually.DEADLINE, "closed"::equals);
            assertEquals(0, two.awaitExit(Eventually.DEADLINE));
            members.awaitShares(clients, group, 4);
            int before = one.output().size();
            for (int partition = 0; partition < 4; partition++) {
                clients.sendNumbers(topic, partition, 40 + partition * 10, 49 + partition * 10);
            }
            members.awaitCommitted(80);
            List<String> after = one.output().subList(before, one.output().size());
            assertEquals(40, after.stream().filter(line -> line.startsWith("record")).distinct().count(), after::toString);
        }
    }

    private ChildProcess member(String group, String topic, String protocol) {
        return ForeignPrograms.franzGo("member", clients.bootstrapServers(), group, topic, protocol);
    }

    private void setGroupConfig(String group, String name, String value) {
        Clients.await(clients.admin().incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, group),
                List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)))).all());
    }

    @Test
    void itsTransactionsMoveRecordsAndOffsetsTogether() {
        TransactionalCopy copy = new TransactionalCopy(clients, "franz-go", 120);
        copy.check(run("transactions", copy.group(), copy.source(), copy.target(), "120"));
    }

    @Test
    void itsAdminClientWalksATopicAndAGroupFromCreationToDeletion() {
        assertEquals(List.of("created 2 1", "created again true", "partitions 3", "retention 7200000 DYNAMIC_TOPIC_CONFIG", "by time 3",
                        "offsets 4 10", "committed 7 by hand", "lag Empty 3", "listed true", "listed false", "deleted again true",
                        "deleted again true"),
                run("admin", Clients.unique("franz-go"), Clients.unique("franz-go")));
    }

    @Test
    void itsShareGroupMemberGetsReleasedRecordsAgainAndRejectedOnesNot() {
        String topic = clients.topic("franz-go", 1);
        String group = Clients.unique("franz-go");
        setGroupConfig(group, "share.auto.offset.reset", "earliest");
        clients.sendNumbers(topic, 0, 0, 34);
        List<String> lines = run("share", group, topic, "35");
        List<String> expected = new ArrayList<>();
        for (int offset = 0; offset < 35; offset++) {
            expected.add((offset % 5 == 0 ? "released " : offset % 7 == 0 ? "rejected " : "accepted ") + offset + " 1");
            if (offset % 5 == 0) {
                expected.add("accepted " + offset + " 2");
            }
        }
        assertEquals(expected.stream().sorted().toList(), lines.stream().sorted().toList());
        assertEquals(0, Clients.await(clients.admin().listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()))
                .partitionsToOffsetInfo(group)).values().stream().mapToLong(info -> info.lag().orElseThrow()).sum());
    }

    private List<String> run(String subcommand, String... arguments) {
        List<String> all = new ArrayList<>(List.of(clients.bootstrapServers()));
        all.addAll(List.of(arguments));
        try (ChildProcess program = ForeignPrograms.franzGo(subcommand, all.toArray(String[]::new))) {
            return program.awaitSuccess(Eventually.DEADLINE);
        }
    }
}
