// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One topic of three partitions among the members of one group, who come, leave and die. */
@ExtendWith(BrokerUnderTest.Extension.class)
class GroupMembershipTest {
    private static final int PARTITIONS = 3;

    private final Clients clients;
    private final Ownership ownership = new Ownership();
    private final List<Member> members = new ArrayList<>();
    private final String group = Clients.unique("members");
    private final String topic;

    GroupMembershipTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
        topic = clients.topic("members", PARTITIONS);
    }

    @AfterEach
    void leaveAll() {
        try (clients) {
            members.forEach(Member::close);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RangeAssignor", "RoundRobinAssignor", "StickyAssignor", "CooperativeStickyAssignor"})
    void everyPartitionHasOneOwnerWhileMembersComeAndGo(String assignor) {
        comeAndGo(Map.of("partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor, "heartbeat.interval.ms", "100"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"uniform", "range"})
    void everyPartitionHasOneOwnerInTheConsumerProtocolToo(String assignor) {
        comeAndGo(Map.of("group.protocol", "consumer", "group.remote.assignor", assignor));
    }

    @ParameterizedTest
    @ValueSource(strings = {"RangeAssignor", "CooperativeStickyAssignor"})
    void membersChangeTheProtocolOneByOneAndBack(String assignor) {
        Map<String, String> classic = Map.of("heartbeat.interval.ms", "100",
                "partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor);
        Map<String, String> modern = Map.of("group.protocol", "consumer");
        join("one", classic);
        join("two", classic);
        awaitShares(1, 2);
        int sent = 0;
        for (Map<String, String> next : List.of(modern, modern, classic, classic)) {
            send(sent, sent + 99);
            sent += 100;
            leave(members.getFirst());
            join("member-" + sent, next);
            awaitShares(1, 2);
        }
        awaitEveryRecord(sent);
        assertEquals(List.of(), ownership.violations());
    }

    @Test
    void membersWhoCommitAndLeaveHandOverWithoutRepeatingARecord() {
        Map<String, String> config = Map.of("heartbeat.interval.ms", "100");
        join("one", config);
        join("two", config);
        awaitShares(1, 2);
        send(0, 299);
        awaitEveryRecord(300);
        Member one = members.getFirst();
        leave(one);
        awaitShares(3);
        send(300, 599);
        Member two = members.getFirst();
        Eventually.until(() -> "600 records, got " + (one.received().size() + two.received().size()),
                () -> one.received().size() + two.received().size() >= 600);
        assertEquals(IntStream.range(0, 600).boxed().toList(), numbers(Stream.of(one, two)));
    }

    @Test
    void theSessionTimeoutMovesThePartitionsOfAMemberKilledWithSignal9() {
        send(0, 299);
        try (ChildProcess victim = ConsumerProcess.start(clients.bootstrapServers(), group, topic, true)) {
            victim.awaitLine(Eventually.DEADLINE, "assigned 3"::equals);
            victim.awaitLine(Eventually.DEADLINE, "committed"::equals);
            Eventually.until(() -> "all committed: " + committed(), () -> sum(committed()) == 300);
            victim.kill();
        }
        send(300, 599);
        Map<TopicPartition, Long> committed = committed();
        join("heir", Map.of("heartbeat.interval.ms", "500", "session.timeout.ms", "6000"));
        awaitShares(3);
        Eventually.until(() -> "the other 300 records", () -> members.getFirst().received().size() >= 300);
        assertEquals(IntStream.range(300, 600).boxed().toList(), numbers(members.stream()));
        assertEquals(committed, firstOffsets(members.getFirst()));
    }

    private void comeAndGo(Map<String, String> config) {
        join("one", config);
        awaitShares(3);
        send(0, 99);
        join("two", config);
        join("three", config);
        awaitShares(1, 1, 1);
        send(100, 199);
        join("four", config);
        awaitShares(0, 1, 1, 1);
        send(200, 299);
        leave(awaitOwner());
        awaitShares(1, 1, 1);
        send(300, 399);
        awaitEveryRecord(400);
        leave(members.getFirst());
        leave(members.getFirst());
        awaitShares(3);
        assertEquals(List.of(), ownership.violations());
    }

    private void join(String name, Map<String, ?> config) {
        members.add(new Member(clients, name, group, topic, config, ownership));
    }

    /** Some member that owns something, which for a moment none may do: the newcomer's rebalance can come after the shares looked right. */
    private Member awaitOwner() {
        AtomicReference<Member> owner = new AtomicReference<>();
        Eventually.until(() -> "a member that owns a partition", () -> {
            members.stream().filter(member -> !member.assigned().isEmpty()).findFirst().ifPresent(owner::set);
            return owner.get() != null;
        });
        return owner.get();
    }

    private void leave(Member member) {
        members.remove(member);
        member.leave();
    }

    /** Waits until the members own these numbers of partitions, in ascending order, and each partition has an owner. */
    private void awaitShares(Integer... shares) {
        Eventually.until(() -> "shares " + List.of(shares) + ", are " + members.stream().map(Member::assigned).toList(),
                () -> members.stream().map(member -> member.assigned().size()).sorted().toList().equals(List.of(shares))
                        && ownership.owners().size() == PARTITIONS);
    }

    private void awaitEveryRecord(int count) {
        Eventually.until(() -> count + " records committed, are " + committed(), () -> sum(committed()) == count);
    }

    /** Spreads the numbers evenly over the partitions. */
    private void send(int first, int last) {
        try (var producer = clients.producer()) {
            for (int i = first; i <= last; i++) {
                producer.send(new ProducerRecord<>(topic, i % PARTITIONS, null, Integer.toString(i)));
            }
        }
    }

    private Map<TopicPartition, Long> committed() {
        Map<TopicPartition, Long> offsets = new TreeMap<>(Comparator.comparing(TopicPartition::toString));
        Map<TopicPartition, OffsetAndMetadata> committed =
                Clients.await(clients.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        committed.forEach((partition, offset) -> offsets.put(partition, offset.offset()));
        return offsets;
    }

    private static long sum(Map<TopicPartition, Long> offsets) {
        return offsets.values().stream().mapToLong(Long::longValue).sum();
    }

    private static Map<TopicPartition, Long> firstOffsets(Member member) {
        Map<TopicPartition, Long> first = new TreeMap<>(Comparator.comparing(TopicPartition::toString));
        for (ConsumerRecord<String, String> record : member.received()) {
            first.merge(new TopicPartition(record.topic(), record.partition()), record.offset(), Math::min);
        }
        return first;
    }

    private static List<Integer> numbers(Stream<Member> members) {
        return members.flatMap(member -> member.received().stream()).map(record -> Integer.parseInt(record.value())).sorted().toList();
    }
}
