// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.PartitionId;
import io.ottla.topic.TopicConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a partition's folder: trusts what the flush point says is durable, checks every batch after it, cuts the log at the
 * first that is not whole, and brings indexes and producers up to date. Used once, by one thread.
 */
final class LogLoader {
    private static final Logger LOG = LoggerFactory.getLogger(LogLoader.class);

    /** What is in the folder; all of it is durable now. */
    record Loaded(
            Segment[] segments,
            LogPosition end,
            long logStart,
            int leaderEpoch,
            EpochHistory epochs,
            ProducerLedger producers,
            boolean folderExists,
            long bytesSinceSnapshot,
            boolean changed) {}

    private final PartitionId id;
    private final LogContext context;
    private final Path folder;
    private final TopicConfig config;
    private final FlushPoint point;
    private final long nowMs;
    private final ProducerLedger producers;

    private Set<String> names;
    private final List<Segment> segments = new ArrayList<>();
    private EpochHistory epochs = EpochHistory.EMPTY;
    private long nextOffset;
    private int endPosition;
    private long replayed;
    private boolean changed;

    /** @param point what is known to be durable, or null if nothing is known */
    LogLoader(PartitionId id, LogContext context, Path folder, TopicConfig config, FlushPoint point) {
        this.id = id;
        this.context = context;
        this.folder = folder;
        this.config = config;
        this.point = point;
        nowMs = context.clock().wallMs();
        producers = new ProducerLedger(id);
    }

    /** @throws DamagedLogException if something that was durable is missing or damaged */
    Loaded load() throws IOException {
        names = new HashSet<>(context.disk().list(folder));
        nextOffset = point == null ? 0 : point.logStart();
        checkIdentity();
        removeLeftovers();
        findSegments();
        if (names.contains(LogFileNames.LEADER_EPOCHS)) {
            epochs = EpochHistory.decode(SmallFiles.read(context.disk(), folder.resolve(LogFileNames.LEADER_EPOCHS)));
        }
        if (!segments.isEmpty()) {
            recover();
            makeDurable();
        }
        return loaded();
    }

    private Loaded loaded() throws IOException {
        Segment last = segments.isEmpty() ? null : segments.getLast();
        long start = segments.isEmpty() ? nextOffset : segments.getFirst().baseOffset();
        long logStart = Math.min(nextOffset, Math.max(start, point == null ? 0 : point.logStart()));
        int epoch = Math.max(epochs.latest(), point == null ? 0 : point.leaderEpoch());
        LogPosition end = new LogPosition(last, nextOffset, last == null ? 0 : endPosition);
        return new Loaded(segments.toArray(Segment[]::new), end, logStart, epoch, epochs, producers, !names.isEmpty(), replayed, changed);
    }

    private void checkIdentity() throws IOException {
        if (!names.contains(LogFileNames.PARTITION_METADATA)) {
            return;
        }
        ByteBuffer bytes = SmallFiles.read(context.disk(), folder.resolve(LogFileNames.PARTITION_METADATA));
        String text = StandardCharsets.UTF_8.decode(bytes).toString();
        if (!text.contains("topic_id: " + id.topicId())) {
            Path aside = folder.resolveSibling(folder.getFileName() + "." + Long.toHexString(nowMs) + LogFileNames.STRAY_FOLDER);
            LOG.warn("event=stray_folder partition={} id={} found=\"{}\" action=moved_aside to={}", id, id.topicId(), text.strip().replace('\n', ' '), aside);
            context.disk().move(folder, aside);
            names = new HashSet<>();
        }
    }

    private void removeLeftovers() throws IOException {
        for (String name : List.copyOf(names)) {
            if (name.endsWith(LogFileNames.DELETED) || name.endsWith(LogFileNames.CLEANED) || name.endsWith(LogFileNames.TEMPORARY)) {
                context.disk().delete(folder.resolve(name));
                names.remove(name);
            }
        }
    }

    private void findSegments() throws IOException {
        TreeSet<Long> bases = new TreeSet<>();
        for (String name : names) {
            long base = LogFileNames.baseOffset(name, LogFileNames.LOG);
            if (base >= 0) {
                bases.add(base);
            }
        }
        for (long base : bases) {
            segments.add(new Segment(context.files(), folder, base, nowMs, new Segment.Existing(true,
                    has(base, LogFileNames.OFFSET_INDEX), has(base, LogFileNames.TIME_INDEX), has(base, LogFileNames.TRANSACTION_INDEX))));
        }
        if (point != null && point.offset() > point.logStart() && segments.isEmpty()) {
            throw new DamagedLogException("no segment of " + id + " is left in " + folder + ", but records up to offset " + point.offset() + " were durable");
        }
    }

    private boolean has(long base, String suffix) {
        return names.contains(LogFileNames.of(base, suffix));
    }

    private void recover() throws IOException {
        int first = 0;
        int position = 0;
        if (point != null) {
            first = durableSegment();
            position = point.position();
            Segment segment = segments.get(first);
            segment.setMaxTimestamp(point.maxTimestamp(), point.maxTimestampOffset());
            segment.truncateIndexes(position, point.offset());
            nextOffset = point.offset();
        } else {
            nextOffset = segments.getFirst().baseOffset();
            segments.getFirst().truncateIndexes(0, nextOffset);
        }
        replayProducers(first, position);
        scanTail(first, position);
    }

    private int durableSegment() throws IOException {
        for (int i = segments.size() - 1; i >= 0; i--) {
            Segment segment = segments.get(i);
            if (segment.baseOffset() == point.segmentBase()) {
                if (segment.sizeBytes() < point.position()) {
                    throw new DamagedLogException(segment + " has " + segment.sizeBytes() + " bytes, but " + point.position() + " were durable");
                }
                return i;
            }
        }
        throw new DamagedLogException("segment " + LogFileNames.of(point.segmentBase(), LogFileNames.LOG) + " of " + id + " is missing, but was durable");
    }

    /** Brings the producers to where the flush point is: from the last snapshot, and the batches between. */
    private void replayProducers(int last, int lastPosition) throws IOException {
        if (point == null || !point.producers()) {
            return;
        }
        long from = loadSnapshot(point.offset());
        for (int i = 0; i <= last; i++) {
            Segment segment = segments.get(i);
            long next = i < last ? segments.get(i + 1).baseOffset() : point.offset();
            if (next <= from) {
                continue;
            }
            int end = i < last ? segment.sizeBytes() : lastPosition;
            int start = from <= segment.baseOffset() ? 0 : Math.max(0, segment.locate(from, end));
            LogScan scan = new LogScan(segment, end);
            int reached = scan.run(start, 0, false, (batch, position) -> producers.apply(batch, nowMs));
            if (reached < end) {
                throw new DamagedLogException(segment + " is damaged at byte " + reached + " where its records were durable: " + scan.problem());
            }
            replayed += end - start;
        }
    }

    /** Loads the newest usable snapshot at or before {@code limit}; returns its offset, or 0. */
    private long loadSnapshot(long limit) throws IOException {
        TreeSet<Long> offsets = new TreeSet<>();
        for (String name : names) {
            long offset = LogFileNames.baseOffset(name, LogFileNames.SNAPSHOT);
            if (offset >= 0 && offset <= limit) {
                offsets.add(offset);
            }
        }
        for (long offset : offsets.descendingSet()) {
            Path path = folder.resolve(LogFileNames.of(offset, LogFileNames.SNAPSHOT));
            if (ProducerSnapshot.decode(SmallFiles.read(context.disk(), path), producers, nowMs)) {
                return offset;
            }
            LOG.warn("event=snapshot_damaged file={} action=using_an_older_one", path);
        }
        return 0;
    }

    /** Checks what came after the flush point, and cuts the log at the first batch that is not whole. */
    private void scanTail(int first, int firstPosition) throws IOException {
        int position = firstPosition;
        for (int i = first; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            int size = segment.sizeBytes();
            boolean follows = i == first || segment.baseOffset() == nextOffset || point == null && segment.baseOffset() > nextOffset;
            if (!follows) {
                cut(i, 0, nextOffset, "base offset " + segment.baseOffset() + " does not follow " + nextOffset);
                return;
            }
            LogScan scan = new LogScan(segment, size);
            int reached = scan.run(position, Math.max(nextOffset, segment.baseOffset()), point != null, (batch, at) -> {
                segment.index(batch, at, config.indexIntervalBytes());
                producers.apply(batch, nowMs);
            });
            changed |= reached > position;
            replayed += reached - position;
            nextOffset = scan.nextOffset();
            endPosition = reached;
            if (reached < size) {
                cut(i, reached, nextOffset, scan.problem());
                return;
            }
            if (i < segments.size() - 1) {
                segment.seal();
            }
            position = 0;
        }
    }

    private void cut(int index, int position, long offset, String why) throws IOException {
        Segment segment = segments.get(index);
        LOG.info("event=tail_cut file={} byte={} of={} offset={} reason=\"{}\"", segment, position, segment.sizeBytes(), offset, why);
        int keep = index;
        if (position > 0 || index == 0) {
            segment.truncate(position, offset);
            keep = index + 1;
        }
        while (segments.size() > keep) {
            for (CachedFile file : segments.removeLast().files()) {
                file.delete();
            }
        }
        endPosition = segments.getLast().sizeBytes();
        changed = true;
    }

    private void makeDurable() throws IOException {
        if (!changed) {
            return;
        }
        int from = 0;
        for (int i = 0; i < segments.size(); i++) {
            if (point != null && segments.get(i).baseOffset() == point.segmentBase()) {
                from = i;
            }
        }
        for (Segment segment : segments.subList(from, segments.size())) {
            segment.force();
            segment.forceIndexes();
        }
        context.disk().syncDirectory(folder);
    }
}
