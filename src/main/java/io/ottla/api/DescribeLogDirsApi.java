// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.Partition;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** DescribeLogDirs, 1 to 5 (KIP-113, KIP-827): the data directory, its room, and the size of each partition in bytes. */
final class DescribeLogDirsApi implements Api<DescribeLogDirsRequestData> {
    private final TopicCatalog catalog;
    private final Path directory;

    DescribeLogDirsApi(TopicCatalog catalog, Path directory) {
        this.catalog = catalog;
        this.directory = directory;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DESCRIBE_LOG_DIRS;
    }

    @Override
    public void answer(DescribeLogDirsRequestData body, Request request) {
        Blocking.run(request, body, () -> {
            DescribeLogDirsResult result = new DescribeLogDirsResult().setLogDir(directory.toString());
            try {
                FileStore store = Files.getFileStore(directory);
                result.setTotalBytes(store.getTotalSpace()).setUsableBytes(store.getUsableSpace());
                addTopics(body, result);
            } catch (IOException e) {
                result.setErrorCode(Errors.KAFKA_STORAGE_ERROR.code());
            }
            DescribeLogDirsResponseData reply = new DescribeLogDirsResponseData();
            reply.results().add(result);
            request.reply(reply);
        });
    }

    private void addTopics(DescribeLogDirsRequestData body, DescribeLogDirsResult result) {
        if (body.topics() == null) {
            catalog.topics().values().forEach(topic -> result.topics().add(describe(topic, null)));
            return;
        }
        Map<String, Set<Integer>> asked = new HashMap<>();
        for (DescribableLogDirTopic topic : body.topics()) {
            asked.computeIfAbsent(topic.topic(), name -> new HashSet<>()).addAll(topic.partitions());
        }
        asked.forEach((name, indexes) -> {
            Topic topic = catalog.topics().get(name);
            DescribeLogDirsTopic described = topic == null ? null : describe(topic, indexes);
            if (described != null && !described.partitions().isEmpty()) {
                result.topics().add(described);
            }
        });
    }

    private static DescribeLogDirsTopic describe(Topic topic, Set<Integer> indexes) {
        DescribeLogDirsTopic described = new DescribeLogDirsTopic().setName(topic.name());
        for (Partition partition : topic.partitions()) {
            if (indexes == null || indexes.contains(partition.id().index())) {
                described.partitions().add(new DescribeLogDirsPartition()
                        .setPartitionIndex(partition.id().index()).setPartitionSize(size(partition)));
            }
        }
        return described;
    }

    /** The size of an offline partition is not known. */
    private static long size(Partition partition) {
        try {
            return partition.describe().sizeBytes();
        } catch (ApiException e) {
            return -1;
        }
    }
}
