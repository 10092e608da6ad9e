// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.Partition;
import io.ottla.topic.PartitionId;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import io.ottla.topic.TopicConfig;
import io.ottla.world.Clock;
import io.ottla.world.Disk;
import io.ottla.world.Timers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The topics of one data directory. Changes are ordered by one lock and written to a journal before they take effect;
 * look-ups need no lock. Partitions are opened when they are first used.
 */
public final class LocalCatalog implements TopicCatalog, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LocalCatalog.class);

    static final String JOURNAL = "catalog.journal";
    /** Skipped where it is not certain which were given away: a new producer with a known id would have its records taken for duplicates. */
    static final long UNSEEN_PRODUCER_IDS = 1_000_000;

    private final LogContext context;
    private final DataDirectory directory;
    private final CatalogJournal journal;
    private final CatalogWriter writer;
    private final FolderPurge purge;
    private final LogMaintenance maintenance;
    private final BackgroundRecovery recovery;

    private final Map<String, Topic> topics = new ConcurrentHashMap<>();
    private final Map<Uuid, Topic> topicsById = new ConcurrentHashMap<>();
    private final List<Consumer<Change>> listeners = new CopyOnWriteArrayList<>();

    // Guarded by the lock.
    private final ReentrantLock lock = new ReentrantLock();
    private CatalogConfigs configs;
    private long nextProducerId;
    private boolean closed;

    private LocalCatalog(LogContext context, DataDirectory directory, CatalogJournal journal) {
        this.context = context;
        this.directory = directory;
        this.journal = journal;
        writer = new CatalogWriter(context, journal, lock, this::image);
        purge = new FolderPurge(context);
        recovery = new BackgroundRecovery(context.workers());
        maintenance = new LogMaintenance(context, this::partitions);
    }

    /**
     * Opens a data directory, creating it if need be, and takes it for this broker alone.
     *
     * @throws IOException if it is held by another broker, damaged, or cannot be written
     */
    public static LocalCatalog open(LogSettings settings, Disk disk, Clock clock, Timers timers) throws IOException {
        return open(settings, disk, clock, timers, new LogWorkers(settings.flushThreads()));
    }

    static LocalCatalog open(LogSettings settings, Disk disk, Clock clock, Timers timers, Workers workers) throws IOException {
        Path path = settings.directory();
        DataDirectory directory = DataDirectory.open(disk, path, settings.nodeId());
        try {
            CatalogJournal journal = CatalogJournal.open(disk, path.resolve(JOURNAL));
            FlushPoints points = FlushPoints.open(disk, path.resolve("flush-points"));
            WriteAheadLog writeAhead = WriteAheadLog.open(disk, clock, workers, settings);
            LogContext context = new LogContext(settings, disk, clock, timers, points, writeAhead, workers);
            LocalCatalog catalog = new LocalCatalog(context, directory, journal);
            catalog.restore();
            return catalog;
        } catch (IOException | RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    private void restore() throws IOException {
        CatalogImage image = new CatalogImage();
        List<CatalogEvent> events = journal.replay();
        if (events.isEmpty()) {
            refuseOrphans();
        }
        boolean cut = journal.cutTail();
        events.forEach(image::apply);
        configs = new CatalogConfigs(context.settings(), image.configs());
        nextProducerId = image.nextProducerId() + (cut ? UNSEEN_PRODUCER_IDS : 0);
        for (CatalogEvent.TopicCreated created : image.topics()) {
            put(topic(created));
        }
        context.points().freeUnclaimed();
        context.writeAhead().keepOnly(this::partitions);
        List<Path> deleted = purge.findDeleted(topics, image.deleted());
        context.workers().submit(() -> purge.run(deleted));
        recover();
        maintenance.start();
        LOG.debug("event=catalog_opened directory={} topics={}", context.settings().directory(), topics.size());
    }

    private void recover() throws IOException {
        if (!context.points().lost()) {
            recovery.start(partitions().stream().filter(LocalPartition::unclean).toList(), () -> { });
        } else if (topics.isEmpty()) {
            context.points().complete();
        } else {
            LOG.warn("event=flush_points_lost directory={} action=every_partition_without_one_is_checked_as_a_whole", context.settings().directory());
            recovery.start(partitions(), this::pointsComplete);
        }
    }

    private void pointsComplete() {
        try {
            context.points().complete();
        } catch (IOException e) {
            LOG.warn("event=flush_points_incomplete action=checked_again_at_the_next_start reason=\"{}\"", e.getMessage());
        }
    }

    /** Every topic is in the journal before it has a folder: without a journal, a start would show an empty broker in place of what was kept. */
    private void refuseOrphans() throws IOException {
        String partition = purge.anyPartition();
        if (partition != null) {
            throw new DamagedLogException(context.settings().directory().resolve(JOURNAL) + " has no topics, but there are partitions such as "
                    + partition + ": restore it from a copy (or, if this is the data of Apache Kafka, see: ottla import --help)");
        }
    }

    private Topic topic(CatalogEvent.TopicCreated created) {
        TopicConfig config = configs.topic(created.configs());
        return new Topic(created.name(), created.id(), config, addPartitions(List.of(), created.name(), created.id(), created.partitions(), config));
    }

    private List<Partition> addPartitions(List<Partition> existing, String name, Uuid id, int total, TopicConfig config) {
        List<Partition> partitions = new ArrayList<>(existing);
        while (partitions.size() < total) {
            partitions.add(new LocalPartition(new PartitionId(name, id, partitions.size()), context, config));
        }
        return List.copyOf(partitions);
    }

    private void put(Topic topic) {
        topics.put(topic.name(), topic);
        topicsById.put(topic.id(), topic);
    }

    private List<LocalPartition> partitions() {
        List<LocalPartition> all = new ArrayList<>();
        for (Topic topic : topics.values()) {
            topic.partitions().forEach(partition -> all.add((LocalPartition) partition));
        }
        return all;
    }

    /** Compacts now instead of at the next check. */
    void compact() {
        maintenance.compact();
    }

    /** Applies retention now instead of at the next check. */
    void retain() {
        maintenance.retain();
    }

    /** Forgets idle producers now instead of at the next check. */
    void forgetIdleProducers() {
        maintenance.forgetIdleProducers();
    }

    /** How the disk treats the log. */
    public LogHealth health() {
        int offline = 0;
        int refusing = 0;
        for (LocalPartition partition : partitions()) {
            offline += partition.offline() ? 1 : 0;
            refusing += partition.refusesAppends() ? 1 : 0;
        }
        DiskFailures failures = context.failures();
        return new LogHealth(offline, refusing, failures.appends.sum(), failures.flushes.sum(), failures.reads.sum(), failures.changes.sum());
    }

    /** Partitions with records that may not be durable. Needs no lock, so that it answers while the disk does not. */
    public List<String> unflushed() {
        return partitions().stream().filter(LocalPartition::unflushed).map(partition -> partition.id().toString()).sorted().toList();
    }

    /** The cluster's id: 22 characters of base64, made with the directory. */
    public String clusterId() {
        return directory.clusterId();
    }

    @Override
    public Map<String, Topic> topics() {
        return Collections.unmodifiableMap(topics);
    }

    @Override
    public Topic find(Uuid id) {
        return topicsById.get(id);
    }

    @Override
    public Topic create(String name, int partitions, Map<String, String> overrides) {
        lock.lock();
        try {
            TopicRules.checkNew(name, partitions, topics);
            configs.topic(overrides);
            Uuid id = Uuid.randomUuid();
            clearWay(name, id, 0, partitions);
            return create(new CatalogEvent.TopicCreated(name, id, partitions, Map.copyOf(overrides)));
        } finally {
            lock.unlock();
        }
    }

    private void clearWay(String name, Uuid id, int from, int to) {
        try {
            purge.clearWay(name, id, from, to);
        } catch (IOException e) {
            throw writer.unsaved(e);
        }
    }

    private Topic create(CatalogEvent.TopicCreated created) {
        writer.write(created);
        Topic topic = topic(created);
        put(topic);
        changed(new Change(null, topic));
        return topic;
    }

    /** Brings the records of a partition that is to be created; returns what is durable of it, or null if nothing is there. */
    interface Records {
        FlushPoint bring(LogContext context, PartitionId id, TopicConfig config) throws IOException;
    }

    /** Creates a topic that keeps its id and gets its records before anybody sees it. */
    Topic adopt(String name, Uuid id, int partitions, Map<String, String> overrides, Records records) throws IOException {
        lock.lock();
        try {
            TopicRules.checkNew(name, partitions, topics);
            if (topicsById.containsKey(id)) {
                throw new TopicExistsException("A topic with id " + id + " already exists.");
            }
            TopicConfig config = configs.topic(overrides);
            // The id may have been another topic's of this broker.
            context.writeAhead().clear();
            if (journal.empty()) {
                // Folders are filled before their topic is written down; see refuseOrphans.
                writer.write(new CatalogEvent.ProducerIdsReserved(nextProducerId));
            }
            for (int index = 0; index < partitions; index++) {
                PartitionId partition = new PartitionId(name, id, index);
                FlushPoint point = records.bring(context, partition, config);
                if (point != null) {
                    context.points().prepare(partition, point);
                }
            }
            context.directorySync().sync();
            context.points().force();
            return create(new CatalogEvent.TopicCreated(name, id, partitions, Map.copyOf(overrides)));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void delete(String name) {
        lock.lock();
        try {
            Topic topic = known(name);
            writer.write(new CatalogEvent.TopicDeleted(topic.id()));
            topics.remove(name);
            topicsById.remove(topic.id());
            List<Path> folders = new ArrayList<>();
            for (Partition partition : topic.partitions()) {
                setAside((LocalPartition) partition, folders);
            }
            purge.renamed();
            long delayMs = topic.config().fileDeleteDelayMs();
            context.timers().schedule(delayMs, () -> context.workers().submit(() -> purge.run(folders)));
            changed(new Change(topic, null));
        } finally {
            lock.unlock();
        }
    }

    private static void setAside(LocalPartition partition, List<Path> folders) {
        try {
            Path folder = partition.delete();
            if (folder != null) {
                folders.add(folder);
            }
        } catch (IOException e) {
            LOG.error("event=partition_delete_failed partition={} action=retried_at_next_start reason=\"{}\"", partition.id(), e.getMessage());
        }
    }

    @Override
    public Topic grow(String name, int total) {
        lock.lock();
        try {
            Topic before = known(name);
            TopicRules.checkGrowth(before, total);
            clearWay(name, before.id(), before.partitions().size(), total);
            writer.write(new CatalogEvent.TopicGrown(before.id(), total));
            Topic after = new Topic(name, before.id(), before.config(), addPartitions(before.partitions(), name, before.id(), total, before.config()));
            put(after);
            changed(new Change(before, after));
            return after;
        } finally {
            lock.unlock();
        }
    }

    private Topic known(String name) {
        Topic topic = topics.get(name);
        if (topic == null) {
            throw new UnknownTopicOrPartitionException("This server does not host this topic-partition.");
        }
        return topic;
    }

    @Override
    public Map<ConfigResource, Map<String, String>> configs() {
        return configs.all();
    }

    @Override
    public void replaceConfigs(ConfigResource resource, Map<String, String> overrides) {
        lock.lock();
        try {
            if (resource.type() == ConfigResource.Type.TOPIC) {
                replaceTopicConfigs(known(resource.name()), overrides);
            } else {
                writer.write(new CatalogEvent.ConfigsReplaced(resource.type().id(), resource.name(), overrides));
                configs.replace(resource, overrides);
                if (resource.type() == ConfigResource.Type.BROKER) {
                    topics.values().forEach(topic -> reconfigure(topic, topic.config().overrides()));
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void replaceTopicConfigs(Topic topic, Map<String, String> overrides) {
        configs.topic(overrides);
        writer.write(new CatalogEvent.ConfigsReplaced(ConfigResource.Type.TOPIC.id(), topic.name(), overrides));
        reconfigure(topic, overrides);
    }

    private void reconfigure(Topic before, Map<String, String> overrides) {
        Topic after = new Topic(before.name(), before.id(), configs.topic(Map.copyOf(overrides)), before.partitions());
        put(after);
        for (Partition partition : after.partitions()) {
            ((LocalPartition) partition).configure(after.config());
        }
        changed(new Change(before, after));
    }

    @Override
    public long reserveProducerIds(int count) {
        lock.lock();
        try {
            long first = nextProducerId;
            writer.write(new CatalogEvent.ProducerIdsReserved(Math.addExact(first, count)));
            nextProducerId = first + count;
            return first;
        } finally {
            lock.unlock();
        }
    }

    /** Never gives {@code last} or an id below it to a producer, durably. */
    void skipProducerIds(long last) {
        lock.lock();
        try {
            if (nextProducerId <= last) {
                writer.write(new CatalogEvent.ProducerIdsReserved(last + 1));
                nextProducerId = last + 1;
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void watch(Consumer<Change> listener) {
        listeners.add(listener);
    }

    private void changed(Change change) {
        for (Consumer<Change> listener : listeners) {
            try {
                listener.accept(change);
            } catch (RuntimeException e) {
                LOG.error("event=catalog_listener_failed action=ignored", e);
            }
        }
    }

    CatalogWriter writer() {
        return writer;
    }

    private CatalogImage image() {
        CatalogImage image = new CatalogImage();
        for (Topic topic : topics.values()) {
            image.apply(new CatalogEvent.TopicCreated(topic.name(), topic.id(), topic.partitions().size(), topic.config().overrides()));
        }
        configs.all().forEach((resource, overrides) -> image.apply(new CatalogEvent.ConfigsReplaced(resource.type().id(), resource.name(), overrides)));
        image.apply(new CatalogEvent.ProducerIdsReserved(nextProducerId));
        return image;
    }

    /** Flushes and closes every partition and gives up the directory. Harmless when repeated. */
    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            writer.close();
            closed = true;
        } finally {
            lock.unlock();
        }
        maintenance.close();
        recovery.stop();
        context.workers().close();
        // Side by side, so that the file system commits many partitions together.
        partitions().forEach(partition -> context.workers().submit(partition::close));
        context.workers().close();
        context.groupCommit().close();
        context.points().force();
        context.writeAhead().close();
        context.points().close();
        journal.close();
        directory.close();
    }
}
