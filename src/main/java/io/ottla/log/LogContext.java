// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Clock;
import io.ottla.world.Disk;
import io.ottla.world.Timers;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all partitions of one data directory share. */
final class LogContext {
    private static final Logger LOG = LoggerFactory.getLogger(LogContext.class);
    private static final long POINTS_FORCE_BYTES = 64L << 20;

    private final LogSettings settings;
    private final Disk disk;
    private final Clock clock;
    private final Timers timers;
    private final OpenFiles files;
    private final FlushPoints points;
    private final Workers workers;
    private final WriteAheadLog writeAhead;
    private final GroupCommit groupCommit;
    private final DirectorySync directorySync;
    private final DiskFailures failures = new DiskFailures();
    private final AtomicLong bytesSincePointsForced = new AtomicLong();

    LogContext(LogSettings settings, Disk disk, Clock clock, Timers timers, FlushPoints points, WriteAheadLog writeAhead, Workers workers) {
        this.settings = settings;
        this.disk = disk;
        this.clock = clock;
        this.timers = timers;
        this.points = points;
        this.writeAhead = writeAhead;
        this.workers = workers;
        files = new OpenFiles(disk, settings.maxOpenFiles(), settings.mostOpenFiles(), settings.flushMode() == FlushMode.DISK, writeAhead::settleAll);
        groupCommit = new GroupCommit(workers, clock, disk, settings, writeAhead);
        directorySync = new DirectorySync(disk, settings.directory());
    }

    LogSettings settings() {
        return settings;
    }

    Disk disk() {
        return disk;
    }

    Clock clock() {
        return clock;
    }

    Timers timers() {
        return timers;
    }

    OpenFiles files() {
        return files;
    }

    FlushPoints points() {
        return points;
    }

    Workers workers() {
        return workers;
    }

    WriteAheadLog writeAhead() {
        return writeAhead;
    }

    GroupCommit groupCommit() {
        return groupCommit;
    }

    DirectorySync directorySync() {
        return directorySync;
    }

    DiskFailures failures() {
        return failures;
    }

    boolean durableAtOnce() {
        return settings.flushMode() == FlushMode.OS;
    }

    /** Makes flush points durable now and then, so that recovery after a power cut looks at a bounded tail. */
    void flushedBytes(long count) {
        if (bytesSincePointsForced.addAndGet(count) >= POINTS_FORCE_BYTES) {
            forcePoints();
        }
    }

    /** Makes flush points durable; failing only means that recovery looks at more. */
    void forcePoints() {
        if (bytesSincePointsForced.getAndSet(0) == 0) {
            return;
        }
        try {
            points.force();
        } catch (IOException e) {
            LOG.warn("event=flush_points_force_failed action=recovery_will_look_at_more reason=\"{}\"", e.getMessage());
        }
    }
}
