// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.nio.ByteBuffer;
import java.util.Arrays;
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
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
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
        return request(topic, List.of(0), plain(1, sizeBytes), acks, null);
    }

    /** The same batch for each of the partitions. */
    static ProduceRequestData request(String topic, List<Integer> partitions, MemoryRecords batch, short acks, String transactionalId) {
        TopicProduceDataCollection topics = new TopicProduceDataCollection();
        topics.add(new TopicProduceData().setName(topic).setPartitionData(partitions.stream()
                .map(partition -> new PartitionProduceData().setIndex(partition).setRecords(batch)).toList()));
        return new ProduceRequestData().setAcks(acks).setTimeoutMs(TIMEOUT_MS).setTopicData(topics).setTransactionalId(transactionalId);
    }

    /** A batch of records that hold zeroes. */
    static MemoryRecords plain(int records, int sizeBytes) {
        return MemoryRecords.withRecords(Compression.NONE, records(records, new byte[sizeBytes]));
    }

    static SimpleRecord[] records(int count, byte[] value) {
        SimpleRecord[] records = new SimpleRecord[count];
        Arrays.setAll(records, i -> new SimpleRecord(System.currentTimeMillis(), null, value));
        return records;
    }

    static ProduceResponseData parse(ByteBuffer frame) {
        ByteBufferAccessor readable = new ByteBufferAccessor(frame);
        new ResponseHeaderData(readable, ApiKeys.PRODUCE.responseHeaderVersion(VERSION));
        return new ProduceResponseData(readable, VERSION);
    }

    /** Throws if a partition refused its batch. */
    static void requireSuccess(ByteBuffer frame) {
        parse(frame).responses().forEach(topic -> topic.partitionResponses().forEach(partition -> {
            if (partition.errorCode() != 0) {
                throw new IllegalStateException(topic.name() + "-" + partition.index() + " refused: " + Errors.forCode(partition.errorCode()));
            }
        }));
    }

    /** Sends one record with acks=all until it is acknowledged: a broker that has just created the topic may not lead it yet. */
    static void one(RawClient client, String topic, int sizeBytes) throws InterruptedException {
        one(client, topic, List.of(0), sizeBytes, (short) -1);
    }

    /** The same for several partitions. */
    static void one(RawClient client, String topic, List<Integer> partitions, int sizeBytes, short acks) throws InterruptedException {
        List<Integer> left = partitions;
        while (true) {
            ProduceRequestData request = request(topic, left, plain(1, sizeBytes), acks, null);
            ProduceResponseData answer = client.call(request, VERSION, ProduceResponseData.class);
            left = answer.responses().iterator().next().partitionResponses().stream().filter(RawProduce::toBeRepeated).map(PartitionProduceResponse::index).toList();
            if (left.isEmpty()) {
                return;
            }
            Thread.sleep(1);
        }
    }

    private static boolean toBeRepeated(PartitionProduceResponse answer) {
        Errors error = Errors.forCode(answer.errorCode());
        if (error != Errors.NONE && !Retriable.is(error.code())) {
            throw new IllegalStateException("the record was refused: " + error);
        }
        return error != Errors.NONE;
    }
}
