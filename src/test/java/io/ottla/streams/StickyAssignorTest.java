// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StickyAssignorTest {
    private static StreamsMember member(String id, String process, Map<String, String> tags, TaskId... active) {
        StreamsMember.Profile profile = new StreamsMember.Profile(null, null, "", "", 0, 0, process, null, tags);
        Holding has = Holding.NONE.with(new Roles(Tasks.of(List.of(active)), Tasks.NONE, Tasks.NONE), 1);
        return new StreamsMember(id, profile, new StreamsMember.Current(1, 0, StreamsMember.State.STABLE, has, Holding.NONE));
    }

    private static StickyAssignor.Work work(int tasks, int standbys, String... tags) {
        return new StickyAssignor.Work(new TreeMap<>(Map.of("0", tasks)), Set.of("0"), standbys, List.of(tags));
    }

    private static TaskId task(int partition) {
        return new TaskId("0", partition);
    }

    @Test
    void aNewMemberTakesNoMoreThanItsShare() {
        Map<String, Roles> assigned = StickyAssignor.assign(List.of(
                member("a", "p", Map.of(), task(0), task(1), task(2)), member("b", "q", Map.of(), task(3), task(4)), member("c", "r", Map.of())), work(5, 0));
        assertEquals(Tasks.of(List.of(task(0), task(1))), assigned.get("a").active());
        assertEquals(Tasks.of(List.of(task(3), task(4))), assigned.get("b").active());
        assertEquals(Tasks.of(List.of(task(2))), assigned.get("c").active());
    }

    @Test
    void copiesAreInOtherProcessesAndOnlyAsManyAsThereAre() {
        Map<String, Roles> assigned = StickyAssignor.assign(
                List.of(member("a", "p", Map.of()), member("b", "p", Map.of()), member("c", "q", Map.of())), work(3, 2));
        assertEquals(assigned.get("a").active().plus(assigned.get("b").active()), assigned.get("c").standby());
        assertEquals(assigned.get("c").active(), assigned.get("a").standby().plus(assigned.get("b").standby()));
    }

    @Test
    void copiesAreSpreadOverTags() {
        List<StreamsMember> members = List.of(
                member("a", "p", Map.of("zone", "1")), member("b", "q", Map.of("zone", "1")),
                member("c", "r", Map.of("zone", "2")), member("d", "s", Map.of("zone", "2")));
        Map<String, Roles> assigned = StickyAssignor.assign(members, work(8, 1, "zone"));
        for (int partition = 0; partition < 8; partition++) {
            assertNotEquals(zone(members, assigned, partition, true), zone(members, assigned, partition, false), "task " + partition);
        }
    }

    private static String zone(List<StreamsMember> members, Map<String, Roles> assigned, int partition, boolean active) {
        return members.stream().filter(member -> {
            Roles roles = assigned.get(member.memberId());
            return (active ? roles.active() : roles.standby()).contains(task(partition));
        }).findFirst().orElseThrow().profile().clientTags().get("zone");
    }
}
