// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Transactional batches that are large, compressed and many at a time: some of them are checked aside, and none overtakes another. */
@ExtendWith(BrokerUnderTest.Extension.class)
class CompressedTransactionTest {
    private static final int TRANSACTIONS = 3;
    private static final int RECORDS = 12;
    private static final int RECORD_BYTES = 700_000;

    private final BrokerUnderTest broker;

    CompressedTransactionTest(BrokerUnderTest broker) {
        this.broker = broker;
    }

    @Test
    void allIsThereInOrder() throws Exception {
        try (Clients clients = new Clients(broker)) {
            String topic = clients.topic("compressed", 1);
            KafkaProducer<String, String> producer = clients.producer(Map.of("transactional.id", Clients.unique("tx"), "compression.type", "gzip", "batch.size", "100"));
            producer.initTransactions();
            List<String> sent = new ArrayList<>();
            for (int transaction = 0; transaction < TRANSACTIONS; transaction++) {
                producer.beginTransaction();
                List<Future<?>> results = new ArrayList<>();
                for (int i = 0; i < RECORDS; i++) {
                    String key = transaction + "-" + i;
                    // Every other one is brief, and would overtake the one before.
                    results.add(producer.send(new ProducerRecord<>(topic, key, "x".repeat(i % 2 == 0 ? RECORD_BYTES : 1))));
                    sent.add(key);
                }
                // The client of Kafka 4.4.0 may overtake its own records with EndTxn: it asks whether there are any, and only then locks.
                producer.flush();
                producer.commitTransaction();
                for (Future<?> result : results) {
                    result.get();
                }
            }
            assertEquals(sent, keys(clients, topic, sent.size()));
        }
    }

    private static List<String> keys(Clients clients, String topic, int count) {
        try (KafkaConsumer<String, String> consumer = clients.consumer(null, Map.of("isolation.level", "read_committed"))) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            return Clients.poll(consumer, count).stream().map(ConsumerRecord::key).toList();
        }
    }
}
