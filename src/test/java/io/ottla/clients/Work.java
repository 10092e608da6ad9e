// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * What the members of a group have done together. A record may come again only if the commit that would have covered it was not
 * acknowledged, and nothing that lies before an acknowledged commit comes after it. Safe for any thread; what is told of records done
 * holds once no member has a commit under way, as a member may learn that its commit was refused after another has done the records again.
 */
final class Work {
    private final Map<TopicPartition, Map<Long, Integer>> timesDone = new HashMap<>();
    private final Map<TopicPartition, Map<Long, Integer>> timesUnclean = new HashMap<>();
    private final Map<TopicPartition, Long> committed = new HashMap<>();
    private final List<String> violations = new ArrayList<>();
    private int distinct;

    synchronized void done(String member, Iterable<? extends ConsumerRecord<?, ?>> records) {
        for (ConsumerRecord<?, ?> record : records) {
            TopicPartition partition = new TopicPartition(record.topic(), record.partition());
            distinct += count(timesDone, record) == 1 ? 1 : 0;
            if (record.offset() < committed.getOrDefault(partition, 0L)) {
                violations.add(member + " got " + partition + " " + record.offset() + " after " + committed.get(partition) + " was committed");
            }
        }
    }

    private static int count(Map<TopicPartition, Map<Long, Integer>> counts, ConsumerRecord<?, ?> record) {
        return counts.computeIfAbsent(new TopicPartition(record.topic(), record.partition()), same -> new HashMap<>()).merge(record.offset(), 1, Integer::sum);
    }

    /** The records' commit was acknowledged. */
    synchronized void committed(Iterable<? extends ConsumerRecord<?, ?>> records) {
        records.forEach(record -> committed.merge(new TopicPartition(record.topic(), record.partition()), record.offset() + 1, Math::max));
    }

    /** The records' commit was refused, or nobody knows. */
    synchronized void uncommitted(Iterable<? extends ConsumerRecord<?, ?>> records) {
        records.forEach(record -> count(timesUnclean, record));
    }

    /** How many different records were done. */
    synchronized int distinct() {
        return distinct;
    }

    /** By partition, the end of what was acknowledged as committed. */
    synchronized Map<TopicPartition, Long> committed() {
        return Map.copyOf(committed);
    }

    synchronized List<String> violations() {
        List<String> all = new ArrayList<>(violations);
        timesDone.forEach((partition, offsets) -> offsets.forEach((offset, times) -> {
            int unclean = timesUnclean.getOrDefault(partition, Map.of()).getOrDefault(offset, 0);
            if (times > unclean + 1) {
                all.add(partition + " " + offset + " was done " + times + " times, although " + unclean + " commits were not clean");
            }
        }));
        return all;
    }
}
