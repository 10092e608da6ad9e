// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicCollection;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/** Topics made by hand. */
final class RawTopics {
    private static final short CREATE_VERSION = 7;
    private static final short METADATA_VERSION = 12;
    private static final int TIMEOUT_MS = 60_000;

    private RawTopics() {}

    /** Creates the topics in one request and returns when each partition has a leader and the last topic a record. */
    static void create(RawClient client, List<String> topics, int partitions) throws InterruptedException {
        CreatableTopicCollection wanted = new CreatableTopicCollection();
        topics.forEach(topic -> wanted.add(new CreatableTopic().setName(topic).setNumPartitions(partitions).setReplicationFactor((short) 1)));
        CreateTopicsRequestData request = new CreateTopicsRequestData().setTopics(wanted).setTimeoutMs(TIMEOUT_MS);
        client.call(request, CREATE_VERSION, CreateTopicsResponseData.class).topics().forEach(topic -> {
            if (topic.errorCode() != 0) {
                throw new IllegalStateException(topic.name() + " was not created: " + Errors.forCode(topic.errorCode()));
            }
        });
        for (String topic : topics) {
            awaitLeaders(client, topic, partitions);
        }
        RawProduce.one(client, topics.getLast(), IntStream.range(0, partitions).boxed().toList(), 1, (short) -1);
    }

    private static void awaitLeaders(RawClient client, String topic, int partitions) throws InterruptedException {
        while (true) {
            MetadataResponseTopic answer = describe(client, topic);
            if (answer.errorCode() == 0 && answer.partitions().size() == partitions
                    && answer.partitions().stream().allMatch(partition -> partition.leaderId() >= 0)) {
                return;
            }
            Thread.sleep(1);
        }
    }

    static Uuid id(RawClient client, String topic) {
        return describe(client, topic).topicId();
    }

    private static MetadataResponseTopic describe(RawClient client, String topic) {
        MetadataRequestData request = new MetadataRequestData().setTopics(List.of(new MetadataRequestTopic().setName(topic)));
        return client.call(request, METADATA_VERSION, MetadataResponseData.class).topics().find(topic);
    }
}
