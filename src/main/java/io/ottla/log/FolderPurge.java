// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.PartitionId;
import io.ottla.topic.Topic;
import io.ottla.world.Disk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the folders of deleted partitions apart from those of their successors with the same names, and removes them. Changed
 * under the catalog's lock; {@link #run} needs none.
 */
final class FolderPurge {
    private static final Logger LOG = LoggerFactory.getLogger(FolderPurge.class);

    private final LogContext context;
    private final Disk disk;
    private final Path directory;
    /** Whether a power cut could give folders back the names they had; nobody knows what the last process left. */
    private boolean renamed = true;

    FolderPurge(LogContext context) {
        this.context = context;
        disk = context.disk();
        directory = context.settings().directory();
    }

    /** Folders of partitions that are deleted: renamed already, or now, because the broker was stopped in between. */
    List<Path> findDeleted(Map<String, Topic> topics, Map<Uuid, String> deleted) throws IOException {
        List<Path> found = new ArrayList<>();
        for (String name : disk.list(directory)) {
            Path path = directory.resolve(name);
            if (LogFileNames.isDeletedFolder(name)) {
                found.add(path);
            } else if (LogFileNames.isFolder(name) && !topics.containsKey(topic(name)) && wasDeleted(path, topic(name), deleted)) {
                Path aside = path.resolveSibling(name + "." + Uuid.randomUuid() + LogFileNames.DELETED_FOLDER);
                disk.move(path, aside);
                found.add(aside);
            }
        }
        return found;
    }

    private static String topic(String folder) {
        return folder.substring(0, folder.lastIndexOf('-'));
    }

    /** What a power cut has left without its description goes by its name. */
    private boolean wasDeleted(Path folder, String topic, Map<Uuid, String> deleted) {
        Uuid id = topicId(folder);
        boolean gone = id != null ? deleted.containsKey(id) : deleted.containsValue(topic) && disk.isDirectory(folder);
        if (!gone && id != null) {
            LOG.warn("event=folder_of_no_topic folder={} topic_id={} action=left_alone", folder, id);
        }
        return gone;
    }

    /** The name of a folder with a partition's records, or null if there is none. */
    String anyPartition() throws IOException {
        for (String name : disk.list(directory)) {
            if (LogFileNames.isFolder(name) && topicId(directory.resolve(name)) != null) {
                return name;
            }
        }
        return null;
    }

    /** Null where none can be read: whatever lies there is not ours to judge. */
    private Uuid topicId(Path folder) {
        Path metadata = folder.resolve(LogFileNames.PARTITION_METADATA);
        try {
            return disk.exists(metadata) ? PartitionMetadata.topicId(StandardCharsets.UTF_8.decode(SmallFiles.read(disk, metadata)).toString()) : null;
        } catch (IOException e) {
            LOG.warn("event=folder_unreadable folder={} action=left_alone reason=\"{}\"", folder, e.getMessage());
            return null;
        }
    }

    /** A partition's folder was renamed. */
    void renamed() {
        renamed = true;
    }

    /** Sees to it that partitions which are new find nothing of others with the same names, whatever happens. */
    void clearWay(String topic, Uuid id, int from, int to) throws IOException {
        for (int index = from; index < to; index++) {
            PartitionId partition = new PartitionId(topic, id, index);
            Path folder = directory.resolve(LogFileNames.folder(partition));
            if (disk.isDirectory(folder)) {
                Path aside = directory.resolve(LogFileNames.strayFolder(partition, context.clock().wallMs()));
                LOG.warn("event=stray_folder partition={} id={} action=moved_aside to={}", partition, id, aside);
                disk.move(folder, aside);
                renamed = true;
            }
        }
        if (renamed) {
            context.directorySync().sync();
            renamed = false;
        }
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
