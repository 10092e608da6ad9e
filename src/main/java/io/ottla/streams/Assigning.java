// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import io.ottla.group.GuestGroups.GuestCommand;
import io.ottla.group.GuestGroups.GuestEvent;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Makes a target for every member. Nobody gets anything while the topics are not as they should be. */
record Assigning(StreamsGroup group, StreamsGroupConfig config, Topology topology, Plan plan) {
    /** The targets by member id, which are events too. */
    Map<String, Roles> assign(
            Collection<StreamsMember> members, int epoch, Moment now, Outcome.Builder<GuestCommand, GuestEvent> outcome) {
        Map<String, Roles> targets = new TreeMap<>(plan.isReady() ? assign(members) : new HashMap<>());
        members.forEach(each -> targets.putIfAbsent(each.memberId(), Roles.NONE));
        targets.forEach((memberId, target) -> {
            if (!target.equals(group.target(memberId))) {
                outcome.event(new StreamsEvent.TargetKept(group.groupId, memberId, target));
            }
        });
        outcome.event(new StreamsEvent.TargetComputed(group.groupId, epoch, now.wallMs()));
        return targets;
    }

    private Map<String, Roles> assign(Collection<StreamsMember> members) {
        Set<String> stateful = topology.subtopologies().stream()
                .filter(Topology.Subtopology::isStateful).map(Topology.Subtopology::id).collect(Collectors.toSet());
        return StickyAssignor.assign(members, new StickyAssignor.Work(plan.tasks(), stateful, config.standbys(), config.tags()));
    }
}
