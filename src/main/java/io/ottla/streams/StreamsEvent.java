// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.group.GuestGroups;
import java.util.Map;
import java.util.SortedMap;

/** A change of a streams group. Those that are {@link Kept} are one record in __consumer_offsets each; the others end with the process. */
sealed interface StreamsEvent extends GuestGroups.GuestEvent {
    @Override
    default String kind() {
        return StreamsGroup.TYPE;
    }

    sealed interface Kept extends StreamsEvent {}

    /** What is gone: nothing begins with it. */
    sealed interface Gone extends Kept {}

    /**
     * @param topicsHash     stands for the topics of the topology as they were
     * @param validatedEpoch the topology whose topics are all there as they should be; -1 if none
     * @param configs        what the last assignment was to heed
     */
    record GroupKept(String groupId, int epoch, long topicsHash, int validatedEpoch, SortedMap<String, String> configs) implements Kept {}

    record GroupRemoved(String groupId) implements Gone {}

    record MemberKept(String groupId, String memberId, StreamsMember.Profile profile) implements Kept {}

    record MemberRemoved(String groupId, String memberId) implements Gone {}

    /** Every member has a target of this epoch. @param wallMs 0 for an empty group */
    record TargetComputed(String groupId, int epoch, long wallMs) implements Kept {}

    record TargetGone(String groupId) implements Gone {}

    record TargetKept(String groupId, String memberId, Roles target) implements Kept {}

    record TargetRemoved(String groupId, String memberId) implements Gone {}

    record CurrentKept(String groupId, String memberId, StreamsMember.Current current) implements Kept {}

    record CurrentRemoved(String groupId, String memberId) implements Gone {}

    record TopologyKept(String groupId, Topology topology) implements Kept {}

    record TopologyRemoved(String groupId) implements Gone {}

    /** The topics of the topology were looked at. */
    record Planned(String groupId, Plan plan) implements StreamsEvent {}

    /** The first assignment waits for more members, or does so no longer. */
    record Delayed(String groupId, boolean delayed) implements StreamsEvent {}

    /** A member wants the whole application to stop. */
    record ShutdownAsked(String groupId, String memberId) implements StreamsEvent {}

    /** How far a member's copies of state are. Null has not changed. */
    record OffsetsTold(String groupId, String memberId, Map<TaskId, Long> offsets, Map<TaskId, Long> endOffsets) implements StreamsEvent {}

    /** Where state can be queried has changed. */
    record EndpointsChanged(String groupId) implements StreamsEvent {}
}
