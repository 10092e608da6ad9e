// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.Topic;
import io.ottla.world.Disk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;

/**
 * Takes over topics from a data directory (`log.dirs`) that Apache Kafka 4 has written and no broker is using. Records, their
 * offsets, producers, transactions, leader epochs, log start offsets and topic ids are kept; the source is only read. What
 * Kafka keeps in its metadata log, such as topic configs, is not in these folders: the caller gives the configs. One thread.
 */
public final class LogImport implements AutoCloseable {
    private static final String METADATA_TOPIC = "__cluster_metadata";
    private static final String LOG_STARTS = "log-start-offset-checkpoint";

    /**
     * A topic that is there.
     *
     * @param id         its id, kept
     * @param partitions how many it has
     */
    public record Found(String name, Uuid id, int partitions) {}

    private final Disk disk;
    private final Path from;
    private final AutoCloseable lock;
    private final Map<String, Found> topics = new TreeMap<>();
    private final Map<String, Long> logStarts;
    private final KafkaMetadata metadata;

    private LogImport(Disk disk, Path from, AutoCloseable lock) throws IOException {
        this.disk = disk;
        this.from = from;
        this.lock = lock;
        metadata = KafkaMetadata.read(disk, from.resolve(METADATA_TOPIC + "-0"));
        findTopics();
        logStarts = readLogStarts();
    }

    /** @throws IOException if the directory is missing, in use by a broker, or not what Kafka writes */
    public static LogImport open(Disk disk, Path from) throws IOException {
        if (!disk.exists(from.resolve("meta.properties"))) {
            throw new IOException(from + " is no Kafka data directory: it has no meta.properties");
        }
        AutoCloseable lock = disk.lock(from.resolve(".lock"));
        try {
            return new LogImport(disk, from, lock);
        } catch (IOException | RuntimeException e) {
            DataDirectory.release(lock);
            throw e;
        }
    }

    private void findTopics() throws IOException {
        for (String folder : disk.list(from)) {
            int dash = folder.lastIndexOf('-');
            int index = dash <= 0 ? -1 : index(folder.substring(dash + 1));
            String name = dash <= 0 ? "" : folder.substring(0, dash);
            if (index < 0 || name.equals(METADATA_TOPIC) || !disk.isDirectory(from.resolve(folder))) {
                continue;
            }
            Uuid id = topicId(from.resolve(folder));
            Found known = topics.get(name);
            if (known != null && !known.id().equals(id)) {
                throw new IOException("the folders of topic " + name + " have different topic ids: " + known.id() + " and " + id);
            }
            topics.put(name, new Found(name, id, Math.max(index + 1, known == null ? metadata.partitions(id) : known.partitions())));
        }
    }

    private static int index(String digits) {
        try {
            return Integer.parseInt(digits);
        } catch (NumberFormatException notAPartition) {
            return -1;
        }
    }

    private Uuid topicId(Path folder) throws IOException {
        Path metadata = folder.resolve(LogFileNames.PARTITION_METADATA);
        Uuid id = disk.exists(metadata) ? PartitionMetadata.topicId(StandardCharsets.UTF_8.decode(SmallFiles.read(disk, metadata)).toString()) : null;
        if (id == null) {
            throw new IOException(folder + " does not say which topic it belongs to");
        }
        return id;
    }

    private Map<String, Long> readLogStarts() throws IOException {
        Map<String, Long> starts = new HashMap<>();
        Path path = from.resolve(LOG_STARTS);
        if (disk.exists(path)) {
            List<String> lines = StandardCharsets.UTF_8.decode(SmallFiles.read(disk, path)).toString().lines().toList();
            for (String line : lines.subList(Math.min(2, lines.size()), lines.size())) {
                String[] fields = line.split(" ");
                starts.put(fields[0] + "-" + fields[1], Long.parseLong(fields[2]));
            }
        }
        return starts;
    }

    /** What may be imported, by name; internal topics included. */
    public List<Found> topics() {
        return List.copyOf(topics.values());
    }

    /** The configs that were set for a topic in Kafka; none if the directory is not the one where the controller keeps them. */
    public Map<String, String> configs(Found topic) {
        return metadata.configs(topic.name());
    }

    /**
     * Copies one topic into {@code catalog}, all or nothing, and durably.
     *
     * @param configs the overrides that the topic shall have
     * @throws ApiException TOPIC_ALREADY_EXISTS, INVALID_CONFIG
     * @throws IOException if a partition is not there, a segment is damaged or in a format before Kafka 0.11, or the disk fails
     */
    public Topic copy(Found topic, LocalCatalog catalog, Map<String, String> configs) throws IOException {
        return catalog.adopt(topic.name(), topic.id(), topic.partitions(), configs, (context, id, config) -> {
            String folder = LogFileNames.folder(id);
            Path source = from.resolve(folder);
            if (!disk.isDirectory(source)) {
                throw new IOException("partition " + folder + " is not in " + from + ", but perhaps in another directory of Kafka's log.dirs, or on another broker");
            }
            Path target = context.settings().directory().resolve(folder);
            ImportedPartition partition = new ImportedPartition(context, id, source, target, config);
            FlushPoint point = partition.copy(logStarts.getOrDefault(folder, 0L));
            // Kafka gave some ids to producers of which no record is left, yet which may come back with them.
            catalog.skipProducerIds(partition.highestProducerId() + LocalCatalog.UNSEEN_PRODUCER_IDS);
            return point;
        });
    }

    /** Lets go of the source. */
    @Override
    public void close() throws IOException {
        DataDirectory.release(lock);
    }
}
