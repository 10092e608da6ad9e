// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.group.GuestGroups;
import java.util.List;

/** A change of a share group: one record in __consumer_offsets each. */
sealed interface MembershipEvent extends GuestGroups.GuestEvent {
    @Override
    default String kind() {
        return ShareGroup.TYPE;
    }

    record GroupKept(String groupId, int epoch, long topicsHash) implements MembershipEvent {}

    record GroupRemoved(String groupId) implements MembershipEvent {}

    /** Who a member is, and what it subscribes to. */
    record MemberKept(String groupId, String memberId, String rackId, String clientId, String clientHost, List<String> subscribed)
            implements MembershipEvent {}

    record MemberRemoved(String groupId, String memberId) implements MembershipEvent {}

    /** Every member has a target of this epoch. */
    record TargetComputed(String groupId, int epoch, long wallMs) implements MembershipEvent {}

    record TargetGone(String groupId) implements MembershipEvent {}

    record TargetKept(String groupId, String memberId, Assignment assignment) implements MembershipEvent {}

    record TargetRemoved(String groupId, String memberId) implements MembershipEvent {}

    /** What a member was told to work on. */
    record MemberTold(String groupId, String memberId, int epoch, int previousEpoch, Assignment assignment) implements MembershipEvent {}

    record ToldRemoved(String groupId, String memberId) implements MembershipEvent {}

    record PartitionsReady(String groupId, ReadyPartitions ready) implements MembershipEvent {}

    record PartitionsGone(String groupId) implements MembershipEvent {}
}
