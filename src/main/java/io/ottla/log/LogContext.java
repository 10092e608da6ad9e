// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Clock;
import io.ottla.world.Disk;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all partitions of one data directory share. */
record LogContext(LogSettings settings, Disk disk, Clock clock, OpenFiles files, FlushPoints points, Flusher flusher, AtomicLong bytesSincePointsForced) {
    private static final Logger LOG = LoggerFactory.getLogger(LogContext.class);
    private static final long POINTS_FORCE_BYTES = 64L << 20;

    /** Makes flush points durable now and then, so that recovery after a power cut looks at a bounded tail. */
    void flushedBytes(long count) {
        if (bytesSincePointsForced.addAndGet(count) >= POINTS_FORCE_BYTES) {
            bytesSincePointsForced.set(0);
            try {
                points.force();
            } catch (IOException e) {
                LOG.warn("event=flush_points_force_failed action=recovery_will_look_at_more", e);
            }
        }
    }
}
