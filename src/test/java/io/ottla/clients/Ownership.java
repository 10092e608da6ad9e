// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** Who owns which partition, as the members themselves tell; remembers every moment at which a partition had two owners. */
final class Ownership {
    private final Map<TopicPartition, String> owners = new HashMap<>();
    private final List<String> violations = new ArrayList<>();

    synchronized void claim(String member, Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            String before = owners.put(partition, member);
            if (before != null && !before.equals(member)) {
                violations.add(partition + " was assigned to " + member + " while " + before + " owned it");
            }
        }
    }

    synchronized void release(String member, Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> owners.remove(partition, member));
    }

    /** The member is no more and cannot tell so itself. */
    synchronized void releaseAll(String member) {
        owners.values().removeIf(member::equals);
    }

    synchronized Map<TopicPartition, String> owners() {
        return Map.copyOf(owners);
    }

    synchronized List<String> violations() {
        return List.copyOf(violations);
    }
}
