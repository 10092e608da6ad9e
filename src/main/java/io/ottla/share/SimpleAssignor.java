// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;

/**
 * Kafka's "simple" assignor of share groups: every partition has equally many members, as few as suffice to keep everybody
 * busy, every member has equally many partitions, and who has a partition keeps it where that allows. Members that
 * subscribe to different topics are balanced topic by topic.
 */
final class SimpleAssignor {
    static final String NAME = "simple";

    /** One partition of one topic. */
    private record Slot(Uuid topic, int partition) implements Comparable<Slot> {
        @Override
        public int compareTo(Slot other) {
            int byTopic = topic.compareTo(other.topic);
            return byTopic != 0 ? byTopic : Integer.compare(partition, other.partition);
        }
    }

    private SimpleAssignor() {}

    /**
     * @param subscriptions topics by member
     * @param partitions    the partitions of each topic that may be assigned
     * @param before        what members have
     */
    static Map<String, Assignment> assign(
            Map<String, Set<Uuid>> subscriptions, Map<Uuid, SortedSet<Integer>> partitions, Map<String, Assignment> before) {
        Map<String, Set<Slot>> assigned = new TreeMap<>();
        subscriptions.keySet().forEach(member -> assigned.put(member, new TreeSet<>()));
        boolean alike = new HashSet<>(subscriptions.values()).size() <= 1;
        if (alike && !subscriptions.isEmpty()) {
            Set<Uuid> topics = subscriptions.values().iterator().next();
            balance(List.copyOf(assigned.keySet()), slots(topics, partitions), before, assigned);
        } else {
            for (Uuid topic : new TreeSet<>(partitions.keySet())) {
                List<String> members = assigned.keySet().stream().filter(member -> subscriptions.get(member).contains(topic)).toList();
                balance(members, slots(List.of(topic), partitions), before, assigned);
            }
        }
        Map<String, Assignment> result = new HashMap<>();
        assigned.forEach((member, slots) -> result.put(member, toAssignment(slots)));
        return result;
    }

    private static List<Slot> slots(Collection<Uuid> topics, Map<Uuid, SortedSet<Integer>> partitions) {
        List<Slot> slots = new ArrayList<>();
        for (Uuid topic : new TreeSet<>(topics)) {
            partitions.getOrDefault(topic, new TreeSet<>()).forEach(partition -> slots.add(new Slot(topic, partition)));
        }
        return slots;
    }

    private static Assignment toAssignment(Set<Slot> slots) {
        Map<Uuid, SortedSet<Integer>> partitions = new HashMap<>();
        slots.forEach(slot -> partitions.computeIfAbsent(slot.topic, topic -> new TreeSet<>()).add(slot.partition));
        return new Assignment(partitions);
    }

    private static void balance(List<String> members, List<Slot> slots, Map<String, Assignment> before, Map<String, Set<Slot>> assigned) {
        if (!members.isEmpty() && !slots.isEmpty()) {
            Pool pool = new Pool(members, slots);
            pool.keep(before);
            pool.fill();
            pool.mine.forEach((member, mine) -> assigned.get(member).addAll(mine));
        }
    }

    /** Partitions that the same members share. */
    private static final class Pool {
        private final List<Slot> slots;
        private final int sharing;
        private final int least;
        private int withOneMore;
        private final Map<String, Set<Slot>> mine = new TreeMap<>();
        private final Map<Slot, Integer> holders = new HashMap<>();

        private Pool(List<String> members, List<Slot> slots) {
            this.slots = slots;
            sharing = (members.size() + slots.size() - 1) / slots.size();
            int total = sharing * slots.size();
            least = total / members.size();
            withOneMore = total % members.size();
            members.forEach(member -> mine.put(member, new TreeSet<>()));
            slots.forEach(slot -> holders.put(slot, 0));
        }

        private void keep(Map<String, Assignment> before) {
            mine.forEach((member, kept) -> {
                Assignment had = before.getOrDefault(member, Assignment.NONE);
                for (Slot slot : slots) {
                    if (had.contains(slot.topic, slot.partition) && holders.get(slot) < sharing && room(kept)) {
                        give(slot, kept);
                    }
                }
            });
        }

        private boolean room(Set<Slot> has) {
            return has.size() < least || has.size() == least && withOneMore > 0;
        }

        private void give(Slot slot, Set<Slot> to) {
            withOneMore -= to.size() == least ? 1 : 0;
            to.add(slot);
            holders.merge(slot, 1, Integer::sum);
        }

        private void fill() {
            for (Slot slot : slots) {
                while (holders.get(slot) < sharing) {
                    Set<Slot> taker = emptiest(slot);
                    if (taker == null) {
                        taker = makeRoom(slot);
                    }
                    give(slot, taker);
                }
            }
        }

        private Set<Slot> emptiest(Slot slot) {
            Set<Slot> found = null;
            for (Set<Slot> each : mine.values()) {
                if (room(each) && !each.contains(slot) && (found == null || each.size() < found.size())) {
                    found = each;
                }
            }
            return found;
        }

        /** All who have room have the partition already: one of the others passes a partition of its own on to one of them. */
        private Set<Slot> makeRoom(Slot slot) {
            for (Set<Slot> receiver : mine.values()) {
                for (Set<Slot> giver : room(receiver) ? mine.values() : List.<Set<Slot>>of()) {
                    Slot passed = giver.contains(slot) ? null : giver.stream().filter(each -> !receiver.contains(each)).findFirst().orElse(null);
                    if (passed != null) {
                        withOneMore += giver.size() == least + 1 ? 1 : 0;
                        giver.remove(passed);
                        holders.merge(passed, -1, Integer::sum);
                        give(passed, receiver);
                        return giver;
                    }
                }
            }
            throw new IllegalStateException("no member can take " + slot + " of " + slots.size() + " among " + mine.size());
        }
    }
}
