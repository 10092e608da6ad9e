// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import org.apache.kafka.common.Uuid;

/**
 * Moves one member towards its target: first it gives up what it must not have, then it gets the new epoch, and then
 * partitions as soon as those who held them have given them up (KIP-848). Pure.
 */
final class Reconciler {
    private final ConsumerGroup group;
    private final ConsumerMember member;

    /** What the member says that it owns, or null if it does not say. */
    private final Partitions owned;

    Reconciler(ConsumerGroup group, ConsumerMember member, Partitions owned) {
        this.group = group;
        this.member = member;
        this.owned = owned;
    }

    /** What the member has after this heartbeat; the same object if nothing changes. */
    ConsumerMember.Current next() {
        ConsumerMember.Current current = member.current();
        return switch (current.state()) {
            case STABLE -> current.epoch() == group.assignmentEpoch() ? current : step(current.epoch());
            case UNREVOKED_PARTITIONS -> stillOwns(current.revoking()) ? current : step(current.epoch());
            case UNRELEASED_PARTITIONS -> step(current.epoch());
        };
    }

    private boolean stillOwns(Partitions revoking) {
        return owned == null || owned.overlaps(revoking);
    }

    private ConsumerMember.Current step(int epochNow) {
        ConsumerMember.Current current = member.current();
        Partitions target = group.target(member.memberId());
        Partitions kept = current.assigned().where(target::contains);
        Partitions toRevoke = current.assigned().minus(kept);
        if (!toRevoke.isEmpty() && stillOwns(toRevoke)) {
            return changed(new ConsumerMember.Current(epochNow, current.previousEpoch(), ConsumerMember.State.UNREVOKED_PARTITIONS, kept, toRevoke, current.since().to(current.assigned(), epochNow)));
        }
        Partitions wanted = target.minus(kept);
        Partitions free = wanted.where(this::isFree);
        ConsumerMember.State state = free.size() < wanted.size() ? ConsumerMember.State.UNRELEASED_PARTITIONS : ConsumerMember.State.STABLE;
        int epoch = group.assignmentEpoch();
        int previous = epoch == current.epoch() ? current.previousEpoch() : current.epoch();
        Partitions assigned = kept.plus(free);
        return changed(new ConsumerMember.Current(epoch, previous, state, assigned, Partitions.NONE, current.since().to(assigned, epoch)));
    }

    private boolean isFree(Uuid topicId, int partition) {
        return !group.isHeldByAnother(topicId, partition, member.memberId());
    }

    private ConsumerMember.Current changed(ConsumerMember.Current next) {
        return next.equals(member.current()) ? member.current() : next;
    }
}
