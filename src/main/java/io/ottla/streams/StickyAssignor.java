// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Assigns tasks to members: every task is processed by one member, as many by each as by any other, and where they were
 * processed or copied before, as far as that allows. Standby copies of tasks with state go to other processes, spread over the
 * client tags that the group names (KIP-925 on the broker). Pure; the same input gives the same assignment.
 */
final class StickyAssignor {
    static final String NAME = "sticky";

    /**
     * @param tasks    how many tasks each subtopology has, by id
     * @param stateful the subtopologies that have state
     * @param standbys copies of each task with state
     * @param tags     client tags over which copies are spread, as far as possible
     */
    record Work(SortedMap<String, Integer> tasks, Set<String> stateful, int standbys, List<String> tags) {}

    private final Work work;
    private final Map<String, Load> members = new TreeMap<>();
    private final Map<String, List<Load>> processes = new TreeMap<>();

    /** A member, and what it has got. */
    private static final class Load {
        private final StreamsMember member;
        private final Set<TaskId> active = new TreeSet<>();
        private final Set<TaskId> standby = new TreeSet<>();

        private Load(StreamsMember member) {
            this.member = member;
        }

        private int size() {
            return active.size() + standby.size();
        }

        private boolean has(TaskId task) {
            return active.contains(task) || standby.contains(task);
        }

        private String id() {
            return member.memberId();
        }
    }

    private StickyAssignor(Collection<StreamsMember> members, Work work) {
        this.work = work;
        for (StreamsMember member : members) {
            Load load = new Load(member);
            this.members.put(member.memberId(), load);
            processes.computeIfAbsent(member.profile().processId(), id -> new ArrayList<>()).add(load);
        }
    }

    /** By member id. @param members whose current tasks are where the new ones should be */
    static Map<String, Roles> assign(Collection<StreamsMember> members, Work work) {
        if (members.isEmpty()) {
            return Map.of();
        }
        StickyAssignor assignor = new StickyAssignor(members, work);
        assignor.assignActive();
        assignor.assignStandby();
        Map<String, Roles> assigned = new HashMap<>();
        assignor.members.forEach((id, load) -> assigned.put(id, new Roles(Tasks.of(load.active), Tasks.of(load.standby), Tasks.NONE)));
        return assigned;
    }

    private List<TaskId> tasks(Set<String> subtopologies) {
        List<TaskId> tasks = new ArrayList<>();
        work.tasks.forEach((subtopology, count) -> {
            for (int partition = 0; partition < count && subtopologies.contains(subtopology); partition++) {
                tasks.add(new TaskId(subtopology, partition));
            }
        });
        return tasks;
    }

    private void assignActive() {
        List<TaskId> tasks = tasks(work.tasks.keySet());
        Quota quota = new Quota(tasks.size(), members.size());
        Map<TaskId, List<Load>> processedBefore = new HashMap<>();
        Map<TaskId, List<Load>> copiedBefore = new HashMap<>();
        for (Load load : members.values()) {
            Roles had = load.member.current().assigned().roles();
            had.active().ids().forEach(task -> processedBefore.computeIfAbsent(task, id -> new ArrayList<>()).add(load));
            had.standby().plus(had.warmup()).ids().forEach(task -> copiedBefore.computeIfAbsent(task, id -> new ArrayList<>()).add(load));
        }
        List<TaskId> rest = stay(stay(tasks, processedBefore, quota), copiedBefore, quota);
        for (TaskId task : rest) {
            quota.give(task, members.values().stream().filter(quota::allows)
                    .min(Comparator.comparingDouble(this::processLoad).thenComparingInt(Load::size).thenComparing(Load::id)).orElseThrow());
        }
    }

    private static List<TaskId> stay(List<TaskId> tasks, Map<TaskId, List<Load>> before, Quota quota) {
        List<TaskId> rest = new ArrayList<>();
        for (TaskId task : tasks) {
            before.getOrDefault(task, List.of()).stream().filter(quota::allows).min(Comparator.comparingInt(Load::size)).ifPresentOrElse(
                    load -> quota.give(task, load), () -> rest.add(task));
        }
        return rest;
    }

    /** Tasks for each thread of the process. */
    private double processLoad(Load load) {
        List<Load> process = processes.get(load.member.profile().processId());
        return (double) process.stream().mapToInt(Load::size).sum() / process.size();
    }

    /** Lets every member have as many active tasks as any other, give or take one. */
    private static final class Quota {
        private final int each;
        private int oneMore;

        private Quota(int tasks, int members) {
            each = tasks / members;
            oneMore = tasks % members;
        }

        private boolean allows(Load load) {
            return load.active.size() < each || load.active.size() == each && oneMore > 0;
        }

        private void give(TaskId task, Load load) {
            oneMore -= load.active.size() == each ? 1 : 0;
            load.active.add(task);
        }
    }

    private void assignStandby() {
        int copies = Math.min(work.standbys, processes.size() - 1);
        for (TaskId task : tasks(work.stateful)) {
            Set<String> taken = new HashSet<>();
            processes.forEach((id, loads) -> loads.stream().filter(load -> load.has(task)).forEach(load -> taken.add(id)));
            for (int copy = 0; copy < copies; copy++) {
                Load chosen = chooseForCopy(task, taken);
                chosen.standby.add(task);
                taken.add(chosen.member.profile().processId());
            }
        }
    }

    private Load chooseForCopy(TaskId task, Set<String> taken) {
        double fair = Math.ceil((double) (tasks(work.tasks.keySet()).size() + work.standbys * tasks(work.stateful).size()) / members.size());
        return members.values().stream()
                .filter(load -> !taken.contains(load.member.profile().processId()))
                .min(Comparator.comparingInt((Load load) -> -newTags(load, taken))
                        .thenComparing(load -> !(hadBefore(load, task) && load.size() < fair))
                        .thenComparingDouble(this::processLoad)
                        .thenComparingInt(Load::size)
                        .thenComparing(Load::id))
                .orElseThrow();
    }

    private static boolean hadBefore(Load load, TaskId task) {
        Roles had = load.member.current().assigned().roles();
        return had.active().contains(task) || had.standby().contains(task) || had.warmup().contains(task);
    }

    /** In how many of the tags this member differs from all that have the task. */
    private int newTags(Load load, Set<String> taken) {
        int differing = 0;
        for (String tag : work.tags) {
            String own = load.member.profile().clientTags().get(tag);
            boolean seen = own == null || taken.stream().flatMap(id -> processes.get(id).stream())
                    .anyMatch(other -> own.equals(other.member.profile().clientTags().get(tag)));
            differing += seen ? 0 : 1;
        }
        return differing;
    }
}
