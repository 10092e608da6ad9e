// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.topic.TopicConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BrokerConfigTest {
    @Test
    void withoutAnythingSetItListensOnLocalhostAndKeepsItsDataBesideTheUser() {
        BrokerConfig config = BrokerConfig.of(Map.of());
        assertEquals(List.of(new Listener("PLAINTEXT", "localhost", 9092, "localhost", 0)), config.listeners());
        assertEquals(Path.of("ottla-data"), config.dataDirectory());
        assertEquals(1, config.nodeId());
        assertTrue(config.flushToDisk());
        assertEquals(Optional.empty(), config.rack());
        assertEquals(Map.of(), config.topicDefaults());
        assertEquals(0, config.getInt("group.initial.rebalance.delay.ms"));
    }

    @Test
    void listenersHaveTheirOwnAdvertisedAddresses() {
        BrokerConfig config = BrokerConfig.of(Map.of(
                "listeners", "INSIDE://0.0.0.0:29092, OUTSIDE://[::1]:9092,CONTROLLER://:9093",
                "advertised.listeners", "INSIDE://broker:29092,OUTSIDE://example.org:19092",
                "listener.security.protocol.map", "INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "controller.listener.names", "CONTROLLER",
                "process.roles", "broker,controller"));
        assertEquals(List.of(
                new Listener("INSIDE", "", 29092, "broker", 29092),
                new Listener("OUTSIDE", "::1", 9092, "example.org", 19092)), config.listeners());
    }

    @Test
    void aListenerOnAllAddressesAdvertisesTheNameOfTheHost() {
        Listener listener = BrokerConfig.of(Map.of("listeners", "PLAINTEXT://:0")).listeners().getFirst();
        assertEquals("", listener.host());
        assertFalse(listener.advertisedHost().isEmpty());
    }

    @Test
    void listenersThatCannotBeServedAreRefused() {
        assertRefused("listeners: 'localhost:9092' is not NAME://HOST:PORT", Map.of("listeners", "localhost:9092"));
        assertRefused("listeners: port 70000 of 'PLAINTEXT://:70000' is not between 0 and 65535", Map.of("listeners", "PLAINTEXT://:70000"));
        assertRefused("listeners: the listener SSL asks for SSL; this version of Ottla speaks PLAINTEXT only", Map.of("listeners", "SSL://:9093"));
        assertRefused("listeners: the listener MINE has no protocol in listener.security.protocol.map", Map.of("listeners", "MINE://:9093"));
        assertRefused("listeners: the listener name PLAINTEXT is used twice", Map.of("listeners", "PLAINTEXT://:1,plaintext://:2"));
        assertRefused("advertised.listeners: 0.0.0.0 is not an address that a client can connect to",
                Map.of("advertised.listeners", "PLAINTEXT://0.0.0.0:9092"));
        assertRefused("listeners: at least one listener is needed, for example PLAINTEXT://localhost:9092", Map.of("listeners", ""));
    }

    @Test
    void theFinestUnitThatIsSetCounts() {
        assertEquals(Map.of("retention.ms", "5"), BrokerConfig.of(Map.of("log.retention.ms", "5", "log.retention.hours", "1")).topicDefaults());
        assertEquals(Map.of("retention.ms", "60000"), BrokerConfig.of(Map.of("log.retention.minutes", "1", "log.retention.hours", "1")).topicDefaults());
        assertEquals(Map.of("segment.ms", "3600000"), BrokerConfig.of(Map.of("log.roll.hours", "1")).topicDefaults());
        assertEquals(Map.of("retention.ms", "-1"), BrokerConfig.of(Map.of("log.retention.hours", "-1")).topicDefaults());
        assertEquals(Map.of("flush.ms", "7"), BrokerConfig.of(Map.of("log.flush.scheduler.interval.ms", "7")).topicDefaults());
        assertRefused("log.retention.ms: 0 is neither a time nor -1, which stands for ever", Map.of("log.retention.ms", "0"));
    }

    @Test
    void topicDefaultsAreThoseThatTopicConfigTakes() {
        BrokerConfig config = BrokerConfig.of(Map.of("log.segment.bytes", "2097152", "message.max.bytes", "5000", "log.cleanup.policy", "compact"));
        TopicConfig topic = TopicConfig.of(config.topicDefaults(), Map.of());
        assertEquals(2_097_152, topic.segmentBytes());
        assertEquals(5000, topic.maxMessageBytes());
        assertTrue(topic.compacted());
        assertFalse(topic.deleted());
    }

    @Test
    void everyBrokerNameOfATopicConfigIsDefined() {
        for (String topicConfig : TopicConfig.DEFINITION.names()) {
            for (String brokerName : BrokerConfig.brokerNames(topicConfig)) {
                assertTrue(BrokerConfig.definition().configKeys().containsKey(brokerName), brokerName);
            }
        }
        assertEquals(List.of("log.retention.ms", "log.retention.minutes", "log.retention.hours"), BrokerConfig.brokerNames("retention.ms"));
        assertEquals(List.of(), BrokerConfig.brokerNames("follower.replication.throttled.replicas"));
    }

    @Test
    void whatKafkaKnowsIsAcceptedAndWhatItDoesNotKnowIsRefused() {
        BrokerConfig.of(Map.of("num.io.threads", "8", "zookeeper.connect", "x", "listener.name.plaintext.ssl.key.password", "x"));
        assertRefused("unknown configuration name: num.partition (did you mean num.partitions?)", Map.of("num.partition", "3"));
        assertRefused("unknown configuration name: something.else", Map.of("something.else", "3"));
        assertRefused("authorizer.class.name: this version of Ottla loads no such plugin, so what it guards would not be guarded",
                Map.of("authorizer.class.name", "a.b.C"));
    }

    @Test
    void badValuesAreRefusedInOneLine() {
        assertRefused("Invalid value many for configuration num.partitions: Not a number of type INT", Map.of("num.partitions", "many"));
        assertRefused("Invalid value 0 for configuration num.partitions: Value must be at least 1", Map.of("num.partitions", "0"));
        assertRefused("Invalid value ram for configuration ottla.flush: String must be one of: disk, os", Map.of("ottla.flush", "ram"));
        for (String name : List.of("offsets.topic.segment.bytes", "transaction.state.log.segment.bytes", "share.coordinator.state.topic.segment.bytes")) {
            assertRefused("Invalid value 4096 for configuration " + name + ": Value must be at least 1048576", Map.of(name, "4096"));
        }
        assertRefused("log.dirs: Ottla keeps its data in one directory, not in 2", Map.of("log.dirs", "/a,/b"));
        assertRefused("node.id and broker.id are both set and differ: 1 and 2", Map.of("node.id", "1", "broker.id", "2"));
        assertRefused("group.min.session.timeout.ms (9000) is above group.max.session.timeout.ms (8000)",
                Map.of("group.min.session.timeout.ms", "9000", "group.max.session.timeout.ms", "8000"));
        assertRefused("group.coordinator.rebalance.protocols: Disabling the 'classic' protocol is not supported.",
                Map.of("group.coordinator.rebalance.protocols", "consumer"));
    }

    private static void assertRefused(String message, Map<String, String> properties) {
        assertEquals(message, assertThrows(InvalidConfig.class, () -> BrokerConfig.of(properties)).getMessage());
    }
}
