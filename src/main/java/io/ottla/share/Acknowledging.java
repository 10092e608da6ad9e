// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Caller;
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
    private final Caller<DeadLetter> deadLetters;
    private final List<Run> written = new ArrayList<>();
    private final List<DeadLetter> dead = new ArrayList<>();
    private final List<Run> renewed = new ArrayList<>();

    /** @param deadLetters gets what is to be written to the dead-letter topic */
    Acknowledging(SharePartition partition, ShareGroupConfig config, Moment now, Caller<DeadLetter> deadLetters) {
        this.partition = partition;
        this.config = config;
        this.now = now;
        this.deadLetters = deadLetters;
    }

    Outcome<ShareCommand, ShareEvent> acknowledge(ShareCommand.Acknowledge request) {
        long before = -1;
        for (Acknowledgement each : request.acknowledgements()) {
            Errors error = each.first() > before ? take(each, request.memberId()) : Errors.INVALID_RECORD_STATE;
            before = each.last();
            if (error != Errors.NONE) {
                return Outcome.reply(request.caller(), error);
            }
        }
        Outcome.Builder<ShareCommand, ShareEvent> outcome = Outcome.builder();
        return conclude(outcome.reply(request.caller(), Errors.NONE));
    }

    Outcome<ShareCommand, ShareEvent> release(ShareCommand.Release request) {
        release(run -> run.heldBy(request.memberId()));
        Outcome.Builder<ShareCommand, ShareEvent> outcome = Outcome.builder();
        return conclude(outcome.reply(request.caller(), Errors.NONE));
    }

    Outcome<ShareCommand, ShareEvent> locksOver() {
        long next = Long.MAX_VALUE;
        for (Run run : partition.inFlight().runs()) {
            if (run.state() == DeliveryState.ACQUIRED && run.lockedUntilMs() > now.elapsedMs()) {
                next = Math.min(next, run.lockedUntilMs());
            }
        }
        release(run -> run.state() == DeliveryState.ACQUIRED && run.lockedUntilMs() <= now.elapsedMs());
        Outcome.Builder<ShareCommand, ShareEvent> outcome = Outcome.builder();
        outcome.event(new ShareEvent.LocksChecked(partition.key, next));
        if (next != Long.MAX_VALUE) {
            outcome.timer(new ShareCommand.LocksOver(partition.key), next);
        }
        return conclude(outcome);
    }

    Outcome<ShareCommand, ShareEvent> deadLetterWritten(ShareCommand.DeadLetterWritten letter) {
        for (Run run : partition.inFlight().within(letter.first(), letter.last())) {
            if (run.state() == DeliveryState.ARCHIVING) {
                written.add(run.become(DeliveryState.ARCHIVED));
            }
        }
        return conclude(Outcome.builder());
    }

    private void release(Predicate<Run> which) {
        for (Run run : partition.inFlight().runs()) {
            if (which.test(run)) {
                fail(run);
            }
        }
    }

    private Errors take(Acknowledgement acknowledgement, String memberId) {
        InFlight inFlight = partition.inFlight();
        if (acknowledgement.last() < inFlight.start()) {
            return Errors.NONE;
        }
        if (acknowledgement.last() >= inFlight.end()) {
            return inFlight.runs().isEmpty() ? Errors.INVALID_RECORD_STATE : Errors.INVALID_REQUEST;
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
            case RELEASE -> fail(run);
            case REJECT -> bury(run, true);
            case RENEW -> renewed.add(Run.acquired(
                    run.first(), run.last(), run.deliveryCount(), run.memberId(), now.elapsedMs() + config.lockDurationMs()));
        }
        return kind != Acknowledgement.Kind.RENEW || config.renewEnabled();
    }

    private void fail(Run run) {
        if (run.deliveryCount() >= config.deliveryCountLimit()) {
            bury(run, false);
        } else {
            written.add(run.become(DeliveryState.AVAILABLE));
        }
    }

    private void bury(Run run, boolean rejected) {
        if (config.hasDeadLetters()) {
            written.add(run.become(DeliveryState.ARCHIVING));
            dead.add(new DeadLetter(partition.key, run.first(), run.last(), run.deliveryCount(), rejected));
        } else {
            written.add(run.become(DeliveryState.ARCHIVED));
        }
    }

    private Outcome<ShareCommand, ShareEvent> conclude(Outcome.Builder<ShareCommand, ShareEvent> outcome) {
        if (!renewed.isEmpty()) {
            outcome.event(new ShareEvent.Locked(partition.key, renewed));
        }
        if (written.isEmpty()) {
            return outcome.build();
        }
        outcome.event(Writing.written(partition, written));
        dead.forEach(letter -> outcome.reply(deadLetters, letter));
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
