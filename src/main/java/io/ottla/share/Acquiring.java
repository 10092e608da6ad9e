// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.ArrayList;
import java.util.List;

/** Decides where a member may read, and which of the records that it has read it gets. */
final class Acquiring {
    private Acquiring() {}

    static Position look(SharePartition partition, ShareGroupConfig config, int maxRecords) {
        InFlight inFlight = partition.inFlight();
        long offset = inFlight.firstAvailable();
        long end = inFlight.end();
        long free = free(inFlight, config);
        if (offset == end && free <= 0) {
            return new Position.Full(partition.freed());
        }
        long wanted = maxRecords;
        for (Run run : offset == end ? List.<Run>of() : inFlight.available(offset, end - 1)) {
            if (run.size() >= wanted) {
                return new Position.Read(offset, run.first() + wanted - 1, partition.freed());
            }
            wanted -= run.size();
        }
        long fresh = Math.min(wanted, Math.max(0, free));
        return new Position.Read(offset, Math.max(offset, end + fresh - 1), partition.freed());
    }

    /** How many offsets after the end may still be handed out. */
    private static long free(InFlight inFlight, ShareGroupConfig config) {
        return config.maxRecordLocks() - (inFlight.end() - inFlight.start());
    }

    static Outcome<ShareCommand, ShareEvent> decide(
            SharePartition partition, ShareGroupConfig config, ShareCommand.Acquire acquire, Moment now) {
        Picking picking = new Picking(partition.inFlight(), config, acquire, now);
        picking.pick();
        if (picking.runs.isEmpty()) {
            return Outcome.reply(acquire.caller(), List.of());
        }
        Outcome.Builder<ShareCommand, ShareEvent> outcome = Outcome.builder();
        outcome.event(new ShareEvent.Locked(partition.key, picking.runs)).reply(acquire.caller(), picking.acquired);
        if (!picking.acquired.isEmpty() && picking.lockedUntilMs < partition.lockCheckMs()) {
            outcome.timer(new ShareCommand.LocksOver(partition.key), picking.lockedUntilMs);
        }
        return outcome.build();
    }

    /** One acquisition as it grows. */
    private static final class Picking {
        private final InFlight inFlight;
        private final ShareGroupConfig config;
        private final String memberId;
        private final Acquisition wanted;
        private final long lockedUntilMs;
        private final List<Run> runs = new ArrayList<>();
        private final List<Acquisition.Acquired> acquired = new ArrayList<>();
        private long freshLeft;
        private long left;
        private boolean over;

        private Picking(InFlight inFlight, ShareGroupConfig config, ShareCommand.Acquire acquire, Moment now) {
            this.inFlight = inFlight;
            this.config = config;
            this.memberId = acquire.memberId();
            this.wanted = acquire.wanted();
            this.lockedUntilMs = now.elapsedMs() + config.lockDurationMs();
            this.left = wanted.maxRecords();
            this.freshLeft = free(inFlight, config);
        }

        private void pick() {
            long position = Math.max(wanted.offset(), inFlight.start());
            for (Acquisition.Batch batch : wanted.batches()) {
                if (batch.last() < position) {
                    continue;
                }
                // Nothing is there between batches: compaction removed it, or a read began between two of them.
                passOver(position, batch.first() - 1);
                pick(batch, Math.max(position, batch.first()));
                if (over || left <= 0) {
                    return;
                }
                position = batch.last() + 1;
            }
        }

        private void pick(Acquisition.Batch batch, long from) {
            if (!batch.deliver()) {
                passOver(from, batch.last());
                return;
            }
            for (Run run : inFlight.available(from, batch.last())) {
                boolean fresh = run.first() >= inFlight.end();
                if (over || left <= 0 && wanted.strict() || fresh && freshLeft <= 0) {
                    over = true;
                    return;
                }
                take(run, fresh);
            }
        }

        private void passOver(long first, long last) {
            if (first <= last) {
                for (Run run : inFlight.available(first, last)) {
                    runs.add(run.become(DeliveryState.ARCHIVED));
                }
            }
        }

        private void take(Run run, boolean fresh) {
            boolean lastTry = config.deliveryCountLimit() > 2 && run.deliveryCount() >= config.deliveryCountLimit() - 1;
            if (lastTry && !acquired.isEmpty()) {
                over = true;
                return;
            }
            long count = Math.min(run.size(), atOnce(run, lastTry));
            if (wanted.strict()) {
                count = Math.min(count, fresh ? Math.min(left, freshLeft) : left);
            }
            over |= count < run.size();
            Run taken = Run.acquired(run.first(), run.first() + count - 1, run.deliveryCount() + 1, memberId, lockedUntilMs);
            runs.add(taken);
            report(taken);
            left -= count;
            freshLeft -= fresh ? count : 0;
        }

        /**
         * Records that failed again and again are handed out in ever smaller portions and at last alone, so that one that
         * breaks its consumer does not take its neighbours with it.
         */
        private long atOnce(Run run, boolean lastTry) {
            int suspicious = Math.max(2, (config.deliveryCountLimit() + 1) / 2);
            if (lastTry) {
                return 1;
            }
            return run.deliveryCount() < suspicious ? run.size() : Math.max(1, run.size() >> (run.deliveryCount() - suspicious + 1));
        }

        private void report(Run taken) {
            Acquisition.Acquired before = acquired.isEmpty() ? null : acquired.getLast();
            boolean together = before != null && before.last() + 1 == taken.first() && before.deliveryCount() == taken.deliveryCount()
                    && before.last() - before.first() + 1 < wanted.batchSize();
            if (together) {
                acquired.set(acquired.size() - 1, new Acquisition.Acquired(before.first(), taken.last(), taken.deliveryCount()));
            } else {
                acquired.add(new Acquisition.Acquired(taken.first(), taken.last(), taken.deliveryCount()));
            }
        }
    }
}
