// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Moment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/** What a new target assignment of a consumer group changes. */
final class ConsumerHistory {
    private ConsumerHistory() {}

    /** Compared with what members hold now. Members go there on their own, one by one: the times are those of the decision. */
    static Rebalance rebalance(ConsumerGroup group, Map<String, Partitions> targets, TopicsImage image, Moment now) {
        Map<TopicIdPartition, String> holders = new HashMap<>();
        List<String> joined = new ArrayList<>();
        for (ConsumerMember member : group.members()) {
            member.current().held().forEach((topicId, partition) -> holders.put(at(image, topicId, partition), member.memberId()));
            if (member.epoch() == ConsumerMember.JOINING && joined.size() < Rebalance.MAX_LISTED) {
                joined.add(member.memberId());
            }
        }
        List<Rebalance.Move> moves = new ArrayList<>();
        Set<TopicIdPartition> assigned = new HashSet<>();
        int[] moved = {0};
        targets.forEach((memberId, target) -> target.forEach((topicId, partition) -> {
            TopicIdPartition each = at(image, topicId, partition);
            String before = holders.get(each);
            assigned.add(each);
            if (before != null && !before.equals(memberId)) {
                moved[0]++;
                if (moves.size() < Rebalance.MAX_LISTED) {
                    moves.add(new Rebalance.Move(each.topic(), partition, before, memberId));
                }
            }
        }));
        return new Rebalance(group.groupId(), group.epoch(), now.wallMs(), 0, "members or topics changed", joined, List.of(),
                group.size(), assigned.size(), moved[0], moves, 0);
    }

    private static TopicIdPartition at(TopicsImage image, Uuid topicId, int partition) {
        TopicsImage.Entry topic = image.byId().get(topicId);
        return new TopicIdPartition(topicId, partition, topic == null ? "" : topic.name());
    }
}
