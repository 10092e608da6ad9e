// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.broker.Ottla;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.RawClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
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
import org.junit.jupiter.api.Test;

/** The first fetches of a share group from partitions that it has never read. */
class ShareStartTest {
    private static final String GROUP = "starters";
    private static final String MEMBER = "ann";
    private static final int PARTITIONS = 4;

    /** As by Kafka, where each partition is loaded by itself; librdkafka's own tests count on it. */
    @Test
    void onePartitionThatHasBegunIsNotKeptBackByTheOthers() {
        try (Ottla broker = Ottla.start(); Clients clients = new Clients(broker.bootstrapServers());
                RawClient raw = RawClient.connect(broker.bootstrapServers())) {
            String topic = clients.topic("starts", PARTITIONS);
            try (KafkaProducer<String, String> producer = clients.producer(Map.of())) {
                IntStream.range(0, PARTITIONS).forEach(partition -> producer.send(new ProducerRecord<>(topic, partition, null, "v")));
            }
            Uuid topicId = Clients.await(clients.admin().describeTopics(List.of(topic)).allTopicNames()).get(topic).topicId();
            join(clients, raw, topic);

            List<Integer> first = fetch(raw, topicId, 0);
            assertEquals(1, first.size(), "partitions in the first answer: " + first);
            List<Integer> all = new ArrayList<>(first);
            for (int epoch = 1; all.size() < PARTITIONS; epoch++) {
                all.addAll(fetch(raw, topicId, epoch));
            }
            assertEquals(List.of(0, 1, 2, 3), all.stream().sorted().toList());
        }
    }

    private static void join(Clients clients, RawClient raw, String topic) {
        Clients.await(clients.admin().incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, GROUP),
                List.of(new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET)))).all());
        ShareGroupHeartbeatRequestData heartbeat = new ShareGroupHeartbeatRequestData()
                .setGroupId(GROUP).setMemberId(MEMBER).setSubscribedTopicNames(List.of(topic));
        Eventually.until(() -> "an assignment", () -> {
            ShareGroupHeartbeatResponseData response = raw.call(heartbeat, 1, ShareGroupHeartbeatResponseData.class);
            return response.assignment() != null && !response.assignment().topicPartitions().isEmpty();
        });
    }

    /** The partitions that gave the member something. */
    private static List<Integer> fetch(RawClient raw, Uuid topicId, int sessionEpoch) {
        FetchPartitionCollection partitions = new FetchPartitionCollection();
        IntStream.range(0, PARTITIONS).forEach(index -> partitions.add(new FetchPartition().setPartitionIndex(index)));
        FetchTopicCollection topics = new FetchTopicCollection();
        topics.add(new FetchTopic().setTopicId(topicId).setPartitions(partitions));
        ShareFetchRequestData request = new ShareFetchRequestData().setGroupId(GROUP).setMemberId(MEMBER).setShareSessionEpoch(sessionEpoch)
                .setMaxWaitMs((int) Eventually.DEADLINE.toMillis() / 2).setMinBytes(1).setMaxBytes(1 << 20).setMaxRecords(500).setBatchSize(500)
                .setTopics(topics);
        ShareFetchResponseData response = raw.call(request, 2, ShareFetchResponseData.class);
        return response.responses().stream().flatMap(each -> each.partitions().stream())
                .filter(partition -> !partition.acquiredRecords().isEmpty()).map(PartitionData::partitionIndex).toList();
    }
}
