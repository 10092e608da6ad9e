// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes the files of segments that left their log: renamed at once, deleted after a while (file.delete.delay.ms). */
final class SegmentRemoval {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentRemoval.class);

    private SegmentRemoval() {}

    static void start(PartitionState state, List<Segment> segments) {
        if (segments.isEmpty() || !state.beginWork()) {
            return;
        }
        List<CachedFile> files = new ArrayList<>();
        try {
            for (Segment segment : segments) {
                LOG.debug("event=segment_removed file={}", segment);
                segment.files().forEach(file -> rename(file, files));
            }
        } finally {
            state.endWork();
        }
        LogContext context = state.context();
        long delayMs = state.config().fileDeleteDelayMs();
        context.timers().schedule(delayMs, () -> context.workers().submit(() -> files.forEach(SegmentRemoval::delete)));
    }

    private static void rename(CachedFile file, List<CachedFile> renamed) {
        try {
            file.rename(file.path().getFileName() + LogFileNames.DELETED);
            renamed.add(file);
        } catch (IOException e) {
            LOG.warn("event=rename_failed file={} action=removed_after_restart reason=\"{}\"", file.path(), e.getMessage());
        }
    }

    private static void delete(CachedFile file) {
        try {
            file.delete();
        } catch (IOException e) {
            LOG.warn("event=delete_failed file={} action=removed_after_restart reason=\"{}\"", file.path(), e.getMessage());
        }
    }
}
