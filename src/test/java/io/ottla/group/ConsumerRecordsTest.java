// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.coordinator.JournalEntry;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupCurrentMemberAssignmentKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupCurrentMemberAssignmentValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupRegularExpressionKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupRegularExpressionValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMemberKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMemberValue;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMetadataValue;
import org.junit.jupiter.api.Test;

/** The records of consumer groups beside those that Kafka's own generated classes write. */
class ConsumerRecordsTest {
    private static final Uuid TOPIC = Uuid.fromString("N6NdqZpDRZGDRvam7SUruw");

    private static void assertSame(int kind, ApiMessage key, ApiMessage value, GroupEvent event) {
        ByteBuffer keyBytes = MessageUtil.toVersionPrefixedByteBuffer((short) 0, key).putShort(0, (short) kind);
        ByteBuffer valueBytes = MessageUtil.toVersionPrefixedByteBuffer((short) 0, value);
        JournalEntry.Plain entry = (JournalEntry.Plain) GroupRecords.encode(event);
        assertEquals(keyBytes, entry.key(), "key");
        assertEquals(valueBytes, entry.value(), "value");
        assertEquals(event, GroupRecords.decode(new JournalEntry.Plain(keyBytes.duplicate(), valueBytes.duplicate())));
    }

    private static Partitions partitions(Integer... indexes) {
        return new Partitions.Builder().addAll(TOPIC, List.of(indexes)).build();
    }

    @Test
    void aGroupEpoch() {
        assertSame(3, new ConsumerGroupMetadataKey().setGroupId("g"), new ConsumerGroupMetadataValue().setEpoch(7).setMetadataHash(99),
                new GroupEvent.ConsumerGroupKept("g", 7, 99));
        assertSame(3, new ConsumerGroupMetadataKey().setGroupId("g"), new ConsumerGroupMetadataValue().setEpoch(7),
                new GroupEvent.ConsumerGroupKept("g", 7, 0));
    }

    @Test
    void aMember() {
        assertSame(5, new ConsumerGroupMemberMetadataKey().setGroupId("g").setMemberId("m"),
                new ConsumerGroupMemberMetadataValue().setInstanceId("i").setRackId(null).setClientId("c").setClientHost("/h")
                        .setSubscribedTopicNames(List.of("a", "b")).setSubscribedTopicRegex("x.*").setRebalanceTimeoutMs(5).setServerAssignor("range"),
                new GroupEvent.ConsumerMemberKept("g", "m", new ConsumerMember.Subscription(
                        "i", null, "c", "/h", new LinkedHashSet<>(List.of("a", "b")), "x.*", 5, "range", null)));
    }

    @Test
    void aMemberThatSpeaksTheClassicProtocol() {
        byte[] metadata = {1, 2, 3};
        assertSame(5, new ConsumerGroupMemberMetadataKey().setGroupId("g").setMemberId("m"),
                new ConsumerGroupMemberMetadataValue().setInstanceId(null).setRackId("r").setClientId("c").setClientHost("/h")
                        .setSubscribedTopicNames(List.of("a")).setSubscribedTopicRegex(null).setRebalanceTimeoutMs(5).setServerAssignor(null)
                        .setClassicMemberMetadata(new ConsumerGroupMemberMetadataValue.ClassicMemberMetadata().setSessionTimeoutMs(7)
                                .setSupportedProtocols(List.of(
                                        new ConsumerGroupMemberMetadataValue.ClassicProtocol().setName("range").setMetadata(metadata),
                                        new ConsumerGroupMemberMetadataValue.ClassicProtocol().setName("sticky").setMetadata(new byte[0])))),
                new GroupEvent.ConsumerMemberKept("g", "m", new ConsumerMember.Subscription(null, "r", "c", "/h", Set.of("a"), null, 5, null,
                        new ConsumerMember.Classic(7, List.of(new MemberProtocol("range", metadata), new MemberProtocol("sticky", new byte[0]))))));
    }

    @Test
    void aTarget() {
        assertSame(6, new ConsumerGroupTargetAssignmentMetadataKey().setGroupId("g"),
                new ConsumerGroupTargetAssignmentMetadataValue().setAssignmentEpoch(4).setAssignmentTimestamp(123),
                new GroupEvent.TargetEpochKept("g", 4, 123));
        assertSame(7, new ConsumerGroupTargetAssignmentMemberKey().setGroupId("g").setMemberId("m"),
                new ConsumerGroupTargetAssignmentMemberValue().setTopicPartitions(List.of(
                        new ConsumerGroupTargetAssignmentMemberValue.TopicPartition().setTopicId(TOPIC).setPartitions(List.of(0, 3)))),
                new GroupEvent.TargetKept("g", "m", partitions(0, 3)));
    }

    @Test
    void whatAMemberHas() {
        assertSame(8, new ConsumerGroupCurrentMemberAssignmentKey().setGroupId("g").setMemberId("m"),
                new ConsumerGroupCurrentMemberAssignmentValue().setMemberEpoch(4).setPreviousMemberEpoch(3).setState((byte) 1)
                        .setAssignedPartitions(List.of(of(1, 2).setAssignmentEpochs(List.of(2, 4))))
                        .setPartitionsPendingRevocation(List.of(of(5).setAssignmentEpochs(List.of(2)))),
                new GroupEvent.CurrentKept("g", "m", new ConsumerMember.Current(
                        4, 3, ConsumerMember.State.UNREVOKED_PARTITIONS, partitions(1, 2), partitions(5),
                        AssignmentEpochs.of(partitions(1, 5), 2).to(partitions(1, 2, 5), 4))));
    }

    @Test
    void whatAMemberHadBeforeEpochsWereKept() {
        ApiMessage value = new ConsumerGroupCurrentMemberAssignmentValue().setMemberEpoch(4).setPreviousMemberEpoch(3).setState((byte) 0)
                .setAssignedPartitions(List.of(of(1, 2)));
        ByteBuffer key = MessageUtil.toVersionPrefixedByteBuffer((short) 0,
                new ConsumerGroupCurrentMemberAssignmentKey().setGroupId("g").setMemberId("m")).putShort(0, (short) 8);
        assertEquals(new GroupEvent.CurrentKept("g", "m", new ConsumerMember.Current(4, 3, ConsumerMember.State.STABLE, partitions(1, 2), Partitions.NONE,
                AssignmentEpochs.of(partitions(1, 2), 4))), GroupRecords.decode(new JournalEntry.Plain(key, MessageUtil.toVersionPrefixedByteBuffer((short) 0, value))));
    }

    private static ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions of(Integer... indexes) {
        return new ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions().setTopicId(TOPIC).setPartitions(List.of(indexes));
    }

    @Test
    void aResolvedExpression() {
        assertSame(16, new ConsumerGroupRegularExpressionKey().setGroupId("g").setRegularExpression("a.*"),
                new ConsumerGroupRegularExpressionValue().setTopics(List.of("a1", "a2")).setVersion(8).setTimestamp(9),
                new GroupEvent.RegexKept("g", "a.*", new ConsumerGroup.ResolvedRegex(Set.of("a1", "a2"), 8, 9)));
    }

    @Test
    void partitionsAreEqualHoweverTheyWereCollected() {
        assertEquals(partitions(1, 2), new Partitions.Builder().add(TOPIC, 2).add(TOPIC, 1).build());
        assertEquals(Partitions.NONE, new Partitions(Map.of()));
    }
}
