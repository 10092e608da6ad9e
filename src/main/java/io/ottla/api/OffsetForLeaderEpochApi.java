// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.OffsetQuery;
import io.ottla.topic.Partition;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * OffsetForLeaderEpoch, 2 to 4 (KIP-101, KIP-320): where an epoch ended. Errors per partition: UNKNOWN_TOPIC_OR_PARTITION,
 * FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, KAFKA_STORAGE_ERROR.
 */
final class OffsetForLeaderEpochApi implements Api<OffsetForLeaderEpochRequestData> {
    private final TopicCatalog catalog;

    OffsetForLeaderEpochApi(TopicCatalog catalog) {
        this.catalog = catalog;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.OFFSET_FOR_LEADER_EPOCH;
    }

    @Override
    public void answer(OffsetForLeaderEpochRequestData body, Request request) {
        OffsetForLeaderEpochResponseData reply = new OffsetForLeaderEpochResponseData();
        body.topics().forEach(asked -> {
            OffsetForLeaderTopicResult answered = new OffsetForLeaderTopicResult().setTopic(asked.topic());
            asked.partitions().forEach(partition -> answered.partitions().add(answer(asked.topic(), partition)));
            reply.topics().add(answered);
        });
        request.reply(reply);
    }

    private EpochEndOffset answer(String name, OffsetForLeaderPartition asked) {
        EpochEndOffset answer = new EpochEndOffset().setPartition(asked.partition());
        Topic topic = catalog.topics().get(name);
        if (topic == null || asked.partition() < 0 || asked.partition() >= topic.partitions().size()) {
            return answer.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        }
        Partition partition = topic.partitions().get(asked.partition());
        try {
            Errors epoch = Leaders.check(asked.currentLeaderEpoch(), partition.offsets().leaderEpoch());
            if (epoch != Errors.NONE) {
                return answer.setErrorCode(epoch.code());
            }
            if (asked.leaderEpoch() < 0) {
                return answer;
            }
            OffsetQuery.Answer end = partition.find(new OffsetQuery.EndOfEpoch(asked.leaderEpoch()));
            return answer.setLeaderEpoch(end.leaderEpoch()).setEndOffset(end.offset());
        } catch (ApiException e) {
            return answer.setErrorCode(Errors.forException(e).code());
        }
    }
}
