// SPDX-License-Identifier: Apache-2.0
package io.ottla.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.ottla.broker.Ottla;
import io.ottla.testkit.Clients;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.testkit.engine.EngineTestKit;

@ExtendWith(OttlaExtension.class)
class OttlaExtensionTest {
    private final Ottla ofTheConstructor;

    OttlaExtensionTest(Ottla broker) {
        ofTheConstructor = broker;
    }

    @Test
    void aRecordSentIsARecordReceived(Ottla broker) {
        try (Clients clients = new Clients(broker.bootstrapServers()); KafkaConsumer<String, String> consumer = clients.consumer(null)) {
            Clients.await(clients.producer().send(new ProducerRecord<>("greetings", "hello")));
            consumer.assign(List.of(new TopicPartition("greetings", 0)));
            assertEquals(List.of("hello"), Clients.values(Clients.poll(consumer, 1)));
        }
    }

    @Nested
    class Inside {
        @Test
        void nestedClassesShareTheBroker(Ottla broker) {
            assertSame(ofTheConstructor, broker);
        }
    }

    @Test
    void eachClassHasItsOwnBrokerAndItIsGoneAfterwards(Ottla mine) {
        Sample.SEEN.clear();
        EngineTestKit.engine("junit-jupiter").selectors(selectClass(Sample.class)).execute().testEvents().assertStatistics(s -> s.succeeded(2));
        EngineTestKit.engine("junit-jupiter").selectors(selectClass(OtherSample.class)).execute().testEvents().assertStatistics(s -> s.succeeded(1));
        assertSame(Sample.SEEN.get(0), Sample.SEEN.get(1));
        assertNotSame(Sample.SEEN.get(0), Sample.SEEN.get(2));
        assertTrue(Files.exists(mine.dataDirectory()));
        Sample.SEEN.forEach(broker -> assertFalse(Files.exists(broker.dataDirectory()), broker.dataDirectory() + " is still there"));
    }

    /** Not found by Surefire, as its name does not end in Test. */
    @ExtendWith(OttlaExtension.class)
    static class Sample {
        static final List<Ottla> SEEN = new ArrayList<>();

        @Test
        void first(Ottla broker) {
            SEEN.add(broker);
        }

        @Test
        void second(Ottla broker) {
            SEEN.add(broker);
        }
    }

    @ExtendWith(OttlaExtension.class)
    static class OtherSample {
        @Test
        void only(Ottla broker) {
            Sample.SEEN.add(broker);
        }
    }
}
