// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.topic.TopicView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData.Endpoint;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData.EndpointToPartitions;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData.TopicPartition;

/** Which instance can be asked about which partition: what interactive queries need to know. */
final class Endpoints {
    private Endpoints() {}

    /** One entry for each member that has an endpoint; that of the member that asks comes last. */
    static List<EndpointToPartitions> of(StreamsMember asking, Collection<StreamsMember> members, Topology topology, TopicView topics) {
        List<EndpointToPartitions> entries = new ArrayList<>();
        List<StreamsMember> inOrder = new ArrayList<>(members);
        inOrder.sort(Comparator.comparing(member -> member.memberId().equals(asking.memberId())));
        for (StreamsMember member : inOrder) {
            if (member.profile().endpoint() != null) {
                Roles roles = member.current().assigned().roles();
                entries.add(new EndpointToPartitions()
                        .setUserEndpoint(new Endpoint().setHost(member.profile().endpoint().host()).setPort(member.profile().endpoint().port()))
                        .setActivePartitions(partitions(roles.active(), topology, topics))
                        .setStandbyPartitions(partitions(roles.standby().plus(roles.warmup()), topology, topics)));
            }
        }
        return entries;
    }

    private static List<TopicPartition> partitions(Tasks tasks, Topology topology, TopicView topics) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (Topology.Subtopology subtopology : topology.sorted()) {
            List<Integer> own = tasks.ids().stream().filter(task -> task.subtopology().equals(subtopology.id())).map(TaskId::partition).toList();
            for (String input : own.isEmpty() ? List.<String>of() : subtopology.inputs()) {
                TopicView.Known topic = topics.find(input);
                List<Integer> there = topic == null ? List.of() : own.stream().filter(partition -> partition < topic.partitions()).toList();
                if (!there.isEmpty()) {
                    partitions.add(new TopicPartition().setTopic(input).setPartitions(there));
                }
            }
        }
        return partitions;
    }
}
