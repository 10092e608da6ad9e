// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog.Change;
import io.ottla.world.LocalDisk;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalCatalogTest {
    @TempDir
    Path directory;

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final ManualTimers timers = new ManualTimers(clock);
    private LocalCatalog catalog;

    @BeforeEach
    void open() throws IOException {
        catalog = LocalCatalog.open(LogSettings.in(directory), new LocalDisk(), clock, timers);
    }

    @AfterEach
    void close() throws IOException {
        catalog.close();
    }

    @Test
    void everythingIsRememberedAfterARestart() throws IOException {
        Topic created = catalog.create("one", 2, Map.of("retention.ms", "5"));
        catalog.grow("one", 3);
        catalog.create("gone", 1, Map.of());
        catalog.delete("gone");
        ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, "g");
        catalog.replaceConfigs(group, Map.of("consumer.session.timeout.ms", "50000"));
        catalog.replaceConfigs(new ConfigResource(ConfigResource.Type.TOPIC, "one"), Map.of("retention.ms", "7"));
        assertEquals(0, catalog.reserveProducerIds(1000));
        String clusterId = catalog.clusterId();
        catalog.close();
        open();
        assertEquals(1, catalog.topics().size());
        Topic one = catalog.topics().get("one");
        assertEquals(created.id(), one.id());
        assertEquals(one, catalog.find(created.id()));
        assertEquals(3, one.partitions().size());
        assertEquals(7, one.config().retentionMs());
        assertEquals(Map.of("consumer.session.timeout.ms", "50000"), catalog.configs(group));
        assertEquals(1000, catalog.reserveProducerIds(10));
        assertEquals(clusterId, catalog.clusterId());
        assertEquals(22, clusterId.length());
    }

    @Test
    void partitionsWithoutAJournalAreNotTakenForAnEmptyBroker() throws IOException {
        catalog.create("kept", 1, Map.of()).partitions().getFirst().append(Batches.of("a"), AppendOrigin.CLIENT);
        catalog.close();
        byte[] journal = Files.readAllBytes(directory.resolve("catalog.journal"));
        byte[] damaged = journal.clone();
        damaged[12] ^= 1;
        for (byte[] instead : List.of(new byte[0], new byte[100], damaged)) {
            Files.write(directory.resolve("catalog.journal"), instead);
            IOException refusal = assertThrows(IOException.class, this::open);
            assertTrue(refusal.getMessage().contains("catalog.journal has no topics") && refusal.getMessage().contains("kept-0"), refusal.getMessage());
            assertArrayEquals(instead, Files.readAllBytes(directory.resolve("catalog.journal")), "left as it was found");
        }
        Files.write(directory.resolve("catalog.journal"), journal);
        open();
        assertEquals(List.of("0:a"), Batches.read(catalog.topics().get("kept").partitions().getFirst(), 0, ReadLimit.HIGH_WATERMARK));
    }

    @Test
    void aDamagedIdentityTakesAPartitionOfflineAndLeavesItsFolderInPlace() throws IOException {
        catalog.create("kept", 1, Map.of()).partitions().getFirst().append(Batches.of("a"), AppendOrigin.CLIENT);
        catalog.close();
        Path metadata = directory.resolve("kept-0/partition.metadata");
        Files.writeString(metadata, "version: 0\ntopic_id: " + Uuid.randomUuid());
        open();
        Partition kept = catalog.topics().get("kept").partitions().getFirst();
        KafkaStorageException offline = assertThrows(KafkaStorageException.class, () -> kept.append(Batches.of("b"), AppendOrigin.CLIENT));
        assertTrue(offline.getMessage().contains("partition.metadata"), offline.getMessage());
        catalog.close();
        Files.delete(metadata);
        open();
        assertEquals(List.of("0:a"), Batches.read(catalog.topics().get("kept").partitions().getFirst(), 0, ReadLimit.HIGH_WATERMARK));
    }

    @Test
    void whatSomebodyElsePutIntoTheDirectoryIsLeftAlone() throws IOException {
        catalog.close();
        for (String name : List.of("please-delete", "a-0.x-delete", "other-7", "other-8")) {
            Files.createDirectories(directory.resolve(name));
            Files.writeString(directory.resolve(name).resolve("mine"), "kept");
        }
        Files.createDirectories(directory.resolve("other-7/partition.metadata/below"));
        Files.writeString(directory.resolve("catalog.journal.tmp"), "half");
        open();
        catalog.close();
        open();
        for (String name : List.of("please-delete", "a-0.x-delete", "other-7", "other-8")) {
            assertEquals("kept", Files.readString(directory.resolve(name).resolve("mine")));
        }
    }

    @Test
    void namesFollowKafkasRules() {
        for (String bad : List.of("", ".", "..", "a b", "ä", "x".repeat(250))) {
            assertThrows(InvalidTopicException.class, () -> catalog.create(bad, 1, Map.of()), bad);
        }
        catalog.create("a.b", 1, Map.of());
        InvalidTopicException collision = assertThrows(InvalidTopicException.class, () -> catalog.create("a_b", 1, Map.of()));
        assertEquals("Topic 'a_b' collides with existing topic: a.b", collision.getMessage());
        assertThrows(TopicExistsException.class, () -> catalog.create("a.b", 1, Map.of()));
        assertThrows(InvalidPartitionsException.class, () -> catalog.create("n", 0, Map.of()));
        assertThrows(InvalidConfigurationException.class, () -> catalog.create("n", 1, Map.of("retention.ms", "x")));
        assertThrows(InvalidConfigurationException.class, () -> catalog.create("n", 1, Map.of("nonsense", "1")));
        assertThrows(UnknownTopicOrPartitionException.class, () -> catalog.delete("n"));
        assertThrows(InvalidPartitionsException.class, () -> catalog.grow("a.b", 1));
    }

    @Test
    void changesAreToldAndATopicOfTheSameNameIsAnother() throws IOException {
        List<Change> changes = new ArrayList<>();
        catalog.watch(changes::add);
        Topic first = catalog.create("t", 1, Map.of());
        first.partitions().getFirst().append(Batches.of("old"), AppendOrigin.CLIENT);
        Batches.awaitDurable(first.partitions().getFirst());
        catalog.delete("t");
        Topic second = catalog.create("t", 1, Map.of());
        assertNotEquals(first.id(), second.id());
        assertEquals(0, second.partitions().getFirst().offsets().logEnd());
        assertEquals(List.of(new Change(null, first), new Change(first, null), new Change(null, second)), changes);
        catalog.close();
        open();
        assertEquals(0, catalog.topics().get("t").partitions().getFirst().offsets().logEnd());
        assertNull(catalog.find(first.id()));
        assertEquals(second.id(), catalog.topics().get("t").id());
    }

    @Test
    void brokerConfigsAreTheDefaultsOfTopics() {
        catalog.create("t", 1, Map.of());
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        catalog.replaceConfigs(broker, Map.of("log.retention.ms", "99"));
        assertEquals(99, catalog.topics().get("t").config().retentionMs());
        catalog.replaceConfigs(broker, Map.of());
        assertEquals(604_800_000, catalog.topics().get("t").config().retentionMs());
    }

    @Test
    void aSecondBrokerIsTurnedAway() {
        IOException refused = assertThrows(IOException.class, () -> LocalCatalog.open(LogSettings.in(directory), new LocalDisk(), clock, timers));
        assertTrue(refused.getMessage().contains("locked"), refused.getMessage());
    }

    @Test
    void aTornJournalRecordIsCutAndDamageBeforeItIsRefused() throws IOException {
        catalog.create("t", 1, Map.of());
        catalog.create("u", 1, Map.of());
        catalog.close();
        Path journal = directory.resolve("catalog.journal");
        byte[] whole = Files.readAllBytes(journal);
        Files.write(journal, new byte[] {0, 0, 0, 9, 1, 2}, StandardOpenOption.APPEND);
        open();
        assertEquals(2, catalog.topics().size());
        catalog.close();
        byte[] damaged = whole.clone();
        damaged[12] ^= 1;
        Files.write(journal, damaged);
        assertThrows(IOException.class, this::open);
        Files.write(journal, whole);
        open();
    }

    @Test
    void producerIdsAreNotGivenTwiceThoughTheRecordThatReservedThemIsTorn() throws IOException {
        catalog.create("t", 1, Map.of());
        long first = catalog.reserveProducerIds(1000);
        catalog.close();
        Path journal = directory.resolve("catalog.journal");
        byte[] bytes = Files.readAllBytes(journal);
        int end = bytes.length;
        while (bytes[end - 1] == 0) {
            end--;
        }
        Files.write(journal, Arrays.copyOf(bytes, end - 3));
        open();
        assertTrue(catalog.reserveProducerIds(1000) >= first + 1000);
        assertEquals(Set.of("t"), catalog.topics().keySet());
    }

    @Test
    void aThousandTopicsOfTenPartitionsAreCreatedWithoutFolders() throws IOException {
        for (int i = 0; i < 1000; i++) {
            catalog.create("topic-" + i, 10, Map.of());
        }
        try (var files = Files.list(directory)) {
            assertTrue(files.count() < 10, "folders are made at the first append");
        }
        assertEquals(Uuid.ZERO_UUID.equals(catalog.topics().get("topic-0").id()), false);
    }
}
