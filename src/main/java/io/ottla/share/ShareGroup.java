// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** A share group: its members, and what each of them is to work on. Changed by events only. */
final class ShareGroup {
    static final String TYPE = "share";

    final String groupId;
    private final Map<String, ShareMember> members = new TreeMap<>();
    private final Map<String, Assignment> target = new HashMap<>();
    /** Kafka's first change of a new group makes it 2. */
    private int epoch = 1;
    private long topicsHash;
    private int assignmentEpoch;
    private long assignedMs;
    private ReadyPartitions ready = ReadyPartitions.NONE;

    ShareGroup(String groupId) {
        this.groupId = groupId;
    }

    Map<String, ShareMember> members() {
        return members;
    }

    /** What each member is to have, by the assignment of {@link #assignmentEpoch}. */
    Map<String, Assignment> target() {
        return target;
    }

    int epoch() {
        return epoch;
    }

    /** Stands for the topics that members subscribe to, as they were at this epoch. */
    long topicsHash() {
        return topicsHash;
    }

    int assignmentEpoch() {
        return assignmentEpoch;
    }

    /** When the target was computed, in ms since the Unix epoch. */
    long assignedMs() {
        return assignedMs;
    }

    ReadyPartitions ready() {
        return ready;
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    /** As Kafka names it. */
    String state() {
        return members.isEmpty() ? "Empty" : "Stable";
    }

    void apply(MembershipEvent event) {
        switch (event) {
            case MembershipEvent.GroupKept kept -> {
                epoch = kept.epoch();
                topicsHash = kept.topicsHash();
            }
            case MembershipEvent.MemberKept kept -> members.merge(kept.memberId(),
                    ShareMember.unknown(kept.memberId()).described(kept.rackId(), kept.clientId(), kept.clientHost(), kept.subscribed()),
                    (known, same) -> known.described(kept.rackId(), kept.clientId(), kept.clientHost(), kept.subscribed()));
            case MembershipEvent.MemberRemoved removed -> members.remove(removed.memberId());
            case MembershipEvent.TargetComputed computed -> {
                assignmentEpoch = computed.epoch();
                assignedMs = computed.wallMs();
            }
            case MembershipEvent.TargetKept kept -> target.put(kept.memberId(), kept.assignment());
            case MembershipEvent.TargetRemoved removed -> target.remove(removed.memberId());
            case MembershipEvent.MemberTold told -> members.merge(told.memberId(),
                    ShareMember.unknown(told.memberId()).told(told.epoch(), told.previousEpoch(), told.assignment()),
                    (known, same) -> known.told(told.epoch(), told.previousEpoch(), told.assignment()));
            case MembershipEvent.ToldRemoved removed -> members.computeIfPresent(removed.memberId(),
                    (id, known) -> known.told(0, -1, Assignment.NONE));
            case MembershipEvent.PartitionsReady changed -> ready = changed.ready();
            case MembershipEvent.TargetGone ignored -> assignmentEpoch = 0;
            case MembershipEvent.PartitionsGone ignored -> ready = ReadyPartitions.NONE;
            case MembershipEvent.GroupRemoved ignored -> throw new IllegalStateException("a removed group hears of nothing");
        }
    }
}
