// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two groups on one topic know nothing of each other. */
@ExtendWith(BrokerUnderTest.Extension.class)
class GroupIndependenceTest {
    private final Clients clients;

    GroupIndependenceTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void eachGroupReadsEverythingAndCommitsForItselfAlone() {
        String topic = clients.topic("groups", 1);
        String first = Clients.unique("first");
        String second = Clients.unique("second");
        TopicPartition partition = new TopicPartition(topic, 0);
        clients.sendNumbers(topic, 0, 0, 99);
        List<String> all = IntStream.range(0, 100).mapToObj(Integer::toString).toList();

        var a = clients.consumer(first);
        a.subscribe(List.of(topic));
        assertEquals(all, Clients.values(Clients.poll(a, 100)));
        a.commitSync();
        var b = clients.consumer(second);
        b.subscribe(List.of(topic));
        assertEquals(all, Clients.values(Clients.poll(b, 100)));
        b.commitSync(Map.of(partition, new OffsetAndMetadata(10)));

        assertEquals(100, committed(first, partition));
        assertEquals(10, committed(second, partition));
    }

    @Test
    void aRebalanceInOneGroupDoesNotTouchTheOther() {
        String topic = clients.topic("groups", 2);
        Ownership ownership = new Ownership();
        Ownership others = new Ownership();
        String name = Clients.unique("steady");
        var steady = new Member(clients, "steady", name, topic, Map.of("heartbeat.interval.ms", "100"), ownership);
        awaitAssigned(steady, 2);
        String generation = memberOf(name);
        String restless = Clients.unique("restless");
        for (int i = 0; i < 3; i++) {
            var guest = new Member(clients, "guest", restless, topic, Map.of(), others);
            awaitAssigned(guest, 2);
            guest.leave();
        }
        clients.sendNumbers(topic, 0, 0, 9);
        Eventually.until(() -> "10 records", () -> steady.received().size() == 10);
        assertEquals(generation, memberOf(name));
        assertEquals(2, steady.assigned().size());
        steady.leave();
    }

    private static void awaitAssigned(Member member, int partitions) {
        Eventually.until(() -> "assigned " + partitions, () -> member.assigned().size() == partitions);
    }

    private String memberOf(String group) {
        var description = Clients.await(clients.admin().describeConsumerGroups(List.of(group)).describedGroups().get(group));
        assertEquals(1, description.members().size());
        return description.members().iterator().next().consumerId();
    }

    private long committed(String group, TopicPartition partition) {
        return Clients.await(clients.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).get(partition).offset();
    }
}
