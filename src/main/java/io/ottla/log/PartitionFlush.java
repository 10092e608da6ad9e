// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.PartitionId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out one flush of a partition, outside of its lock; the caller sees to it that there is only one at a time. */
final class PartitionFlush {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionFlush.class);
    private static final int SNAPSHOTS_KEPT = 2;

    private PartitionFlush() {}

    /** Makes everything up to the round's target durable; if it throws, nothing is known of what was not durable before. */
    static void run(LogContext context, PartitionId id, Path folder, FlushRound round) throws IOException {
        for (Segment segment : round.sealed()) {
            segment.force();
            segment.forceIndexes();
        }
        Segment active = round.target().segment();
        active.force();
        if (round.indexes()) {
            active.forceIndexes();
        }
        if (round.newFolder()) {
            SmallFiles.write(context.disk(), folder.resolve(LogFileNames.PARTITION_METADATA), metadata(id));
        }
        if (round.epochs() != null) {
            SmallFiles.replace(context.disk(), folder.resolve(LogFileNames.LEADER_EPOCHS), round.epochs().encode());
        }
        if (round.newFiles()) {
            context.disk().syncDirectory(folder);
        }
        if (round.newFolder()) {
            context.disk().syncDirectory(folder.getParent());
        }
    }

    private static ByteBuffer metadata(PartitionId id) {
        return ByteBuffer.wrap(("version: 0\ntopic_id: " + id.topicId()).getBytes(StandardCharsets.UTF_8));
    }

    /** Writes down what is durable now, to spare recovery work. Failing costs only that. */
    static void remember(LogContext context, PartitionId id, int slot, Path folder, FlushRound round) {
        try {
            if (round.snapshot() != null) {
                writeSnapshot(context, folder, round);
            }
            context.points().write(slot, id, round.point());
            context.flushedBytes(round.bytes());
        } catch (IOException e) {
            LOG.warn("event=flush_point_failed partition={} action=recovery_will_look_at_more", id, e);
        }
    }

    private static void writeSnapshot(LogContext context, Path folder, FlushRound round) throws IOException {
        String name = LogFileNames.of(round.target().offset(), LogFileNames.SNAPSHOT);
        SmallFiles.replace(context.disk(), folder.resolve(name), round.snapshot());
        TreeSet<String> snapshots = new TreeSet<>();
        for (String file : context.disk().list(folder)) {
            if (LogFileNames.baseOffset(file, LogFileNames.SNAPSHOT) >= 0) {
                snapshots.add(file);
            }
        }
        while (snapshots.size() > SNAPSHOTS_KEPT) {
            context.disk().delete(folder.resolve(snapshots.pollFirst()));
        }
    }
}
