// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ottla.coordinator.JournalEntry;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.coordinator.group.generated.StreamsGroupCurrentMemberAssignmentKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupCurrentMemberAssignmentValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupMemberMetadataKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupMemberMetadataValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTargetAssignmentMemberKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTargetAssignmentMemberValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTargetAssignmentMetadataKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTargetAssignmentMetadataValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTopologyKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTopologyValue;
import org.junit.jupiter.api.Test;

/** Our records beside those that Kafka's own generated classes write. */
class StreamsRecordsTest {
    private static final Tasks TASKS = Tasks.of(List.of(new TaskId("0", 1), new TaskId("0", 3), new TaskId("1", 0)));

    private static void assertKept(int kind, ApiMessage key, ApiMessage value, StreamsEvent event) {
        ByteBuffer keyBytes = MessageUtil.toVersionPrefixedByteBuffer((short) 0, key).putShort(0, (short) kind);
        ByteBuffer valueBytes = value == null ? null : MessageUtil.toVersionPrefixedByteBuffer((short) 0, value);
        JournalEntry.Plain entry = (JournalEntry.Plain) StreamsRecords.encode(event);
        assertEquals(keyBytes, entry.key(), "key");
        assertEquals(valueBytes, entry.value(), "value");
        assertEquals(event, StreamsRecords.decode(keyBytes.duplicate(), valueBytes == null ? null : valueBytes.duplicate()));
    }

    @Test
    void groups() {
        StreamsGroupMetadataKey key = new StreamsGroupMetadataKey().setGroupId("gröup");
        StreamsGroupMetadataValue value = new StreamsGroupMetadataValue().setEpoch(7).setMetadataHash(99)
                .setLastAssignmentConfigs(List.of(
                        new StreamsGroupMetadataValue.LastAssignmentConfig().setKey("num.standby.replicas").setValue("1"),
                        new StreamsGroupMetadataValue.LastAssignmentConfig().setKey("rack.aware.assignment.tags").setValue("a,b")));
        TreeMap<String, String> configs = new TreeMap<>(Map.of("num.standby.replicas", "1", "rack.aware.assignment.tags", "a,b"));
        assertKept(17, key, value, new StreamsEvent.GroupKept("gröup", 7, 99, -1, configs));
        assertKept(17, key, value.duplicate().setValidatedTopologyEpoch(3), new StreamsEvent.GroupKept("gröup", 7, 99, 3, configs));
        assertKept(17, key, null, new StreamsEvent.GroupRemoved("gröup"));
    }

    @Test
    void members() {
        StreamsGroupMemberMetadataKey key = new StreamsGroupMemberMetadataKey().setGroupId("g").setMemberId("m");
        StreamsGroupMemberMetadataValue value = new StreamsGroupMemberMetadataValue().setInstanceId(null).setRackId(null).setClientId("c").setClientHost("/h")
                .setRebalanceTimeoutMs(5).setTopologyEpoch(2).setProcessId("p").setUserEndpoint(null).setClientTags(List.of());
        assertKept(19, key, value, new StreamsEvent.MemberKept("g", "m", new StreamsMember.Profile(null, null, "c", "/h", 5, 2, "p", null, Map.of())));
        value.setInstanceId("i").setRackId("r").setUserEndpoint(new StreamsGroupMemberMetadataValue.Endpoint().setHost("x").setPort(65_535))
                .setClientTags(List.of(new StreamsGroupMemberMetadataValue.KeyValue().setKey("zone").setValue("z")));
        assertKept(19, key, value, new StreamsEvent.MemberKept("g", "m", new StreamsMember.Profile(
                "i", "r", "c", "/h", 5, 2, "p", new StreamsMember.Endpoint("x", 65_535), Map.of("zone", "z"))));
        assertKept(19, key, null, new StreamsEvent.MemberRemoved("g", "m"));
    }

    @Test
    void targets() {
        StreamsGroupTargetAssignmentMetadataKey key = new StreamsGroupTargetAssignmentMetadataKey().setGroupId("g");
        assertKept(20, key, new StreamsGroupTargetAssignmentMetadataValue().setAssignmentEpoch(4), new StreamsEvent.TargetComputed("g", 4, 0));
        assertKept(20, key, new StreamsGroupTargetAssignmentMetadataValue().setAssignmentEpoch(4).setAssignmentTimestamp(5),
                new StreamsEvent.TargetComputed("g", 4, 5));
        assertKept(20, key, null, new StreamsEvent.TargetGone("g"));
        StreamsGroupTargetAssignmentMemberValue value = new StreamsGroupTargetAssignmentMemberValue()
                .setActiveTasks(List.of(
                        new StreamsGroupTargetAssignmentMemberValue.TaskIds().setSubtopologyId("0").setPartitions(List.of(1, 3)),
                        new StreamsGroupTargetAssignmentMemberValue.TaskIds().setSubtopologyId("1").setPartitions(List.of(0))));
        StreamsGroupTargetAssignmentMemberKey member = new StreamsGroupTargetAssignmentMemberKey().setGroupId("g").setMemberId("m");
        assertKept(21, member, value, new StreamsEvent.TargetKept("g", "m", new Roles(TASKS, Tasks.NONE, Tasks.NONE)));
        assertKept(21, member, null, new StreamsEvent.TargetRemoved("g", "m"));
    }

    @Test
    void whereMembersAre() {
        Holding assigned = Holding.NONE.with(new Roles(Tasks.of(List.of(new TaskId("0", 1))), Tasks.NONE, Tasks.NONE), 3)
                .with(new Roles(Tasks.of(List.of(new TaskId("0", 1), new TaskId("0", 3))), Tasks.of(List.of(new TaskId("1", 0))), Tasks.of(List.of(new TaskId("1", 1)))), 4);
        StreamsGroupCurrentMemberAssignmentValue value = new StreamsGroupCurrentMemberAssignmentValue()
                .setMemberEpoch(4).setPreviousMemberEpoch(3).setState((byte) 1)
                .setActiveTasks(List.of(new StreamsGroupCurrentMemberAssignmentValue.TaskIds()
                        .setSubtopologyId("0").setPartitions(List.of(1, 3)).setAssignmentEpochs(List.of(3, 4))))
                .setStandbyTasks(List.of(new StreamsGroupCurrentMemberAssignmentValue.TaskIds().setSubtopologyId("1").setPartitions(List.of(0))))
                .setWarmupTasks(List.of(new StreamsGroupCurrentMemberAssignmentValue.TaskIds().setSubtopologyId("1").setPartitions(List.of(1))))
                .setActiveTasksPendingRevocation(List.of(new StreamsGroupCurrentMemberAssignmentValue.TaskIds()
                        .setSubtopologyId("0").setPartitions(List.of(2)).setAssignmentEpochs(List.of(2))));
        StreamsGroupCurrentMemberAssignmentKey key = new StreamsGroupCurrentMemberAssignmentKey().setGroupId("g").setMemberId("m");
        Holding revoking = Holding.NONE.with(new Roles(Tasks.of(List.of(new TaskId("0", 2))), Tasks.NONE, Tasks.NONE), 2);
        assertKept(22, key, value, new StreamsEvent.CurrentKept("g", "m",
                new StreamsMember.Current(4, 3, StreamsMember.State.UNREVOKED, assigned, revoking)));
        assertKept(22, key, null, new StreamsEvent.CurrentRemoved("g", "m"));
    }

    @Test
    void topologies() {
        StreamsGroupTopologyValue.TopicInfo log = new StreamsGroupTopologyValue.TopicInfo().setName("log").setReplicationFactor((short) 1)
                .setTopicConfigs(List.of(new StreamsGroupTopologyValue.TopicConfig().setKey("cleanup.policy").setValue("compact")));
        StreamsGroupTopologyValue value = new StreamsGroupTopologyValue().setEpoch(1).setSubtopologies(List.of(new StreamsGroupTopologyValue.Subtopology()
                .setSubtopologyId("0").setSourceTopics(List.of("a", "b")).setStateChangelogTopics(List.of(log)).setRepartitionSinkTopics(List.of("r"))
                .setRepartitionSourceTopics(List.of(new StreamsGroupTopologyValue.TopicInfo().setName("q").setPartitions(3)))
                .setCopartitionGroups(List.of(new StreamsGroupTopologyValue.CopartitionGroup()
                        .setSourceTopics(List.of((short) 0)).setRepartitionSourceTopics(List.of((short) 0))))));
        Topology topology = new Topology(1, List.of(new Topology.Subtopology("0", List.of("a", "b"), List.of(),
                List.of(new Topology.InternalTopic("log", 0, (short) 1, Map.of("cleanup.policy", "compact"))), List.of("r"),
                List.of(new Topology.InternalTopic("q", 3, (short) 0, Map.of())),
                List.of(new Topology.CopartitionGroup(List.of((short) 0), List.of(), List.of((short) 0))))));
        StreamsGroupTopologyKey key = new StreamsGroupTopologyKey().setGroupId("g");
        assertKept(23, key, value, new StreamsEvent.TopologyKept("g", topology));
        assertKept(23, key, null, new StreamsEvent.TopologyRemoved("g"));
    }

    @Test
    void whatEndsWithTheProcessIsNotKept() {
        assertNull(StreamsRecords.encode(new StreamsEvent.Delayed("g", true)));
        assertNull(StreamsRecords.encode(new StreamsEvent.ShutdownAsked("g", "m")));
    }
}
