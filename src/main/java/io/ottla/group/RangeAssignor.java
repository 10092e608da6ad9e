// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Each topic is cut into as many runs as it has subscribers, so that members have the same partitions of topics of equal size. */
final class RangeAssignor implements Assignor {
    /** Static members first, by identity, so that they keep their place when they come back. */
    private static final Comparator<Wish> ORDER = Comparator
            .comparing((Wish wish) -> wish.instanceId() == null)
            .thenComparing(wish -> wish.instanceId() == null ? wish.memberId() : wish.instanceId());

    @Override
    public String name() {
        return "range";
    }

    @Override
    public Map<String, Partitions> assign(List<Wish> wishes, TopicsImage topics) {
        Map<String, List<Wish>> subscribers = new TreeMap<>();
        wishes.stream().sorted(ORDER).forEach(wish ->
                wish.topics().forEach(topic -> subscribers.computeIfAbsent(topic, name -> new ArrayList<>()).add(wish)));
        Map<String, Partitions.Builder> shares = new HashMap<>();
        subscribers.forEach((name, takers) -> {
            TopicsImage.Entry topic = topics.byName().get(name);
            if (topic != null) {
                cut(topic, takers, shares);
            }
        });
        Map<String, Partitions> targets = new HashMap<>();
        shares.forEach((memberId, share) -> targets.put(memberId, share.build()));
        return targets;
    }

    private static void cut(TopicsImage.Entry topic, List<Wish> takers, Map<String, Partitions.Builder> shares) {
        int each = topic.partitions() / takers.size();
        int larger = topic.partitions() % takers.size();
        int next = 0;
        for (int i = 0; i < takers.size(); i++) {
            int end = next + each + (i < larger ? 1 : 0);
            for (; next < end; next++) {
                shares.computeIfAbsent(takers.get(i).memberId(), id -> new Partitions.Builder()).add(topic.id(), next);
            }
        }
    }
}
