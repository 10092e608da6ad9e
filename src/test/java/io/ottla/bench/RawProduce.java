// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Produce requests by hand: as small and as many as wanted, without a client's own batching. */
final class RawProduce {
    /** The last version with topic names. */
    static final short VERSION = 12;

    private static final short METADATA_VERSION = 12;
    private static final int TIMEOUT_MS = 30_000;

    private RawProduce() {}

    /** Has the topic created by asking for it, and returns when it can be written to. */
    static void createTopic(RawClient client, String topic) throws InterruptedException {
        MetadataRequestData request = new MetadataRequestData().setAllowAutoTopicCreation(true)
                .setTopics(List.of(new MetadataRequestTopic().setName(topic)));
        while (true) {
            MetadataResponseTopic answer = client.call(request, METADATA_VERSION, MetadataResponseData.class).topics().find(topic);
            if (answer.errorCode() == 0 && answer.partitions().getFirst().leaderId() >= 0) {
                return;
            }
            Thread.sleep(1);
        }
    }

    static ProduceRequestData request(String topic, int sizeBytes, short acks) {
        MemoryRecords records = MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(System.currentTimeMillis(), null, new byte[sizeBytes]));
        PartitionProduceData partition = new PartitionProduceData().setIndex(0).setRecords(records);
        TopicProduceDataCollection topics = new TopicProduceDataCollection();
        topics.add(new TopicProduceData().setName(topic).setPartitionData(List.of(partition)));
        return new ProduceRequestData().setAcks(acks).setTimeoutMs(TIMEOUT_MS).setTopicData(topics);
    }

    /** Sends one record with acks=all until it is acknowledged: a broker that has just created the topic may not lead it yet. */
    static void one(RawClient client, String topic, int sizeBytes) throws InterruptedException {
        while (true) {
            ProduceResponseData answer = client.call(request(topic, sizeBytes, (short) -1), VERSION, ProduceResponseData.class);
            short error = answer.responses().iterator().next().partitionResponses().getFirst().errorCode();
            if (error == 0) {
                return;
            }
            if (!(Errors.forCode(error).exception() instanceof org.apache.kafka.common.errors.RetriableException)) {
                throw new IllegalStateException("the record was refused: " + Errors.forCode(error));
            }
            Thread.sleep(1);
        }
    }
}
