// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TopicListing;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Topics as the admin client makes, shows, grows and deletes them. */
@ExtendWith(BrokerUnderTest.Extension.class)
class TopicAdminTest {
    private final Clients clients;
    private final Admin admin;

    TopicAdminTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
        admin = clients.admin();
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void aNewTopicIsListedAndDescribed() {
        String topic = Clients.unique("admin");
        var created = admin.createTopics(List.of(new NewTopic(topic, 3, (short) 1).configs(Map.of("retention.ms", "3600000"))));
        Uuid id = Clients.await(created.topicId(topic));
        assertEquals(3, Clients.await(created.numPartitions(topic)));
        assertEquals(1, Clients.await(created.replicationFactor(topic)));
        assertEquals("3600000", Clients.await(created.config(topic)).get("retention.ms").value());
        clients.awaitLeaders(topic, 3);

        TopicListing listing = Clients.await(admin.listTopics().namesToListings()).get(topic);
        assertEquals(id, listing.topicId());
        assertFalse(listing.isInternal());
        TopicDescription description = describe(topic);
        assertEquals(id, description.topicId());
        assertEquals(List.of(0, 1, 2), description.partitions().stream().map(partition -> partition.partition()).toList());
        int broker = Clients.await(admin.describeCluster().nodes()).iterator().next().id();
        description.partitions().forEach(partition -> {
            assertEquals(broker, partition.leader().id());
            assertEquals(List.of(broker), partition.replicas().stream().map(node -> node.id()).toList());
            assertEquals(List.of(broker), partition.isr().stream().map(node -> node.id()).toList());
        });
        assertEquals(topic, Clients.await(admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds()).get(id).name());
    }

    @Test
    void withoutANumberOfPartitionsTheBrokersDefaultIsTaken() {
        String topic = Clients.unique("admin");
        Clients.await(admin.createTopics(List.of(new NewTopic(topic, Optional.empty(), Optional.empty()))).all());
        clients.awaitLeaders(topic, 1);
        assertEquals(1, describe(topic).partitions().size());
    }

    @Test
    void aTopicThatExistsCannotBeCreatedAgain() {
        String topic = clients.topic("admin", 1);
        assertInstanceOf(TopicExistsException.class, createFailure(new NewTopic(topic, 2, (short) 1)));
        assertEquals(1, describe(topic).partitions().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "with space", "slash/inside", "ümlaut", "colon:"})
    void anImpossibleNameIsRefused(String name) {
        assertInstanceOf(InvalidTopicException.class, createFailure(new NewTopic(name, 1, (short) 1)));
    }

    @Test
    void aNameMayHave249CharactersAndNoMore() {
        String name = Clients.unique("x".repeat(240));
        assertEquals(249, name.length());
        Clients.await(admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all());
        assertInstanceOf(InvalidTopicException.class, createFailure(new NewTopic(name + "x", 1, (short) 1)));
    }

    @Test
    void namesThatDifferOnlyInDotsAndUnderscoresCollide() {
        String name = Clients.unique("a.b_c");
        Clients.await(admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all());
        assertInstanceOf(InvalidTopicException.class, createFailure(new NewTopic(name.replace('.', '_'), 1, (short) 1)));
    }

    @Test
    void impossibleNumbersAreRefused() {
        assertInstanceOf(InvalidPartitionsException.class, createFailure(new NewTopic(Clients.unique("admin"), 0, (short) 1)));
        assertInstanceOf(InvalidPartitionsException.class, createFailure(new NewTopic(Clients.unique("admin"), -5, (short) 1)));
        assertInstanceOf(InvalidReplicationFactorException.class, createFailure(new NewTopic(Clients.unique("admin"), 1, (short) 0)));
        assertInstanceOf(InvalidReplicationFactorException.class, createFailure(new NewTopic(Clients.unique("admin"), 1, (short) 3)));
    }

    @Test
    void tooManyPartitionsInOneRequestAreRefused() {
        String topic = clients.topic("admin", 1);
        assertInstanceOf(PolicyViolationException.class, createFailure(new NewTopic(Clients.unique("admin"), 10_001, (short) 1)));
        assertInstanceOf(PolicyViolationException.class, createFailure(new NewTopic(Clients.unique("admin"), Integer.MAX_VALUE, (short) 1)));
        assertInstanceOf(PolicyViolationException.class,
                Clients.awaitFailure(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(262_145))).all()));
    }

    @Test
    void unknownOrWrongConfigsAreRefused() {
        assertInstanceOf(InvalidConfigurationException.class,
                createFailure(new NewTopic(Clients.unique("admin"), 1, (short) 1).configs(Map.of("no.such.config", "1"))));
        assertInstanceOf(InvalidConfigurationException.class,
                createFailure(new NewTopic(Clients.unique("admin"), 1, (short) 1).configs(Map.of("retention.ms", "soon"))));
    }

    @Test
    void validateOnlyCreatesNothing() {
        String topic = Clients.unique("admin");
        Clients.await(admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1)), new CreateTopicsOptions().validateOnly(true)).all());
        assertFalse(Clients.await(admin.listTopics().names()).contains(topic));
    }

    @Test
    void aDeletedTopicIsGoneAndItsNameCanBeUsedAgainWithNothingInIt() {
        String topic = clients.topic("admin", 1);
        Uuid first = describe(topic).topicId();
        clients.sendNumbers(topic, 0, 0, 9);
        Clients.await(admin.deleteTopics(List.of(topic)).all());
        Eventually.until(() -> topic + " gone", () -> !Clients.await(admin.listTopics().names()).contains(topic));
        assertInstanceOf(UnknownTopicOrPartitionException.class, Clients.awaitFailure(admin.describeTopics(List.of(topic)).allTopicNames()));
        Clients.await(admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all());
        clients.awaitLeaders(topic, 1);
        assertNotEquals(first, describe(topic).topicId());
        clients.sendNumbers(topic, 0, 100, 100);
        var consumer = clients.consumer(null);
        consumer.assign(List.of(new TopicPartition(topic, 0)));
        var record = Clients.poll(consumer, 1).getFirst();
        assertEquals("100", record.value());
        assertEquals(0, record.offset());
    }

    @Test
    void aTopicCanBeDeletedById() {
        String topic = clients.topic("admin", 1);
        Uuid id = describe(topic).topicId();
        Clients.await(admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all());
        Eventually.until(() -> topic + " gone", () -> !Clients.await(admin.listTopics().names()).contains(topic));
        assertInstanceOf(UnknownTopicIdException.class,
                Clients.awaitFailure(admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all()));
    }

    @Test
    void whatDoesNotExistCannotBeDeletedOrDescribed() {
        String topic = Clients.unique("nothing");
        assertInstanceOf(UnknownTopicOrPartitionException.class, Clients.awaitFailure(admin.deleteTopics(List.of(topic)).all()));
        assertInstanceOf(UnknownTopicOrPartitionException.class, Clients.awaitFailure(admin.describeTopics(List.of(topic)).allTopicNames()));
        Uuid id = Uuid.randomUuid();
        assertInstanceOf(UnknownTopicIdException.class,
                Clients.awaitFailure(admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds()));
    }

    @Test
    void aTopicGrowsButNeverShrinks() {
        String topic = clients.topic("admin", 2);
        clients.sendNumbers(topic, 1, 0, 9);
        Clients.await(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all());
        clients.awaitLeaders(topic, 4);
        assertEquals(4, describe(topic).partitions().size());
        clients.sendNumbers(topic, 3, 0, 0);
        assertInstanceOf(InvalidPartitionsException.class,
                Clients.awaitFailure(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all()));
        assertInstanceOf(InvalidPartitionsException.class,
                Clients.awaitFailure(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all()));
        assertInstanceOf(UnknownTopicOrPartitionException.class,
                Clients.awaitFailure(admin.createPartitions(Map.of(Clients.unique("nothing"), NewPartitions.increaseTo(3))).all()));
    }

    @Test
    void topicConfigsSayWhereTheyComeFrom() {
        String topic = clients.topic("admin", 1, Map.of("retention.ms", "3600000", "cleanup.policy", "compact"));
        Config config = config(new ConfigResource(ConfigResource.Type.TOPIC, topic));
        assertEquals("3600000", config.get("retention.ms").value());
        assertEquals(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, config.get("retention.ms").source());
        assertEquals("compact", config.get("cleanup.policy").value());
        assertEquals("1048588", config.get("max.message.bytes").value());
        assertEquals(ConfigEntry.ConfigSource.DEFAULT_CONFIG, config.get("max.message.bytes").source());
        assertEquals("producer", config.get("compression.type").value());
        assertTrue(config.entries().size() >= 25, () -> config.entries().size() + " topic configs");
    }

    @Test
    void brokerConfigsAreDescribed() {
        String id = Clients.await(admin.describeCluster().nodes()).iterator().next().idString();
        Config config = config(new ConfigResource(ConfigResource.Type.BROKER, id));
        for (String name : List.of("num.partitions", "log.retention.ms", "auto.create.topics.enable", "listeners", "log.dirs", "message.max.bytes")) {
            assertTrue(config.get(name) != null, name);
        }
        assertEquals(id, config.get("node.id").value());
    }

    @Test
    void aBrokerConfigThatChangesNothingHereMayBeSetWhileItRunsAsInKafka() {
        var broker = new ConfigResource(ConfigResource.Type.BROKER, Clients.await(admin.describeCluster().nodes()).iterator().next().idString());
        for (String name : List.of("sasl.kerberos.min.time.before.relogin", "log.cleaner.backoff.ms")) {
            setAndDelete(broker, name);
        }
        for (ConfigEntry refused : List.of(new ConfigEntry("num.partitions", "7"), new ConfigEntry("log.cleaner.backoff.ms", "soon"))) {
            assertInstanceOf(InvalidRequestException.class, Clients.awaitFailure(admin.incrementalAlterConfigs(
                    Map.of(broker, List.of(new AlterConfigOp(refused, AlterConfigOp.OpType.SET)))).all()));
        }
        assertFalse(config(broker).get("log.cleaner.backoff.ms").isReadOnly());
    }

    private void setAndDelete(ConfigResource broker, String name) {
        alter(broker, new AlterConfigOp(new ConfigEntry(name, "58000"), AlterConfigOp.OpType.SET));
        Eventually.until(() -> name + " is set", () -> config(broker).get(name) != null && config(broker).get(name).value().equals("58000"));
        assertEquals(ConfigEntry.ConfigSource.DYNAMIC_BROKER_CONFIG, config(broker).get(name).source());
        alter(broker, new AlterConfigOp(new ConfigEntry(name, null), AlterConfigOp.OpType.DELETE));
    }

    @Test
    void configsOfATopicThatDoesNotExistAreAnError() {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, Clients.unique("nothing"));
        assertInstanceOf(UnknownTopicOrPartitionException.class, Clients.awaitFailure(admin.describeConfigs(List.of(resource)).all()));
    }

    @Test
    void manyTopicsAreMadeListedAndDeletedTogether() {
        String prefix = Clients.unique("many");
        Set<String> names = IntStream.range(0, 100).mapToObj(i -> prefix + "-" + i).collect(Collectors.toSet());
        Clients.await(admin.createTopics(names.stream().map(name -> new NewTopic(name, 2, (short) 1)).toList()).all());
        names.forEach(name -> clients.awaitLeaders(name, 2));
        assertEquals(100, Clients.await(admin.describeTopics(names).allTopicNames()).size());
        try (var producer = clients.producer()) {
            names.forEach(name -> producer.send(new ProducerRecord<>(name, "hello " + name)));
        }
        var consumer = clients.consumer(Clients.unique("many"));
        consumer.subscribe(names);
        var values = Set.copyOf(Clients.values(Clients.poll(consumer, 100)));
        assertEquals(names.stream().map(name -> "hello " + name).collect(Collectors.toSet()), values);
        consumer.close();
        Clients.await(admin.deleteTopics(names).all());
        Eventually.until(() -> "all gone", () -> Clients.await(admin.listTopics().names()).stream().noneMatch(names::contains));
    }

    private void alter(ConfigResource resource, AlterConfigOp change) {
        Clients.await(admin.incrementalAlterConfigs(Map.of(resource, List.of(change))).all());
    }

    private Throwable createFailure(NewTopic topic) {
        return Clients.awaitFailure(admin.createTopics(List.of(topic)).all());
    }

    private TopicDescription describe(String topic) {
        return Clients.await(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic);
    }

    private Config config(ConfigResource resource) {
        return Clients.await(admin.describeConfigs(List.of(resource)).all()).get(resource);
    }

    @Test
    void recordsAcknowledgedBeforeTheirFlushCanBeListedAndDeletedAtOnce() {
        String topic = clients.topic("acks-1", 20);
        try (var producer = clients.producer(Map.of("acks", "1", "enable.idempotence", "false"))) {
            for (int partition = 0; partition < 20; partition++) {
                TopicPartition each = new TopicPartition(topic, partition);
                Clients.await(producer.send(new ProducerRecord<>(topic, partition, null, "v")));
                var end = clients.admin().listOffsets(Map.of(each, OffsetSpec.latest())).partitionResult(each);
                assertEquals(1, Clients.await(end).offset());
                Clients.await(producer.send(new ProducerRecord<>(topic, partition, null, "v")));
                var deletion = clients.admin().deleteRecords(Map.of(each, RecordsToDelete.beforeOffset(2)));
                assertEquals(2, Clients.await(deletion.lowWatermarks().get(each)).lowWatermark());
            }
        }
    }
}
