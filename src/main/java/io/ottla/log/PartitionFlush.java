// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.PartitionId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out one flush of a partition, outside of its lock; the caller sees to it that there is only one at a time. */
final class PartitionFlush {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionFlush.class);
    private static final int SNAPSHOTS_KEPT = 2;

    private PartitionFlush() {}

    /**
     * Makes everything up to the round's target durable; if it throws, nothing is known of what was not durable before.
     *
     * @param synced whether the batches were made durable with the whole file system since the round was captured
     */
    static void run(LogContext context, PartitionId id, Path folder, FlushRound round, boolean synced) throws IOException {
        for (Segment segment : round.sealed()) {
            force(segment, synced);
            segment.indexes().force();
        }
        Segment active = round.target().segment();
        force(active, synced);
        if (round.indexes()) {
            active.indexes().force();
        }
        describeFolder(context, id, folder, round);
        if (round.newFiles()) {
            context.disk().syncDirectory(folder);
        }
        if (round.newFolder()) {
            context.directorySync().sync();
        }
    }

    private static void force(Segment segment, boolean synced) throws IOException {
        if (synced) {
            segment.aborted().force();
        } else {
            segment.force();
        }
    }

    /** Files that say what the folder is. Recovery does without them, so they need no flush of their own. */
    private static void describeFolder(LogContext context, PartitionId id, Path folder, FlushRound round) throws IOException {
        if (round.newFolder()) {
            SmallFiles.write(context.disk(), folder.resolve(LogFileNames.PARTITION_METADATA), PartitionMetadata.encode(id.topicId()));
        }
        if (round.epochs() != null) {
            SmallFiles.write(context.disk(), folder.resolve(LogFileNames.LEADER_EPOCHS), round.epochs().encode());
        }
    }

    /** Writes down the producers as of the flush, to spare recovery work; false if that failed. */
    static boolean saveSnapshot(LogContext context, Path folder, FlushRound round) {
        try {
            // No snapshot may be newer than the flush point that recovery finds.
            context.points().force();
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
            return true;
        } catch (IOException e) {
            LOG.warn("event=snapshot_failed folder={} action=recovery_will_look_at_more reason=\"{}\"", folder, e.getMessage());
            return false;
        }
    }
}
