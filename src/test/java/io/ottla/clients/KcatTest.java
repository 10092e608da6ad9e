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
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** kcat, the command-line program that many people reach for first. */
@ExtendWith(BrokerUnderTest.Extension.class)
class KcatTest {

    private final Clients clients;

    KcatTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void itProducesAndConsumesKeysHeadersAndOffsets() {
        String topic = clients.topic("kcat", 1);
        try (ChildProcess producer = kcat("-P", "-t", topic, "-p", "0", "-K", "=", "-H", "origin=kcat", "-z", "lz4")) {
            producer.feed("a=1\nb=2\nc=3\n").awaitSuccess(Eventually.DEADLINE);
        }
        assertEquals(List.of("0 a=1 origin=kcat", "1 b=2 origin=kcat", "2 c=3 origin=kcat"),
                run("-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%o %k=%s %h\\n"));
        assertEquals(List.of("3"), run("-C", "-t", topic, "-p", "0", "-o", "-1", "-e", "-q", "-f", "%s\\n"));
    }

    @Test
    void itShowsMetadata() {
        String topic = clients.topic("kcat", 2);
        String all = String.join("\n", run("-L", "-t", topic));
        assertTrue(all.contains("1 brokers:"), all);
        assertTrue(all.contains("topic \"" + topic + "\" with 2 partitions:"), all);
    }

    @Test
    void itAsksForOffsetsByTime() {
        String topic = clients.topic("kcat", 1);
        try (var producer = clients.producer()) {
            for (int i = 0; i < 5; i++) {
                producer.send(new ProducerRecord<>(topic, 0, 1_700_000_000_000L + i * 1_000, null, "v"));
            }
        }
        assertEquals(List.of(topic + " [0] offset 3"), run("-Q", "-t", topic + ":0:1700000003000"));
        assertEquals(List.of(topic + " [0] offset 5"), run("-Q", "-t", topic + ":0:-1"));
        assertEquals(List.of(topic + " [0] offset 0"), run("-Q", "-t", topic + ":0:-2"));
    }

    @Test
    void twoOfThemShareATopicAsAGroupAndTheOneThatStaysTakesOver() {
        String topic = clients.topic("kcat", 2);
        String group = Clients.unique("kcat");
        try (ChildProcess one = member(group, topic)) {
            try (ChildProcess two = member(group, topic)) {
                awaitPartitions(group, 1, 1);
                clients.sendNumbers(topic, 0, 0, 4);
                clients.sendNumbers(topic, 1, 5, 9);
                one.awaitLine(Eventually.DEADLINE, line -> line.startsWith("record"));
                two.awaitLine(Eventually.DEADLINE, line -> line.startsWith("record"));
                awaitRecords(10, one, two);
                two.terminate();
                two.awaitExit(Eventually.DEADLINE);
            }
            awaitPartitions(group, 2);
            clients.sendNumbers(topic, 0, 10, 14);
            clients.sendNumbers(topic, 1, 15, 19);
            one.awaitLine(Eventually.DEADLINE, "record 14"::equals);
            one.awaitLine(Eventually.DEADLINE, "record 19"::equals);
        }
    }

    private static void awaitRecords(int count, ChildProcess... members) {
        Eventually.until(() -> count + " records", () -> {
            List<String> lines = new ArrayList<>();
            for (ChildProcess member : members) {
                lines.addAll(member.output().stream().filter(line -> line.startsWith("record")).toList());
            }
            return lines.stream().collect(Collectors.toSet())
                    .equals(IntStream.range(0, count).mapToObj(i -> "record " + i).collect(Collectors.toSet()));
        });
    }

    private void awaitPartitions(String group, Integer... shares) {
        Eventually.until(() -> "shares " + List.of(shares), () -> {
            var description = Clients.await(clients.admin().describeConsumerGroups(List.of(group)).describedGroups().get(group));
            return description.members().stream().map(member -> member.assignment().topicPartitions().size()).sorted().toList().equals(List.of(shares));
        });
    }

    private ChildProcess member(String group, String topic) {
        return kcat("-G", group, "-X", "auto.offset.reset=earliest", "-X", "heartbeat.interval.ms=200", "-u", "-f", "record %s\\n", topic);
    }

    private List<String> run(String... arguments) {
        try (ChildProcess kcat = kcat(arguments)) {
            return kcat.awaitSuccess(Eventually.DEADLINE);
        }
    }

    private ChildProcess kcat(String... arguments) {
        List<String> all = new ArrayList<>(List.of("-b", clients.bootstrapServers()));
        all.addAll(List.of(arguments));
        return ForeignPrograms.program("kcat", all.toArray(String[]::new));
    }
}
