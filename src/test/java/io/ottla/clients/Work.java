// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * What the members of a group have done together. A record may come again only if the commit that would have covered it was not
 * acknowledged, and nothing that lies before an acknowledged commit comes after it. Safe for any thread.
 */
final class Work {
    private final Map<TopicPartition, Map<Long, Integer>> timesDone = new HashMap<>();
    private final Map<TopicPartition, Set<Long>> unclean = new HashMap<>();
    private final Map<TopicPartition, Long> committed = new HashMap<>();
    private final List<String> violations = new ArrayList<>();
    private int distinct;

    synchronized void done(String member, Iterable<? extends ConsumerRecord<?, ?>> records) {
        for (ConsumerRecord<?, ?> record : records) {
            TopicPartition partition = new TopicPartition(record.topic(), record.partition());
            int times = timesDone.computeIfAbsent(partition, same -> new HashMap<>()).merge(record.offset(), 1, Integer::sum);
            distinct += times == 1 ? 1 : 0;
            if (record.offset() < committed.getOrDefault(partition, 0L)) {
                violations.add(member + " got " + partition + " " + record.offset() + " after " + committed.get(partition) + " was committed");
            }
            if (times > 1 && !unclean.getOrDefault(partition, Set.of()).contains(record.offset())) {
                violations.add(member + " did " + partition + " " + record.offset() + " again, although its commit was clean");
            }
        }
    }

    /** The records' commit was acknowledged. */
    synchronized void committed(Iterable<? extends ConsumerRecord<?, ?>> records) {
        records.forEach(record -> committed.merge(new TopicPartition(record.topic(), record.partition()), record.offset() + 1, Math::max));
    }

    /** The records' commit was refused, or nobody knows. */
    synchronized void uncommitted(Iterable<? extends ConsumerRecord<?, ?>> records) {
        records.forEach(record -> unclean.computeIfAbsent(new TopicPartition(record.topic(), record.partition()), same -> new TreeSet<>()).add(record.offset()));
    }

    /** How many different records were done. */
    synchronized int distinct() {
        return distinct;
    }

    /** How many records had a commit that was not acknowledged. */
    synchronized int unclean() {
        return unclean.values().stream().mapToInt(Set::size).sum();
    }

    /** By partition, the end of what was acknowledged as committed. */
    synchronized Map<TopicPartition, Long> committed() {
        return Map.copyOf(committed);
    }

    synchronized List<String> violations() {
        return List.copyOf(violations);
    }
}
