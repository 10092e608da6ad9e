// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.Topic;
import io.ottla.world.Disk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes the folders of deleted partitions. */
final class FolderPurge {
    private static final Logger LOG = LoggerFactory.getLogger(FolderPurge.class);

    private final Disk disk;
    private final Path directory;

    FolderPurge(Disk disk, Path directory) {
        this.disk = disk;
        this.directory = directory;
    }

    /** Folders of partitions that are deleted: renamed already, or not yet because the broker was killed in between. */
    List<Path> findDeleted(Map<String, Topic> topics, Set<Uuid> deletedIds) throws IOException {
        List<Path> found = new ArrayList<>();
        for (String name : disk.list(directory)) {
            Path path = directory.resolve(name);
            if (name.endsWith(LogFileNames.DELETED_FOLDER) && disk.isDirectory(path)
                    || !belongsTo(name, topics) && deletedIds.contains(topicId(path))) {
                found.add(path);
            }
        }
        return found;
    }

    private static boolean belongsTo(String folder, Map<String, Topic> topics) {
        int dash = folder.lastIndexOf('-');
        return dash > 0 && topics.containsKey(folder.substring(0, dash));
    }

    private Uuid topicId(Path folder) throws IOException {
        Path metadata = folder.resolve(LogFileNames.PARTITION_METADATA);
        if (!disk.exists(metadata)) {
            return null;
        }
        return PartitionMetadata.topicId(StandardCharsets.UTF_8.decode(SmallFiles.read(disk, metadata)).toString());
    }

    /** Deletes the folders with all that is in them. */
    void run(List<Path> folders) {
        for (Path folder : folders) {
            try {
                for (String name : disk.list(folder)) {
                    disk.delete(folder.resolve(name));
                }
                disk.delete(folder);
            } catch (IOException e) {
                LOG.warn("event=folder_delete_failed folder={} action=retried_at_next_start reason=\"{}\"", folder, e.getMessage());
            }
        }
    }
}
