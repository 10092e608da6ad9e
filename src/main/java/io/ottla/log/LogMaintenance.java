// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What has to be done now and then: retention, forgetting idle producers, flushing in the background. Each pass runs on one worker. */
final class LogMaintenance {
    private static final Logger LOG = LoggerFactory.getLogger(LogMaintenance.class);
    private static final long FLUSH_MS = 30_000;

    private final LogContext context;
    private final Supplier<Collection<LocalPartition>> partitions;
    private volatile boolean closed;

    LogMaintenance(LogContext context, Supplier<Collection<LocalPartition>> partitions) {
        this.context = context;
        this.partitions = partitions;
    }

    void start() {
        repeat(() -> FLUSH_MS, this::flush);
        repeat(context.settings()::retentionCheckMs, this::retain);
        repeat(context.settings()::producerCheckMs, this::forgetIdleProducers);
        if (context.settings().cleaner().get().enabled()) {
            repeat(() -> context.settings().cleaner().get().backoffMs(), this::compact);
        }
    }

    private void repeat(LongSupplier everyMs, Runnable pass) {
        context.timers().schedule(everyMs.getAsLong(), () -> {
            if (!closed) {
                context.workers().submit(() -> {
                    try {
                        pass.run();
                    } finally {
                        repeat(everyMs, pass);
                    }
                });
            }
        });
    }

    private void flush() {
        if (context.durableAtOnce()) {
            partitions.get().forEach(LocalPartition::flushInBackground);
        }
        context.writeAhead().settleAll();
        context.forcePoints();
    }

    /** One pass of compaction over all partitions. */
    void compact() {
        partitions.get().forEach(LocalPartition::compact);
    }

    /** One look for idle producers in all partitions. */
    void forgetIdleProducers() {
        partitions.get().forEach(partition -> partition.forgetIdleProducers(context.clock().wallMs()));
    }

    /** One pass of retention over all partitions. */
    void retain() {
        List<LocalPartition> affected = new ArrayList<>();
        for (LocalPartition partition : partitions.get()) {
            if (partition.startRetention(context.clock().wallMs())) {
                affected.add(partition);
            }
        }
        if (affected.isEmpty()) {
            return;
        }
        try {
            // The files may go only when recovery no longer expects them.
            context.points().force();
            affected.forEach(LocalPartition::finishRetention);
        } catch (IOException e) {
            LOG.warn("event=retention_failed action=tried_again_later reason=\"{}\"", e.getMessage());
        }
    }

    void close() {
        closed = true;
    }
}
