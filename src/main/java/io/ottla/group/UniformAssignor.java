// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;

/**
 * Everybody gets as many partitions as anybody, as far as subscriptions allow; nobody loses a partition without need. Members
 * keep what they had up to an equal share, what is free goes to whoever has least, and then partitions move from those with
 * more to those with less while that evens the load.
 */
final class UniformAssignor implements Assignor {
    private record Slot(Uuid topicId, int partition) {}

    private static final class Load {
        private final Wish wish;
        private final Set<Uuid> topics = new HashSet<>();
        private final Deque<Slot> slots = new ArrayDeque<>();

        private Load(Wish wish) {
            this.wish = wish;
        }

        /** Most members of a large group keep what they had: then it is the same object, which costs nothing to compare. */
        private Partitions target() {
            Partitions before = wish.before();
            if (slots.size() == before.size() && slots.stream().allMatch(slot -> before.contains(slot.topicId, slot.partition))) {
                return before;
            }
            Partitions.Builder target = new Partitions.Builder();
            slots.forEach(slot -> target.add(slot.topicId, slot.partition));
            return target.build();
        }
    }

    /** Partitions that somebody has. */
    private static final class Taken {
        private final Map<Uuid, BitSet> byTopic = new HashMap<>();

        /** False if it was taken before. */
        private boolean add(Uuid topicId, int partition) {
            BitSet ofTopic = byTopic.computeIfAbsent(topicId, id -> new BitSet());
            boolean free = !ofTopic.get(partition);
            ofTopic.set(partition);
            return free;
        }

        private boolean has(Uuid topicId, int partition) {
            BitSet ofTopic = byTopic.get(topicId);
            return ofTopic != null && ofTopic.get(partition);
        }

        /** The partitions of these topics that nobody has, in order. */
        private Iterator<Slot> others(Set<Uuid> topicIds, TopicsImage topics) {
            return topicIds.stream().flatMap(topicId -> IntStream.range(0, topics.byId().get(topicId).partitions())
                    .filter(partition -> !has(topicId, partition)).mapToObj(partition -> new Slot(topicId, partition))).iterator();
        }
    }

    private static final Comparator<Load> LEAST_FIRST = Comparator
            .comparingInt((Load load) -> load.slots.size()).thenComparing(load -> load.wish.memberId());

    @Override
    public String name() {
        return "uniform";
    }

    @Override
    public Map<String, Partitions> assign(List<Wish> wishes, TopicsImage topics) {
        List<Load> loads = new ArrayList<>();
        Map<Uuid, List<Load>> takers = new TreeMap<>();
        for (Wish wish : wishes.stream().sorted(Comparator.comparing(Wish::memberId)).toList()) {
            Load load = new Load(wish);
            wish.topics().stream().map(topics.byName()::get).filter(topic -> topic != null).forEach(topic -> {
                load.topics.add(topic.id());
                takers.computeIfAbsent(topic.id(), id -> new ArrayList<>()).add(load);
            });
            loads.add(load);
        }
        int active = (int) loads.stream().filter(load -> !load.topics.isEmpty()).count();
        if (takers.values().stream().allMatch(each -> each.size() == active)) {
            share(loads.stream().filter(load -> !load.topics.isEmpty()).toList(), takers, topics);
        } else {
            distribute(takers, keep(loads, topics), topics);
            even(loads, takers);
        }
        return targets(loads);
    }

    /** Everybody wants the same: they keep up to an equal share of what they had, and are filled up with runs of what is free. */
    private static void share(List<Load> loads, Map<Uuid, List<Load>> takers, TopicsImage topics) {
        int total = takers.keySet().stream().mapToInt(topicId -> topics.byId().get(topicId).partitions()).sum();
        int share = loads.isEmpty() ? 0 : total / loads.size();
        int largerShares = loads.isEmpty() ? 0 : total % loads.size();
        Taken taken = new Taken();
        for (Load load : loads) {
            keep(load, largerShares > 0 ? share + 1 : share, taken, topics);
            largerShares -= load.slots.size() > share ? 1 : 0;
        }
        Iterator<Slot> free = taken.others(takers.keySet(), topics);
        for (Load load : loads) {
            boolean larger = load.slots.size() <= share && largerShares > 0;
            largerShares -= larger ? 1 : 0;
            while (load.slots.size() < (larger ? share + 1 : share)) {
                load.slots.addLast(free.next());
            }
        }
    }

    /** Leaves to everybody what it had; returns what is taken. */
    private static Taken keep(List<Load> loads, TopicsImage topics) {
        Taken taken = new Taken();
        loads.forEach(load -> keep(load, Integer.MAX_VALUE, taken, topics));
        return taken;
    }

    private static void keep(Load load, int most, Taken taken, TopicsImage topics) {
        load.wish.before().forEach((topicId, partition) -> {
            boolean exists = load.topics.contains(topicId) && partition < topics.byId().get(topicId).partitions();
            if (load.slots.size() < most && exists && taken.add(topicId, partition)) {
                load.slots.addLast(new Slot(topicId, partition));
            }
        });
    }

    private static void distribute(Map<Uuid, List<Load>> takers, Taken taken, TopicsImage topics) {
        takers.forEach((topicId, able) -> {
            TreeSet<Load> byLoad = new TreeSet<>(LEAST_FIRST);
            byLoad.addAll(able);
            for (int partition = 0; partition < topics.byId().get(topicId).partitions(); partition++) {
                if (!taken.has(topicId, partition)) {
                    Load least = byLoad.pollFirst();
                    least.slots.addLast(new Slot(topicId, partition));
                    byLoad.add(least);
                }
            }
        });
    }

    /** Each step takes one partition from a load and gives one to a load that has at least two less, so that this comes to an end. */
    private static void even(List<Load> loads, Map<Uuid, List<Load>> takers) {
        boolean moved = !isEven(loads);
        while (moved) {
            moved = false;
            for (Load from : loads) {
                while (relieve(from, takers)) {
                    moved = true;
                }
            }
        }
    }

    private static boolean isEven(List<Load> loads) {
        int least = loads.stream().mapToInt(load -> load.slots.size()).min().orElse(0);
        int most = loads.stream().mapToInt(load -> load.slots.size()).max().orElse(0);
        return most - least <= 1;
    }

    /** How a chain of members came to {@code giver}'s neighbour, and what is handed on. */
    private record Step(Load giver, Uuid topicId) {
        private static final Step FIRST = new Step(null, Uuid.ZERO_UUID);
    }

    /** Looks for the shortest chain of members along which partitions can be handed on to somebody with less, and does it. */
    private static boolean relieve(Load from, Map<Uuid, List<Load>> takers) {
        Map<Load, Step> reached = new LinkedHashMap<>();
        Deque<Load> next = new ArrayDeque<>(List.of(from));
        reached.put(from, Step.FIRST);
        while (!next.isEmpty()) {
            Load giver = next.poll();
            Set<Uuid> given = new LinkedHashSet<>();
            giver.slots.forEach(slot -> given.add(slot.topicId));
            for (Uuid topicId : given) {
                for (Load taker : takers.get(topicId)) {
                    if (reached.putIfAbsent(taker, new Step(giver, topicId)) == null) {
                        if (from.slots.size() - taker.slots.size() > 1) {
                            handOn(taker, reached);
                            return true;
                        }
                        next.add(taker);
                    }
                }
            }
        }
        return false;
    }

    private static void handOn(Load last, Map<Load, Step> reached) {
        Load taker = last;
        for (Step step = reached.get(taker); step != Step.FIRST; step = reached.get(taker)) {
            Uuid topicId = step.topicId;
            Slot slot = step.giver.slots.stream().filter(each -> each.topicId.equals(topicId)).reduce((first, second) -> second).orElseThrow();
            step.giver.slots.remove(slot);
            taker.slots.addLast(slot);
            taker = step.giver;
        }
    }

    private static Map<String, Partitions> targets(List<Load> loads) {
        Map<String, Partitions> targets = new HashMap<>();
        for (Load load : loads) {
            targets.put(load.wish.memberId(), load.target());
        }
        return targets;
    }
}
