// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.broker.BrokerConfig;
import io.ottla.broker.Ottla;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ShareGroupDescription;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Share groups as Apache Kafka's own share consumer sees them. */
class ShareConsumerTest {
    @TempDir
    private Path directory;

    private Ottla broker;
    private Clients clients;
    private String topic;
    private final List<KafkaShareConsumer<String, String>> consumers = new ArrayList<>();

    @BeforeEach
    void start() {
        broker = Ottla.start(config());
        clients = new Clients(broker.bootstrapServers());
        topic = clients.topic("share", 2);
    }

    private BrokerConfig config() {
        return BrokerConfig.of(Map.of(
                "listeners", "PLAINTEXT://localhost:0",
                "log.dirs", directory.toString(),
                "group.share.heartbeat.interval.ms", "500",
                "group.share.min.heartbeat.interval.ms", "500",
                "group.share.record.lock.duration.ms", "60000",
                "group.share.min.record.lock.duration.ms", "1000",
                "group.share.assignment.interval.ms", "0",
                "share.coordinator.state.topic.num.partitions", "1",
                "share.coordinator.state.topic.prune.interval.ms", "500"));
    }

    @AfterEach
    void stop() {
        consumers.forEach(consumer -> consumer.close(Eventually.DEADLINE));
        clients.close();
        broker.close();
    }

    private KafkaShareConsumer<String, String> consumer(String group, boolean explicit) {
        return consumer(group, explicit, 500);
    }

    private KafkaShareConsumer<String, String> consumer(String group, boolean explicit, int maxPollRecords) {
        setGroupConfig(group, "share.auto.offset.reset", "earliest");
        KafkaShareConsumer<String, String> consumer = new KafkaShareConsumer<>(Map.of(
                "bootstrap.servers", broker.bootstrapServers(),
                "group.id", group,
                "share.acknowledgement.mode", explicit ? "explicit" : "implicit",
                "max.poll.records", maxPollRecords,
                "key.deserializer", StringDeserializer.class.getName(),
                "value.deserializer", StringDeserializer.class.getName()));
        consumer.subscribe(Set.of(topic));
        consumers.add(consumer);
        return consumer;
    }

    private void setGroupConfig(String group, String name, String value) {
        Clients.await(clients.admin().incrementalAlterConfigs(Map.of(
                new ConfigResource(ConfigResource.Type.GROUP, group),
                List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)))).all());
    }

    private static List<ConsumerRecord<String, String>> poll(KafkaShareConsumer<String, String> consumer, int count) {
        List<ConsumerRecord<String, String>> got = new ArrayList<>();
        Eventually.until(() -> count + " records, there are " + got.size(), () -> {
            consumer.poll(Duration.ofMillis(200)).forEach(got::add);
            return got.size() >= count;
        });
        return got;
    }

    private static Set<String> values(List<ConsumerRecord<String, String>> records) {
        Set<String> values = new HashSet<>();
        records.forEach(record -> values.add(record.value()));
        return values;
    }

    @Test
    void everyRecordIsDeliveredAndImplicitlyAcknowledged() {
        clients.sendNumbers(topic, 0, 0, 99);
        clients.sendNumbers(topic, 1, 100, 199);
        KafkaShareConsumer<String, String> consumer = consumer("implicit", false);
        List<ConsumerRecord<String, String>> got = poll(consumer, 200);
        assertEquals(200, values(got).size());
        assertEquals(200, got.size());
        consumer.commitSync();
        assertEquals(0, lag("implicit"));
    }

    /** Batches smaller than the distance between two entries of the offset index, of which a fetch takes some. */
    @Test
    void aMemberThatWantsAFewOfManySmallBatchesGetsAllThatItLocks() {
        try (KafkaProducer<String, String> producer = clients.producer()) {
            for (int i = 0; i < 3_000; i++) {
                producer.send(new ProducerRecord<>(topic, 0, null, i + "x".repeat(50)));
                if (i % 25 == 24) {
                    producer.flush();
                }
            }
        }
        KafkaShareConsumer<String, String> consumer = consumer("few", false, 100);
        assertEquals(3_000, values(poll(consumer, 3_000)).size());
    }

    private long lag(String group) {
        return Clients.await(clients.admin().listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()))
                .partitionsToOffsetInfo(group)).values().stream().mapToLong(info -> info.lag().orElseThrow()).sum();
    }

    @Test
    void releasedRecordsComeAgainAndRejectedOnesDoNot() {
        clients.sendNumbers(topic, 0, 0, 2);
        KafkaShareConsumer<String, String> consumer = consumer("explicit", true);
        List<ConsumerRecord<String, String>> got = poll(consumer, 3);
        consumer.acknowledge(got.get(0), AcknowledgeType.ACCEPT);
        consumer.acknowledge(got.get(1), AcknowledgeType.RELEASE);
        consumer.acknowledge(got.get(2), AcknowledgeType.REJECT);
        consumer.commitSync();
        List<ConsumerRecord<String, String>> again = poll(consumer, 1);
        assertEquals(Set.of(got.get(1).value()), values(again));
        assertEquals((short) 2, again.getFirst().deliveryCount().orElseThrow());
        consumer.acknowledge(again.getFirst(), AcknowledgeType.ACCEPT);
        consumer.commitSync();
        assertTrue(consumer.poll(Duration.ofMillis(500)).isEmpty());
    }

    @Test
    void rejectedRecordsGoToTheDeadLetterTopic() {
        String dead = "dlq." + topic;
        Clients.await(clients.admin().createTopics(List.of(
                new NewTopic(dead, 1, (short) 1).configs(Map.of("errors.deadletterqueue.group.enable", "true")))).all());
        setGroupConfig("dead", "errors.deadletterqueue.topic.name", dead);
        setGroupConfig("dead", "errors.deadletterqueue.copy.record.enable", "true");
        clients.sendNumbers(topic, 1, 5, 5);
        KafkaShareConsumer<String, String> consumer = consumer("dead", true);
        ConsumerRecord<String, String> rejected = poll(consumer, 1).getFirst();
        consumer.acknowledge(rejected, AcknowledgeType.REJECT);
        consumer.commitSync();
        try (KafkaConsumer<String, String> reader = clients.consumer("reader", Map.of("auto.offset.reset", "earliest"))) {
            reader.subscribe(List.of(dead));
            ConsumerRecord<String, String> letter = Clients.poll(reader, 1).getFirst();
            assertEquals(rejected.value(), letter.value());
            Map<String, String> headers = new HashMap<>();
            letter.headers().forEach(header -> headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
            assertEquals(Map.of(
                    "__dlq.errors.topic", topic,
                    "__dlq.errors.partition", "1",
                    "__dlq.errors.offset", "0",
                    "__dlq.errors.group", "dead",
                    "__dlq.errors.delivery.count", "1",
                    "__dlq.errors.message", "Offset rejected by client."), headers);
        }
    }

    @Test
    void recordsOfAMemberThatLeavesGoToAnother() {
        clients.sendNumbers(topic, 0, 0, 9);
        KafkaShareConsumer<String, String> first = consumer("leaving", true);
        assertEquals(10, poll(first, 10).size());
        consumers.remove(first);
        first.close(Eventually.DEADLINE);
        assertEquals(10, poll(consumer("leaving", false), 10).size());
    }

    @Test
    void locksThatAreNotRenewedEnd() {
        topic = clients.topic("one-partition", 1);
        clients.sendNumbers(topic, 0, 0, 4);
        setGroupConfig("slow", "share.record.lock.duration.ms", "1000");
        KafkaShareConsumer<String, String> slow = consumer("slow", true);
        assertEquals(5, poll(slow, 5).size());
        List<ConsumerRecord<String, String>> again = poll(consumer("slow", false), 5);
        assertTrue(again.stream().allMatch(record -> record.deliveryCount().orElseThrow() == 2), again::toString);
    }

    @Test
    void whatWasAcknowledgedStaysSoAfterARestart() {
        clients.sendNumbers(topic, 0, 0, 9);
        KafkaShareConsumer<String, String> before = consumer("restart", true);
        List<ConsumerRecord<String, String>> got = poll(before, 10);
        got.subList(0, 4).forEach(record -> before.acknowledge(record, AcknowledgeType.ACCEPT));
        got.subList(4, 10).forEach(record -> before.acknowledge(record, AcknowledgeType.RELEASE));
        before.commitSync();
        restart();
        List<ConsumerRecord<String, String>> again = poll(consumer("restart", false), 6);
        assertEquals(values(got.subList(4, 10)), values(again));
    }

    @Test
    void theJournalOfDeliveriesIsShortenedAndNothingIsForgotten() {
        clients.sendNumbers(topic, 0, 0, 299);
        KafkaShareConsumer<String, String> before = consumer("pruned", true);
        List<ConsumerRecord<String, String>> got = poll(before, 300);
        for (ConsumerRecord<String, String> record : got.subList(1, 300)) {
            before.acknowledge(record, AcknowledgeType.ACCEPT);
            before.commitSync();
        }
        TopicPartition journal = new TopicPartition("__share_group_state", 0);
        try (KafkaConsumer<byte[], byte[]> reader = clients.bytesConsumer(Map.of())) {
            Eventually.until(() -> "a shorter journal", () -> reader.beginningOffsets(List.of(journal)).get(journal) > 0);
        }
        restart();
        assertEquals(Set.of(got.getFirst().value()), values(poll(consumer("pruned", false), 1)));
    }

    private void restart() {
        stopAll();
        clients.close();
        broker.close();
        broker = Ottla.start(config());
        clients = new Clients(broker.bootstrapServers());
    }

    @Test
    void manyMembersShareTheWorkWithoutSharingRecords() {
        List<KafkaShareConsumer<String, String>> members = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            members.add(consumer("many", false));
        }
        clients.sendNumbers(topic, 0, 0, 499);
        clients.sendNumbers(topic, 1, 500, 999);
        List<ConsumerRecord<String, String>> got = new ArrayList<>();
        Eventually.until(() -> "1000 records, there are " + got.size(), () -> {
            members.forEach(member -> member.poll(Duration.ofMillis(50)).forEach(got::add));
            return got.size() >= 1000;
        });
        assertEquals(1000, got.size());
        assertEquals(1000, values(got).size());
    }

    @Test
    void theGroupIsDescribedListedAltered() {
        clients.sendNumbers(topic, 0, 0, 9);
        KafkaShareConsumer<String, String> consumer = consumer("described", false);
        poll(consumer, 10);
        consumer.commitSync();
        ShareGroupDescription description = Clients.await(clients.admin().describeShareGroups(Set.of("described")).all()).get("described");
        assertEquals(GroupState.STABLE, description.groupState());
        assertEquals(2, description.members().iterator().next().assignment().topicPartitions().size());
        consumers.remove(consumer);
        consumer.close(Eventually.DEADLINE);
        TopicPartition partition = new TopicPartition(topic, 0);
        Clients.await(clients.admin().alterShareGroupOffsets("described", Map.of(partition, 7L)).all());
        assertEquals(7, Clients.await(clients.admin().listShareGroupOffsets(Map.of("described", new ListShareGroupOffsetsSpec()))
                .partitionsToOffsetInfo("described")).get(partition).startOffset());
        assertEquals(3, poll(consumer("described", false), 3).size());
        stopAll();
        assertTrue(Clients.await(clients.admin().listGroups().all()).stream().anyMatch(group -> group.groupId().equals("described")));
        Clients.await(clients.admin().deleteShareGroups(Set.of("described")).all());
        assertTrue(Clients.await(clients.admin().listGroups().all()).stream().noneMatch(group -> group.groupId().equals("described")));
    }

    private void stopAll() {
        consumers.forEach(each -> each.close(Eventually.DEADLINE));
        consumers.clear();
    }
}
