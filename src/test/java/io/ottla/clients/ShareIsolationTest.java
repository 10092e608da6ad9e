// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.broker.Ottla;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.RawClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.ShareFetchRequestData;
import org.apache.kafka.common.message.ShareFetchRequestData.FetchPartition;
import org.apache.kafka.common.message.ShareFetchRequestData.FetchPartitionCollection;
import org.apache.kafka.common.message.ShareFetchRequestData.FetchTopic;
import org.apache.kafka.common.message.ShareFetchRequestData.FetchTopicCollection;
import org.apache.kafka.common.message.ShareFetchResponseData;
import org.apache.kafka.common.message.ShareFetchResponseData.PartitionData;
import org.apache.kafka.common.message.ShareGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ShareGroupHeartbeatResponseData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What members of a share group see of transactions (share.isolation.level). */
class ShareIsolationTest {
    private static final String GROUP = "workers";
    private static final String MEMBER = "ann";

    private final Ottla broker = Ottla.start();
    private final Clients clients = new Clients(broker.bootstrapServers());
    private final RawClient raw = RawClient.connect(broker.bootstrapServers());
    private String topic;
    private Uuid topicId;

    @BeforeEach
    void start() {
        topic = clients.topic("isolation", 1);
        topicId = Clients.await(clients.admin().describeTopics(List.of(topic)).allTopicNames()).get(topic).topicId();
    }

    @AfterEach
    void stop() {
        raw.close();
        clients.close();
        broker.close();
    }

    private KafkaProducer<String, String> transactional() {
        KafkaProducer<String, String> producer = clients.producer(Map.of("transactional.id", Clients.unique("isolation"), "batch.size", 200));
        producer.initTransactions();
        return producer;
    }

    private void send(KafkaProducer<String, String> producer, String prefix, int count) {
        producer.beginTransaction();
        for (int i = 0; i < count; i++) {
            producer.send(new ProducerRecord<>(topic, 0, null, prefix + i));
        }
        producer.flush();
    }

    private void join(String isolationLevel) {
        set("share.auto.offset.reset", "earliest");
        set("share.isolation.level", isolationLevel);
        ShareGroupHeartbeatRequestData heartbeat = new ShareGroupHeartbeatRequestData()
                .setGroupId(GROUP).setMemberId(MEMBER).setSubscribedTopicNames(List.of(topic));
        Eventually.until(() -> "an assignment", () -> {
            ShareGroupHeartbeatResponseData response = raw.call(heartbeat, 1, ShareGroupHeartbeatResponseData.class);
            return response.assignment() != null && !response.assignment().topicPartitions().isEmpty();
        });
    }

    private void set(String name, String value) {
        Clients.await(clients.admin().incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, GROUP),
                List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)))).all());
    }

    /** What one fetch brings that would wait for long. */
    private List<String> fetch(int sessionEpoch, int maxWaitMs) {
        FetchPartitionCollection partitions = new FetchPartitionCollection();
        partitions.add(new FetchPartition().setPartitionIndex(0));
        FetchTopicCollection topics = new FetchTopicCollection();
        topics.add(new FetchTopic().setTopicId(topicId).setPartitions(partitions));
        ShareFetchRequestData request = new ShareFetchRequestData().setGroupId(GROUP).setMemberId(MEMBER).setShareSessionEpoch(sessionEpoch)
                .setMaxWaitMs(maxWaitMs).setMinBytes(1).setMaxBytes(1 << 20).setMaxRecords(500).setBatchSize(500).setTopics(topics);
        ShareFetchResponseData response = raw.call(request, 2, ShareFetchResponseData.class);
        List<String> values = new ArrayList<>();
        response.responses().forEach(each -> each.partitions().forEach(partition -> values.addAll(acquired(partition))));
        return values;
    }

    private static List<String> acquired(PartitionData partition) {
        List<String> values = new ArrayList<>();
        for (Record record : ((MemoryRecords) partition.records()).records()) {
            boolean locked = partition.acquiredRecords().stream()
                    .anyMatch(range -> range.firstOffset() <= record.offset() && record.offset() <= range.lastOffset());
            if (locked) {
                byte[] bytes = new byte[record.valueSize()];
                record.value().get(bytes);
                values.add(new String(bytes, StandardCharsets.UTF_8));
            }
        }
        return values;
    }

    /** Far more than a member wants in one fetch lies in its way; it need not wait its whole time for each piece of that. */
    @Test
    void oneFetchFindsWhatWasCommittedBehindALongTransactionThatWasAborted() {
        try (KafkaProducer<String, String> producer = transactional()) {
            send(producer, "aborted-", 5_000);
            producer.abortTransaction();
            send(producer, "committed-", 2);
            producer.commitTransaction();
        }
        join("read_committed");
        assertEquals(List.of("committed-0", "committed-1"), fetch(0, (int) Eventually.DEADLINE.toMillis() / 2));
    }

    @Test
    void anOpenTransactionIsSeenOnlyByThoseWhoWantToSeeIt() {
        try (KafkaProducer<String, String> producer = transactional()) {
            send(producer, "open-", 2);
            join("read_committed");
            assertEquals(List.of(), fetch(0, 100));
            set("share.isolation.level", "read_uncommitted");
            assertEquals(List.of("open-0", "open-1"), fetch(1, (int) Eventually.DEADLINE.toMillis() / 2));
            producer.abortTransaction();
        }
    }
}
