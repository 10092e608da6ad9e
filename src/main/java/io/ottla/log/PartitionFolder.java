// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.PartitionId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What lies in a partition's folder when it is opened. Used by one thread. */
final class PartitionFolder {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionFolder.class);
    private static final List<String> LEFT_OVER = List.of(LogFileNames.DELETED, LogFileNames.CLEANED, LogFileNames.SWAP, LogFileNames.TEMPORARY);
    private static final List<String> INDEXES = List.of(LogFileNames.OFFSET_INDEX, LogFileNames.TIME_INDEX, LogFileNames.TRANSACTION_INDEX);

    private final LogContext context;
    private final PartitionId id;
    private final Path path;
    private Set<String> names = Set.of();
    private boolean identified;
    private EpochHistory epochs = EpochHistory.EMPTY;

    PartitionFolder(LogContext context, PartitionId id, Path path) {
        this.context = context;
        this.id = id;
        this.path = path;
    }

    /**
     * Looks what is there, and removes what was half done when the broker stopped.
     *
     * @param known whether this partition had records here before: another's folder is not taken for its own, nor its own for another's
     */
    void open(long nowMs, boolean known) throws IOException {
        names = new HashSet<>(context.disk().list(path));
        checkIdentity(nowMs, known);
        if (CompactionSwap.recover(context.disk(), path, List.copyOf(names))) {
            names = new HashSet<>(context.disk().list(path));
        }
        for (String name : List.copyOf(names)) {
            if (LEFT_OVER.stream().anyMatch(name::endsWith) || lacksItsLog(name)) {
                context.disk().delete(path.resolve(name));
                names.remove(name);
            }
        }
        epochs = readEpochs();
    }

    /** Whether it is an index that has nothing to point at: a segment leaves with its log, and its indexes may not have followed. */
    private boolean lacksItsLog(String name) {
        return INDEXES.stream().mapToLong(suffix -> LogFileNames.baseOffset(name, suffix)).anyMatch(base -> base >= 0 && !has(base, LogFileNames.LOG));
    }

    /** Looks what is there, and touches nothing: somebody else's folder. */
    void look() throws IOException {
        names = new HashSet<>(context.disk().list(path));
        epochs = readEpochs();
    }

    /** Adds the producers that the newest snapshot at or before {@code limit} knows and {@code known} does not: their batches are deleted. */
    void addForgotten(ProducerLedger known, long limit, long nowMs) throws IOException {
        for (long offset : snapshots().descendingSet()) {
            ProducerLedger saved = new ProducerLedger(id);
            Path file = path.resolve(LogFileNames.of(offset, LogFileNames.SNAPSHOT));
            if (offset <= limit && ProducerSnapshot.decode(SmallFiles.read(context.disk(), file), saved, nowMs)) {
                known.addMissing(saved);
                return;
            }
        }
    }

    private void checkIdentity(long nowMs, boolean known) throws IOException {
        Uuid found = PartitionMetadata.topicId(text(LogFileNames.PARTITION_METADATA));
        identified = id.topicId().equals(found);
        if (!identified && found != null) {
            if (known) {
                throw new DamagedLogException(path.resolve(LogFileNames.PARTITION_METADATA) + " names topic id " + found + " where " + id.topicId()
                        + " is due: if only this file is damaged, delete it");
            }
            Path aside = path.resolveSibling(LogFileNames.strayFolder(id, nowMs));
            LOG.warn("event=stray_folder partition={} id={} found={} action=moved_aside to={}", id, id.topicId(), found, aside);
            context.disk().move(path, aside);
            names = new HashSet<>();
        }
    }

    private String text(String name) throws IOException {
        if (!names.contains(name)) {
            return "";
        }
        ByteBuffer bytes = SmallFiles.read(context.disk(), path.resolve(name));
        return StandardCharsets.UTF_8.decode(bytes).toString();
    }

    private EpochHistory readEpochs() throws IOException {
        String text = text(LogFileNames.LEADER_EPOCHS);
        EpochHistory known = EpochHistory.decode(text);
        if (known == null && !text.isEmpty()) {
            LOG.warn("event=leader_epochs_damaged partition={} action=asking_the_batches", id);
        }
        return known == null ? EpochHistory.EMPTY : known;
    }

    boolean exists() {
        return !names.isEmpty();
    }

    /** True if the files that say whose folder this is are there. */
    boolean described() {
        return identified && !epochs.starts().isEmpty();
    }

    EpochHistory epochs() {
        return epochs;
    }

    /** The segments in order of their base offsets. */
    List<Segment> segments(long nowMs) {
        TreeSet<Long> bases = new TreeSet<>();
        for (String name : names) {
            long base = LogFileNames.baseOffset(name, LogFileNames.LOG);
            if (base >= 0) {
                bases.add(base);
            }
        }
        List<Segment> segments = new ArrayList<>();
        for (long base : bases) {
            segments.add(new Segment(context.files(), path, base, nowMs, new Segment.Existing(true,
                    has(base, LogFileNames.OFFSET_INDEX), has(base, LogFileNames.TIME_INDEX), has(base, LogFileNames.TRANSACTION_INDEX))));
        }
        return segments;
    }

    private boolean has(long base, String suffix) {
        return names.contains(LogFileNames.of(base, suffix));
    }

    /** Loads the newest usable snapshot at or before {@code limit}; returns its offset, or 0. Later ones are removed. */
    long loadSnapshot(long limit, ProducerLedger producers, long nowMs) throws IOException {
        for (long offset : snapshots().descendingSet()) {
            Path file = path.resolve(LogFileNames.of(offset, LogFileNames.SNAPSHOT));
            if (offset > limit) {
                context.disk().delete(file);
            } else if (ProducerSnapshot.decode(SmallFiles.read(context.disk(), file), producers, nowMs)) {
                return offset;
            } else {
                LOG.warn("event=snapshot_damaged file={} action=using_an_older_one", file);
            }
        }
        return 0;
    }

    private TreeSet<Long> snapshots() {
        TreeSet<Long> offsets = new TreeSet<>();
        for (String name : names) {
            long offset = LogFileNames.baseOffset(name, LogFileNames.SNAPSHOT);
            if (offset >= 0) {
                offsets.add(offset);
            }
        }
        return offsets;
    }

    void sync() throws IOException {
        context.disk().syncDirectory(path);
    }
}
