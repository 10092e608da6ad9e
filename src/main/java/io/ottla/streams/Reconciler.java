// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.streams.StreamsMember.Current;
import io.ottla.streams.StreamsMember.State;

/**
 * Moves one member towards its target: first it gives up what it must not have, then it gets the new epoch, and then tasks
 * as soon as those who held them have given them up (KIP-1071). State lies in a directory of the process, so that two
 * members of one process never hold the same task, in whatever role; one member may change its role at once. Pure.
 */
final class Reconciler {
    private final StreamsGroup group;
    private final StreamsMember member;
    private final Roles target;
    private final int targetEpoch;
    private final Roles owned;

    /** @param owned what the member says that it has, or null if it does not say */
    Reconciler(StreamsGroup group, StreamsMember member, Roles target, int targetEpoch, Roles owned) {
        this.group = group;
        this.member = member;
        this.target = target;
        this.targetEpoch = targetEpoch;
        this.owned = owned;
    }

    /** What the member has after this heartbeat; the same object if nothing changes. */
    Current next() {
        Current current = member.current();
        boolean waits = switch (current.state()) {
            case STABLE -> current.epoch() == targetEpoch;
            case UNREVOKED -> stillOwns(current.revoking().roles());
            case UNRELEASED -> false;
        };
        if (waits) {
            return current;
        }
        Current next = step();
        return next.equals(current) ? current : next;
    }

    private boolean stillOwns(Roles revoking) {
        return owned == null || owned.overlaps(revoking);
    }

    private Current step() {
        Holding held = member.current().assigned();
        Roles has = held.roles();
        Tasks toPromote = has.standby().plus(has.warmup()).and(target.active());
        Roles kept = new Roles(
                has.active().and(target.active()),
                has.standby().where(task -> target.standby().contains(task) || toPromote.contains(task)),
                has.warmup().where(task -> target.warmup().contains(task) || toPromote.contains(task)));
        Roles lost = new Roles(has.active().minus(kept.active()), has.standby().minus(kept.standby()), has.warmup().minus(kept.warmup()));
        if (!lost.isEmpty() && stillOwns(lost)) {
            Roles demoted = new Roles(kept.active(), kept.standby().plus(lost.active().and(target.standby())), kept.warmup());
            return new Current(member.current().epoch(), member.current().previousEpoch(), State.UNREVOKED,
                    held.with(demoted, targetEpoch), held.with(lost, targetEpoch));
        }
        return grant(held, kept);
    }

    /** Nothing more is to be given up: the member gets what is free. */
    private Current grant(Holding held, Roles kept) {
        Tasks active = kept.active().plus(target.active().minus(kept.active()).where(this::mayProcess));
        Tasks standby = kept.standby().minus(active);
        standby = standby.plus(target.standby().minus(standby).where(this::mayCopy));
        Tasks warmup = kept.warmup().minus(active);
        warmup = warmup.plus(target.warmup().minus(warmup).where(this::mayCopy));
        Roles next = new Roles(active, standby, warmup);
        Current current = member.current();
        int previous = targetEpoch == current.epoch() ? current.previousEpoch() : current.epoch();
        return new Current(targetEpoch, previous, next.equals(target) ? State.STABLE : State.UNRELEASED, held.with(next, targetEpoch), Holding.NONE);
    }

    private boolean mayProcess(TaskId task) {
        return !group.isProcessedByAnother(task, member.memberId()) && !group.isCopiedBeside(task, member);
    }

    private boolean mayCopy(TaskId task) {
        return !group.isProcessedBeside(task, member) && !group.isCopiedBeside(task, member);
    }
}
