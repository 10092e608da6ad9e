// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.topic.Topic;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;

/**
 * The topics that consumers may subscribe to, at one moment. Immutable.
 *
 * @param version grows with every change
 */
record TopicsImage(long version, Map<String, Entry> byName, Map<Uuid, Entry> byId) {
    static final TopicsImage EMPTY = new TopicsImage(0, Map.of(), Map.of());

    record Entry(String name, Uuid id, int partitions) {}

    static TopicsImage of(long version, Collection<Topic> topics) {
        Map<String, Entry> byName = new HashMap<>();
        Map<Uuid, Entry> byId = new HashMap<>();
        for (Topic topic : topics) {
            Entry entry = new Entry(topic.name(), topic.id(), topic.partitions().size());
            byName.put(entry.name, entry);
            byId.put(entry.id, entry);
        }
        return new TopicsImage(version, byName, byId);
    }

    /** Changes whenever one of these topics appears, goes, is replaced or grows. 0 if none exists. */
    long hash(Set<String> names) {
        long hash = 0;
        for (String name : new TreeSet<>(names)) {
            Entry entry = byName.get(name);
            if (entry != null) {
                hash = mix(hash, name.hashCode());
                hash = mix(hash, entry.id.getMostSignificantBits());
                hash = mix(hash, entry.id.getLeastSignificantBits());
                hash = mix(hash, entry.partitions);
            }
        }
        return hash;
    }

    /** One round of splitmix64. */
    private static long mix(long hash, long value) {
        long mixed = (hash ^ value) + 0x9e3779b97f4a7c15L;
        mixed = (mixed ^ mixed >>> 30) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
        return mixed ^ mixed >>> 31;
    }
}
