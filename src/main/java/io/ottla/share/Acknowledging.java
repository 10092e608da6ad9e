// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.kafka.common.protocol.Errors;

/** Decides what becomes of records that members are done with, or have had for too long. */
final class Acknowledging {
    private final SharePartition partition;
    private final ShareGroupConfig config;
    private final Moment now;
    private final List<Run> written = new ArrayList<>();
    private final List<Run> renewed = new ArrayList<>();

    private Acknowledging(SharePartition partition, ShareGroupConfig config, Moment now) {
        this.partition = partition;
        this.config = config;
        this.now = now;
    }

    static Outcome<ShareCommand, ShareEvent> decide(
            SharePartition partition, ShareGroupConfig config, ShareCommand.Acknowledge request, Moment now) {
        Acknowledging deciding = new Acknowledging(partition, config, now);
        for (Acknowledgement each : request.acknowledgements()) {
            Errors error = deciding.take(each, request.memberId());
            if (error != Errors.NONE) {
                return Outcome.reply(request.caller(), error);
            }
        }
        Outcome.Builder<ShareCommand, ShareEvent> outcome = Outcome.builder();
        return deciding.conclude(outcome.reply(request.caller(), Errors.NONE));
    }

    static Outcome<ShareCommand, ShareEvent> release(
            SharePartition partition, ShareGroupConfig config, ShareCommand.Release request, Moment now) {
        Acknowledging deciding = new Acknowledging(partition, config, now);
        deciding.release(run -> run.heldBy(request.memberId()));
        Outcome.Builder<ShareCommand, ShareEvent> outcome = Outcome.builder();
        return deciding.conclude(outcome.reply(request.caller(), Errors.NONE));
    }

    static Outcome<ShareCommand, ShareEvent> locksOver(SharePartition partition, ShareGroupConfig config, Moment now) {
        Acknowledging deciding = new Acknowledging(partition, config, now);
        long next = Long.MAX_VALUE;
        for (Run run : partition.inFlight().runs()) {
            if (run.state() == DeliveryState.ACQUIRED && run.lockedUntilMs() > now.elapsedMs()) {
                next = Math.min(next, run.lockedUntilMs());
            }
        }
        deciding.release(run -> run.state() == DeliveryState.ACQUIRED && run.lockedUntilMs() <= now.elapsedMs());
        Outcome.Builder<ShareCommand, ShareEvent> outcome = Outcome.builder();
        outcome.event(new ShareEvent.LocksChecked(partition.key, next));
        if (next != Long.MAX_VALUE) {
            outcome.timer(new ShareCommand.LocksOver(partition.key), next);
        }
        return deciding.conclude(outcome);
    }

    private void release(Predicate<Run> which) {
        for (Run run : partition.inFlight().runs()) {
            if (which.test(run)) {
                written.add(run.become(afterFailure(run)));
            }
        }
    }

    private Errors take(Acknowledgement acknowledgement, String memberId) {
        InFlight inFlight = partition.inFlight();
        if (acknowledgement.last() < inFlight.start()) {
            return Errors.NONE;
        }
        if (acknowledgement.last() >= inFlight.end()) {
            return Errors.INVALID_REQUEST;
        }
        long position = Math.max(acknowledgement.first(), inFlight.start());
        for (Run run : inFlight.within(position, acknowledgement.last())) {
            if (run.first() != position || !run.heldBy(memberId)) {
                return Errors.INVALID_RECORD_STATE;
            }
            while (position <= run.last()) {
                long last = acknowledgement.lastOfKind(position, run.last());
                if (!take(run.part(position, last), acknowledgement.kindAt(position))) {
                    return Errors.INVALID_RECORD_STATE;
                }
                position = last + 1;
            }
        }
        return position > acknowledgement.last() ? Errors.NONE : Errors.INVALID_RECORD_STATE;
    }

    private boolean take(Run run, Acknowledgement.Kind kind) {
        switch (kind) {
            case GAP -> written.add(run.become(DeliveryState.ARCHIVED));
            case ACCEPT -> written.add(run.become(DeliveryState.ACKNOWLEDGED));
            case RELEASE -> written.add(run.become(afterFailure(run)));
            case REJECT -> written.add(run.become(DeliveryState.ARCHIVED));
            case RENEW -> renewed.add(Run.acquired(
                    run.first(), run.last(), run.deliveryCount(), run.memberId(), now.elapsedMs() + config.lockDurationMs()));
        }
        return kind != Acknowledgement.Kind.RENEW || config.renewEnabled();
    }

    private DeliveryState afterFailure(Run run) {
        return run.deliveryCount() >= config.deliveryCountLimit() ? DeliveryState.ARCHIVED : DeliveryState.AVAILABLE;
    }

    private Outcome<ShareCommand, ShareEvent> conclude(Outcome.Builder<ShareCommand, ShareEvent> outcome) {
        if (!renewed.isEmpty()) {
            outcome.event(new ShareEvent.Locked(partition.key, renewed));
        }
        if (written.isEmpty()) {
            return outcome.build();
        }
        outcome.event(Writing.written(partition, written));
        boolean freed = full() || written.stream().anyMatch(run -> run.state() == DeliveryState.AVAILABLE);
        if (freed) {
            partition.waiting.forEach(caller -> outcome.reply(caller, true));
            outcome.event(new ShareEvent.Freed(partition.key));
        }
        return outcome.then(Writing.next(partition));
    }

    private boolean full() {
        InFlight inFlight = partition.inFlight();
        return inFlight.end() - inFlight.start() >= config.maxRecordLocks();
    }
}
