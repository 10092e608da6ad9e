// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirPartitionResult;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * AlterReplicaLogDirs, 1 to 2 (KIP-113): there is one data directory, in which every partition is already. Errors per partition:
 * LOG_DIR_NOT_FOUND for any other, UNKNOWN_TOPIC_OR_PARTITION.
 */
final class AlterReplicaLogDirsApi implements Api<AlterReplicaLogDirsRequestData> {
    private final TopicCatalog catalog;
    private final Path directory;

    AlterReplicaLogDirsApi(TopicCatalog catalog, Path directory) {
        this.catalog = catalog;
        this.directory = directory;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.ALTER_REPLICA_LOG_DIRS;
    }

    @Override
    public void answer(AlterReplicaLogDirsRequestData body, Request request) {
        Map<String, AlterReplicaLogDirTopicResult> results = new LinkedHashMap<>();
        body.dirs().forEach(dir -> dir.topics().forEach(asked -> {
            AlterReplicaLogDirTopicResult result =
                    results.computeIfAbsent(asked.name(), name -> new AlterReplicaLogDirTopicResult().setTopicName(name));
            asked.partitions().forEach(index -> result.partitions().add(new AlterReplicaLogDirPartitionResult()
                    .setPartitionIndex(index).setErrorCode(move(dir.path(), asked.name(), index).code())));
        }));
        AlterReplicaLogDirsResponseData reply = new AlterReplicaLogDirsResponseData();
        reply.results().addAll(results.values());
        request.reply(reply);
    }

    private Errors move(String path, String name, int index) {
        if (!directory.toString().equals(path)) {
            return Errors.LOG_DIR_NOT_FOUND;
        }
        Topic topic = catalog.topics().get(name);
        return topic == null || index < 0 || index >= topic.partitions().size() ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.NONE;
    }
}
