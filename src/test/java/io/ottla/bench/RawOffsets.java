// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;

/** Offsets committed and fetched by hand, for groups without members. */
final class RawOffsets {
    /** The last with topic names. */
    static final short COMMIT_VERSION = 9;

    private static final short FETCH_VERSION = 9;
    private static final long RETRY_AFTER_MS = 5;

    private RawOffsets() {}

    /** The same offset for the first partitions of a topic. */
    static OffsetCommitRequestData commitRequest(String group, String topic, int partitions, long offset) {
        List<OffsetCommitRequestPartition> all = IntStream.range(0, partitions).mapToObj(partition -> new OffsetCommitRequestPartition()
                .setPartitionIndex(partition).setCommittedOffset(offset).setCommittedMetadata("")).toList();
        return new OffsetCommitRequestData().setGroupId(group).setTopics(List.of(new OffsetCommitRequestTopic().setName(topic).setPartitions(all)));
    }

    /** Commits until the coordinator is there and has taken it. */
    static void commit(RawClient client, String group, String topic, int partitions, long offset) throws InterruptedException {
        RawCoordinators.await(client, RawCoordinators.OF_GROUP, group);
        OffsetCommitRequestData request = commitRequest(group, topic, partitions, offset);
        while (true) {
            short error = firstError(client.call(request, COMMIT_VERSION, OffsetCommitResponseData.class));
            if (error == 0) {
                return;
            }
            if (!Retriable.is(error)) {
                throw new IllegalStateException("commit refused: " + Errors.forCode(error));
            }
            Thread.sleep(RETRY_AFTER_MS);
        }
    }

    /** Throws unless every offset was committed. */
    static void requireSuccess(ByteBuffer frame) {
        ByteBufferAccessor readable = new ByteBufferAccessor(frame);
        new ResponseHeaderData(readable, ApiKeys.OFFSET_COMMIT.responseHeaderVersion(COMMIT_VERSION));
        short error = firstError(new OffsetCommitResponseData(readable, COMMIT_VERSION));
        if (error != 0) {
            throw new IllegalStateException("commit refused: " + Errors.forCode(error));
        }
    }

    private static short firstError(OffsetCommitResponseData answer) {
        for (var topic : answer.topics()) {
            for (var partition : topic.partitions()) {
                if (partition.errorCode() != 0) {
                    return partition.errorCode();
                }
            }
        }
        return 0;
    }

    /** Asks until the group's coordinator answers, and throws if an offset is not the one expected. */
    static void awaitOffsets(RawClient client, String group, String topic, int partitions, long expected) throws InterruptedException {
        OffsetFetchRequestTopics wanted = new OffsetFetchRequestTopics().setName(topic).setPartitionIndexes(IntStream.range(0, partitions).boxed().toList());
        OffsetFetchRequestData request = new OffsetFetchRequestData().setGroups(List.of(new OffsetFetchRequestGroup().setGroupId(group).setTopics(List.of(wanted))));
        OffsetFetchResponseGroup answer = fetch(client, request);
        while (answer.errorCode() != 0) {
            if (!Retriable.is(answer.errorCode())) {
                throw new IllegalStateException(group + " does not answer: " + Errors.forCode(answer.errorCode()));
            }
            Thread.sleep(1);
            answer = fetch(client, request);
        }
        answer.topics().getFirst().partitions().forEach(partition -> {
            if (partition.committedOffset() != expected) {
                throw new IllegalStateException(group + " has offset " + partition.committedOffset() + " instead of " + expected);
            }
        });
    }

    private static OffsetFetchResponseGroup fetch(RawClient client, OffsetFetchRequestData request) {
        return client.call(request, FETCH_VERSION, OffsetFetchResponseData.class).groups().getFirst();
    }
}
