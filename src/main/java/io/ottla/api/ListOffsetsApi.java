// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.OffsetQuery;
import io.ottla.topic.Partition;
import io.ottla.topic.PartitionOffsets;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ListOffsetsRequest;

/**
 * ListOffsets, 1 to 11: the offset of a timestamp, or one of the special ones: -1 latest (the last stable offset under
 * read_committed), -2 earliest, -3 of the largest timestamp (version 7, KIP-734), -4 earliest local (8), -5 latest tiered (9)
 * and -6 earliest not yet uploaded (11), which without tiered storage do not exist. What was acknowledged before counts.
 * Errors per partition: INVALID_REQUEST (asked twice), UNSUPPORTED_VERSION, UNKNOWN_TOPIC_OR_PARTITION, FENCED_LEADER_EPOCH,
 * UNKNOWN_LEADER_EPOCH, KAFKA_STORAGE_ERROR.
 */
final class ListOffsetsApi implements Api<ListOffsetsRequestData> {
    private static final byte READ_COMMITTED = 1;
    /** Earlier versions refuse to be written with an epoch. */
    private static final int LEADER_EPOCH_VERSION = 4;

    private final TopicCatalog catalog;

    ListOffsetsApi(TopicCatalog catalog) {
        this.catalog = catalog;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.LIST_OFFSETS;
    }

    @Override
    public void answer(ListOffsetsRequestData body, Request request) {
        boolean searches = body.topics().stream().flatMap(topic -> topic.partitions().stream()).anyMatch(asked -> searches(asked.timestamp()));
        Acknowledged.await(askedForTheirEnd(body), () -> {
            if (searches) {
                Blocking.runBusy(request, body, () -> request.reply(reply(body, request)));
            } else {
                request.reply(reply(body, request));
            }
        });
    }

    private static boolean searches(long timestamp) {
        return timestamp >= 0 || timestamp == ListOffsetsRequest.MAX_TIMESTAMP;
    }

    private List<Partition> askedForTheirEnd(ListOffsetsRequestData body) {
        List<Partition> partitions = new ArrayList<>();
        for (ListOffsetsTopic asked : body.topics()) {
            Topic topic = catalog.topics().get(asked.name());
            for (ListOffsetsPartition each : asked.partitions()) {
                if (exists(topic, each) && (each.timestamp() == ListOffsetsRequest.LATEST_TIMESTAMP || searches(each.timestamp()))) {
                    partitions.add(topic.partitions().get(each.partitionIndex()));
                }
            }
        }
        return partitions;
    }

    private static boolean exists(Topic topic, ListOffsetsPartition asked) {
        return topic != null && asked.partitionIndex() >= 0 && asked.partitionIndex() < topic.partitions().size();
    }

    private ListOffsetsResponseData reply(ListOffsetsRequestData body, Request request) {
        ListOffsetsResponseData reply = new ListOffsetsResponseData();
        for (ListOffsetsTopic asked : body.topics()) {
            ListOffsetsTopicResponse answered = new ListOffsetsTopicResponse().setName(asked.name());
            reply.topics().add(answered);
            Map<Integer, List<ListOffsetsPartition>> byIndex = asked.partitions().stream()
                    .collect(Collectors.groupingBy(ListOffsetsPartition::partitionIndex, LinkedHashMap::new, Collectors.toList()));
            byIndex.values().forEach(same -> answered.partitions().add(same.size() == 1
                    ? answer(asked.name(), same.getFirst(), body.isolationLevel(), request.head().version())
                    : failure(same.getFirst(), Errors.INVALID_REQUEST)));
        }
        return reply;
    }

    private ListOffsetsPartitionResponse answer(String name, ListOffsetsPartition asked, byte isolation, short version) {
        Topic topic = catalog.topics().get(name);
        if (!exists(topic, asked)) {
            return failure(asked, Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        if (asked.timestamp() < 0 && version < firstVersion(asked.timestamp())) {
            return failure(asked, Errors.UNSUPPORTED_VERSION);
        }
        Partition partition = topic.partitions().get(asked.partitionIndex());
        try {
            PartitionOffsets offsets = partition.offsets();
            Errors epoch = Leaders.check(asked.currentLeaderEpoch(), offsets.leaderEpoch());
            if (epoch != Errors.NONE) {
                return failure(asked, epoch);
            }
            OffsetQuery.Answer found = find(partition, offsets, asked.timestamp(), isolation);
            ListOffsetsPartitionResponse answered = new ListOffsetsPartitionResponse().setPartitionIndex(asked.partitionIndex())
                    .setOffset(found.offset()).setTimestamp(found.timestampMs());
            return version < LEADER_EPOCH_VERSION ? answered : answered.setLeaderEpoch(found.leaderEpoch());
        } catch (ApiException e) {
            return failure(asked, Errors.forException(e));
        }
    }

    /** The version that brought a special timestamp; past all versions for one that does not exist. */
    private static int firstVersion(long timestamp) {
        return switch ((int) Math.max(timestamp, Integer.MIN_VALUE)) {
            case (int) ListOffsetsRequest.LATEST_TIMESTAMP, (int) ListOffsetsRequest.EARLIEST_TIMESTAMP -> 1;
            case (int) ListOffsetsRequest.MAX_TIMESTAMP -> 7;
            case (int) ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP -> 8;
            case (int) ListOffsetsRequest.LATEST_TIERED_TIMESTAMP -> 9;
            case (int) ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP -> 11;
            default -> Integer.MAX_VALUE;
        };
    }

    private static OffsetQuery.Answer find(Partition partition, PartitionOffsets offsets, long timestamp, byte isolation) {
        long end = isolation == READ_COMMITTED ? offsets.lastStable() : offsets.highWatermark();
        if (timestamp == ListOffsetsRequest.LATEST_TIMESTAMP) {
            return new OffsetQuery.Answer(end, -1, offsets.leaderEpoch());
        }
        if (timestamp == ListOffsetsRequest.EARLIEST_TIMESTAMP || timestamp == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP) {
            return new OffsetQuery.Answer(offsets.logStart(), -1, offsets.leaderEpoch());
        }
        if (timestamp == ListOffsetsRequest.LATEST_TIERED_TIMESTAMP || timestamp == ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP) {
            return OffsetQuery.Answer.NONE;
        }
        OffsetQuery query = timestamp == ListOffsetsRequest.MAX_TIMESTAMP
                ? new OffsetQuery.MaxTimestamp()
                : new OffsetQuery.ByTimestamp(timestamp);
        OffsetQuery.Answer found = partition.find(query);
        return found.offset() < end ? found : OffsetQuery.Answer.NONE;
    }

    private static ListOffsetsPartitionResponse failure(ListOffsetsPartition asked, Errors error) {
        return new ListOffsetsPartitionResponse().setPartitionIndex(asked.partitionIndex()).setErrorCode(error.code());
    }
}
