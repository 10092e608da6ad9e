// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.group.OffsetRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData.TaskIds;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/**
 * Random histories of one application: threads of several processes join, leave, die, come late, lose answers and are slow to
 * give up tasks, topics grow, and the broker restarts. {@code -Dsimulation.seed=N} plays one history again.
 */
class StreamsSimulationTest {
    private static final int HISTORIES = Integer.getInteger("simulation.histories", 150);
    private static final Long ONLY = Long.getLong("simulation.seed");
    private static final String GROUP = "app";
    private static final int SESSION_MS = 45_000;
    private static final int REBALANCE_MS = 20_000;

    @Test
    void everyTaskHasOneOwnerAndTheGroupSettles() {
        for (long seed = ONLY != null ? ONLY : 1; seed <= (ONLY != null ? ONLY : HISTORIES); seed++) {
            try {
                new History(seed).play();
            } catch (Throwable e) {
                throw new AssertionError("simulation.seed=" + seed, e);
            }
        }
    }

    /** A thread of the application. */
    private static final class Thread {
        private final String id;
        private final String process;
        private final String instance;
        private int epoch;
        private Roles owned = Roles.NONE;
        /** Told, and not yet taken up. */
        private Roles told;

        private Thread(String id, String process, String instance) {
            this.id = id;
            this.process = process;
            this.instance = instance;
        }

        private void fall() {
            epoch = 0;
            owned = Roles.NONE;
            told = null;
        }
    }

    private static final class History {
        private final Random random;
        private final StreamsHarness streams;
        private final int standbys;
        private final List<Thread> threads = new ArrayList<>();
        private int names;
        private int width = 3;

        private History(long seed) {
            random = new Random(seed);
            standbys = random.nextInt(3);
            streams = new StreamsHarness(Map.of(
                    "group.streams.num.standby.replicas", Integer.toString(standbys),
                    "group.streams.initial.rebalance.delay.ms", random.nextBoolean() ? "0" : "3000",
                    "group.streams.assignment.interval.ms", random.nextBoolean() ? "0" : "1000"));
            streams.topic("in", width);
            streams.topic("other", 2);
        }

        private void play() {
            for (int step = 0; step < 120; step++) {
                step();
                check();
            }
            settle();
        }

        private void step() {
            Thread one = threads.isEmpty() ? null : threads.get(random.nextInt(threads.size()));
            switch (random.nextInt(one == null ? 1 : 14)) {
                case 0 -> join();
                case 1 -> leave(one);
                case 2 -> threads.remove(one);
                case 3 -> restart();
                case 4 -> streams.pass(random.nextInt(10_000));
                case 5 -> streams.pass(random.nextInt(4) == 0 ? SESSION_MS : 1_000);
                case 6 -> beat(one, true);
                case 7 -> comeBack(one);
                default -> beat(one, false);
            }
        }

        private void join() {
            if (threads.size() < 8) {
                Thread thread = new Thread("m" + names++, "p" + random.nextInt(4), random.nextInt(3) == 0 ? "i" + random.nextInt(3) : null);
                threads.add(thread);
                beat(thread, false);
            }
        }

        private void leave(Thread thread) {
            boolean forGood = thread.instance == null || random.nextBoolean();
            streams.beat(command(thread, forGood ? -1 : -2, null));
            threads.remove(thread);
        }

        /** A thread is started anew with the same name of its instance. */
        private void comeBack(Thread thread) {
            if (thread.instance != null) {
                streams.beat(command(thread, -2, null));
                threads.remove(thread);
                Thread next = new Thread("m" + names++, thread.process, thread.instance);
                threads.add(next);
                beat(next, false);
            }
        }

        private void restart() {
            boolean compacted = random.nextBoolean();
            assertSame(streams.group(GROUP), streams.replayed(compacted).groups().stream().findFirst().orElse(null));
            streams.restart(compacted);
        }

        private void assertSame(StreamsGroup before, StreamsGroup after) {
            if (before == null || after == null) {
                assertEquals(before, after);
                return;
            }
            assertEquals(List.copyOf(before.members()), List.copyOf(after.members()));
            assertEquals(before.epoch(), after.epoch());
            assertEquals(before.assignmentEpoch(), after.assignmentEpoch());
            assertEquals(before.assignedMs(), after.assignedMs());
            assertEquals(before.topology(), after.topology());
            assertEquals(before.topicsHash(), after.topicsHash());
            assertEquals(before.validatedEpoch(), after.validatedEpoch());
            assertEquals(before.configs(), after.configs());
            before.members().forEach(member -> assertEquals(before.target(member.memberId()), after.target(member.memberId())));
        }

        private StreamsCommand.Heartbeat command(Thread thread, int epoch, Roles owned) {
            return new StreamsCommand.Heartbeat(GROUP, thread.id, epoch, thread.instance,
                    new StreamsCommand.Told(null, "c", "/h", epoch == 0 ? REBALANCE_MS : -1, epoch == 0 ? thread.process : null, null, null),
                    epoch == 0 ? topology() : null, owned, null, null, false, -1, (short) 1, StreamsHarness.nobody());
        }

        private static Topology topology() {
            return new Topology(1, List.of(
                    new Topology.Subtopology("0", List.of("in"), List.of(), List.of(), List.of("again"), List.of(), List.of()),
                    new Topology.Subtopology("1", List.of("other"), List.of(),
                            List.of(new Topology.InternalTopic("log", 0, (short) 0, Map.of())), List.of(),
                            List.of(new Topology.InternalTopic("again", 0, (short) 0, Map.of())), List.of())));
        }

        private void beat(Thread thread, boolean loseAnswer) {
            if (thread.told != null && random.nextInt(4) > 0) {
                thread.owned = thread.told;
                thread.told = null;
            }
            boolean says = thread.epoch == 0 || random.nextInt(3) > 0;
            StreamsGroupHeartbeatResponseData answer = streams.beat(command(thread, thread.epoch, says ? thread.owned : null));
            if (loseAnswer) {
                return;
            }
            switch (Errors.forCode(answer.errorCode())) {
                case NONE -> take(thread, answer);
                case UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, GROUP_ID_NOT_FOUND, UNRELEASED_INSTANCE_ID -> thread.fall();
                case FENCED_INSTANCE_ID -> threads.remove(thread);
                default -> throw new AssertionError(answer.toString());
            }
        }

        private void take(Thread thread, StreamsGroupHeartbeatResponseData answer) {
            thread.epoch = answer.memberEpoch();
            if (answer.activeTasks() != null) {
                Roles told = new Roles(tasks(answer.activeTasks()), tasks(answer.standbyTasks()), tasks(answer.warmupTasks()));
                thread.told = told;
                // What is new is begun at once or later; what is lost is given up when the thread gets to it.
                if (thread.owned.isEmpty()) {
                    thread.owned = told;
                    thread.told = null;
                }
            }
        }

        private static Tasks tasks(List<TaskIds> ids) {
            List<TaskId> tasks = new ArrayList<>();
            ids.forEach(each -> each.partitions().forEach(partition -> tasks.add(new TaskId(each.subtopologyId(), partition))));
            return Tasks.of(tasks);
        }

        private void check() {
            StreamsGroup group = streams.group(GROUP);
            if (group == null) {
                return;
            }
            Map<TaskId, String> owners = new HashMap<>();
            Set<List<Object>> inProcess = new HashSet<>();
            for (StreamsMember member : group.members()) {
                Tasks active = member.current().assigned().roles().active().plus(member.current().revoking().roles().active());
                active.ids().forEach(task -> assertEquals(null, owners.put(task, member.memberId()), () -> task + " has two owners"));
                Roles roles = member.current().assigned().roles();
                Tasks held = roles.active().plus(roles.standby()).plus(member.current().revoking().roles().active()).plus(member.current().revoking().roles().standby());
                held.ids().forEach(task -> assertTrue(inProcess.add(List.of(member.profile().processId(), task)), () -> task + " twice in a process"));
            }
            threads.forEach(thread -> checkThread(group, thread));
        }

        private void checkThread(StreamsGroup group, Thread thread) {
            StreamsMember member = group.member(thread.id);
            OffsetRules rules = streams.groups().offsetRules(GROUP);
            for (TaskId task : thread.owned.active().ids()) {
                boolean has = member != null && thread.epoch <= member.epoch()
                        && (member.current().assigned().since().getOrDefault(task, Integer.MAX_VALUE) <= thread.epoch
                                || member.current().revoking().since().getOrDefault(task, Integer.MAX_VALUE) <= thread.epoch);
                Errors error = rules.mayCommit(new OffsetRules.Committer(thread.id, thread.instance, thread.epoch, false, true),
                        List.of(new TopicPartition(task.subtopology().equals("0") ? "in" : "other", task.partition())));
                boolean current = member != null && thread.epoch == member.epoch();
                assertEquals(has || current, error == Errors.NONE, () -> thread.id + " commits " + task + " at " + thread.epoch + ": " + error);
            }
        }

        private void settle() {
            if (random.nextInt(3) == 0) {
                width++;
                streams.topic("in", width);
            }
            for (int round = 0; round < 40; round++) {
                List.copyOf(threads).forEach(thread -> beat(thread, false));
                check();
                streams.pass(3_000);
            }
            StreamsGroup group = streams.group(GROUP);
            if (threads.isEmpty() || group == null) {
                return;
            }
            if (group.plan().isReady()) {
                assertSettled(group);
            } else {
                assertTrue(width > 3, "only topics that grew can be in the way: " + group.plan().problem());
            }
        }

        private void assertSettled(StreamsGroup group) {
            assertEquals("Stable", group.state(), () -> group.members().toString());
            Map<TaskId, Integer> active = new TreeMap<>();
            Map<TaskId, Integer> copies = new TreeMap<>();
            Set<String> processes = new HashSet<>();
            group.members().forEach(member -> {
                processes.add(member.profile().processId());
                member.current().assigned().roles().active().ids().forEach(task -> active.merge(task, 1, Integer::sum));
                member.current().assigned().roles().standby().ids().forEach(task -> copies.merge(task, 1, Integer::sum));
            });
            group.plan().tasks().forEach((subtopology, count) -> {
                for (int partition = 0; partition < count; partition++) {
                    TaskId task = new TaskId(subtopology, partition);
                    assertEquals(1, active.remove(task), () -> task + " is processed once");
                    int expected = subtopology.equals("1") ? Math.min(standbys, processes.size() - 1) : 0;
                    assertEquals(expected, copies.getOrDefault(task, 0), () -> task + " has its copies");
                }
            });
            assertEquals(Map.of(), active);
            List<Integer> loads = group.members().stream().map(member -> member.current().assigned().roles().active().ids().size()).sorted().toList();
            assertTrue(loads.getLast() - loads.getFirst() <= 1, () -> "unequal " + loads);
        }
    }
}
