// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ottla.coordinator.JournalEntry;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.coordinator.group.generated.ShareGroupCurrentMemberAssignmentKey;
import org.apache.kafka.coordinator.group.generated.ShareGroupCurrentMemberAssignmentValue;
import org.apache.kafka.coordinator.group.generated.ShareGroupMemberMetadataKey;
import org.apache.kafka.coordinator.group.generated.ShareGroupMemberMetadataValue;
import org.apache.kafka.coordinator.group.generated.ShareGroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.ShareGroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.ShareGroupStatePartitionMetadataKey;
import org.apache.kafka.coordinator.group.generated.ShareGroupStatePartitionMetadataValue;
import org.apache.kafka.coordinator.group.generated.ShareGroupTargetAssignmentMemberKey;
import org.apache.kafka.coordinator.group.generated.ShareGroupTargetAssignmentMemberValue;
import org.apache.kafka.coordinator.group.generated.ShareGroupTargetAssignmentMetadataKey;
import org.apache.kafka.coordinator.group.generated.ShareGroupTargetAssignmentMetadataValue;
import org.apache.kafka.coordinator.share.generated.ShareSnapshotKey;
import org.apache.kafka.coordinator.share.generated.ShareSnapshotValue;
import org.apache.kafka.coordinator.share.generated.ShareUpdateKey;
import org.apache.kafka.coordinator.share.generated.ShareUpdateValue;
import org.junit.jupiter.api.Test;

/** Our records beside those that Kafka's own generated classes write. */
class ShareRecordsTest {
    private static final Uuid TOPIC = Uuid.fromString("N6NdqZpDRZGDRvam7SUruw");
    private static final SharePartitionKey KEY = new SharePartitionKey("gröup", TOPIC, 7);
    private static final Assignment ASSIGNMENT = new Assignment(Map.of(TOPIC, new TreeSet<>(List.of(0, 2))));

    private static ByteBuffer key(int number, ApiMessage key) {
        return MessageUtil.toVersionPrefixedByteBuffer((short) 0, key).putShort(0, (short) number);
    }

    private static ByteBuffer value(ApiMessage value) {
        return MessageUtil.toVersionPrefixedByteBuffer((short) 0, value);
    }

    private static void assertKept(ByteBuffer key, ApiMessage value, ShareEvent event) {
        JournalEntry.Plain entry = (JournalEntry.Plain) ShareRecords.encode(event);
        assertEquals(key, entry.key(), "key");
        assertEquals(value == null ? null : value(value), entry.value(), "value");
        assertEquals(event, ShareRecords.decode(entry));
    }

    private static void assertKept(ByteBuffer key, ApiMessage value, MembershipEvent event) {
        JournalEntry.Plain entry = (JournalEntry.Plain) MembershipRecords.encode(event);
        assertEquals(key, entry.key(), "key");
        assertEquals(value == null ? null : value(value), entry.value(), "value");
        assertEquals(event, MembershipRecords.decode(entry.key(), entry.value()));
    }

    private static List<Run> runs() {
        return List.of(Run.unlocked(10, 14, DeliveryState.AVAILABLE, 2), Run.unlocked(15, 15, DeliveryState.ARCHIVED, 5));
    }

    @Test
    void snapshots() {
        ShareSnapshotValue value = new ShareSnapshotValue()
                .setSnapshotEpoch(3).setStateEpoch(2).setLeaderEpoch(1).setStartOffset(10).setDeliveryCompleteCount(1)
                .setCreateTimestamp(1_000).setWriteTimestamp(2_000)
                .setStateBatches(List.of(
                        new ShareSnapshotValue.StateBatch().setFirstOffset(10).setLastOffset(14).setDeliveryState((byte) 0).setDeliveryCount((short) 2),
                        new ShareSnapshotValue.StateBatch().setFirstOffset(15).setLastOffset(15).setDeliveryState((byte) 4).setDeliveryCount((short) 5)));
        ByteBuffer key = key(0, new ShareSnapshotKey().setGroupId("gröup").setTopicId(TOPIC).setPartition(7));
        assertKept(key, value, new ShareEvent.Begun(KEY, new ShareSnapshot(3, 2, 1, 10, 1, 1_000, 2_000, runs())));
        assertKept(key, value.duplicate().setDeliveryCompleteCount(-1).setStateBatches(List.of()),
                new ShareEvent.Begun(KEY, new ShareSnapshot(3, 2, 1, 10, -1, 1_000, 2_000, List.of())));
        assertKept(key, null, new ShareEvent.Removed(KEY));
    }

    @Test
    void updates() {
        ShareUpdateValue value = new ShareUpdateValue().setSnapshotEpoch(3).setLeaderEpoch(1).setStartOffset(-1).setDeliveryCompleteCount(1)
                .setStateBatches(List.of(
                        new ShareUpdateValue.StateBatch().setFirstOffset(10).setLastOffset(14).setDeliveryState((byte) 0).setDeliveryCount((short) 2),
                        new ShareUpdateValue.StateBatch().setFirstOffset(15).setLastOffset(15).setDeliveryState((byte) 4).setDeliveryCount((short) 5)));
        assertKept(key(1, new ShareUpdateKey().setGroupId("gröup").setTopicId(TOPIC).setPartition(7)), value,
                new ShareEvent.Written(KEY, 3, 1, -1, 1, runs()));
    }

    @Test
    void locksAreNotKept() {
        assertNull(ShareRecords.encode(new ShareEvent.Locked(KEY, List.of(Run.acquired(0, 1, 1, "m", 5)))));
    }

    @Test
    void members() {
        ByteBuffer key = key(10, new ShareGroupMemberMetadataKey().setGroupId("g").setMemberId("m"));
        ShareGroupMemberMetadataValue value = new ShareGroupMemberMetadataValue()
                .setRackId("r").setClientId("c").setClientHost("/h").setSubscribedTopicNames(List.of("a", "b"));
        assertKept(key, value, new MembershipEvent.MemberKept("g", "m", "r", "c", "/h", List.of("a", "b")));
        assertKept(key, value.duplicate().setRackId(null), new MembershipEvent.MemberKept("g", "m", null, "c", "/h", List.of("a", "b")));
        assertKept(key, null, new MembershipEvent.MemberRemoved("g", "m"));
    }

    @Test
    void groupsAndTargets() {
        assertKept(key(11, new ShareGroupMetadataKey().setGroupId("g")), new ShareGroupMetadataValue().setEpoch(5).setMetadataHash(99),
                new MembershipEvent.GroupKept("g", 5, 99));
        assertKept(key(12, new ShareGroupTargetAssignmentMetadataKey().setGroupId("g")),
                new ShareGroupTargetAssignmentMetadataValue().setAssignmentEpoch(5).setAssignmentTimestamp(1_000),
                new MembershipEvent.TargetComputed("g", 5, 1_000));
        assertKept(key(12, new ShareGroupTargetAssignmentMetadataKey().setGroupId("g")),
                new ShareGroupTargetAssignmentMetadataValue().setAssignmentEpoch(5), new MembershipEvent.TargetComputed("g", 5, 0));
        assertKept(key(13, new ShareGroupTargetAssignmentMemberKey().setGroupId("g").setMemberId("m")),
                new ShareGroupTargetAssignmentMemberValue().setTopicPartitions(List.of(
                        new ShareGroupTargetAssignmentMemberValue.TopicPartition().setTopicId(TOPIC).setPartitions(List.of(0, 2)))),
                new MembershipEvent.TargetKept("g", "m", ASSIGNMENT));
    }

    @Test
    void whatMembersWereTold() {
        ByteBuffer key = key(14, new ShareGroupCurrentMemberAssignmentKey().setGroupId("g").setMemberId("m"));
        assertKept(key, new ShareGroupCurrentMemberAssignmentValue().setMemberEpoch(5).setPreviousMemberEpoch(4).setState((byte) 0)
                        .setAssignedPartitions(List.of(
                                new ShareGroupCurrentMemberAssignmentValue.TopicPartitions().setTopicId(TOPIC).setPartitions(List.of(0, 2)))),
                new MembershipEvent.MemberTold("g", "m", 5, 4, ASSIGNMENT));
        assertKept(key, null, new MembershipEvent.ToldRemoved("g", "m"));
    }

    @Test
    void partitionsWithState() {
        Map<Uuid, ReadyPartitions.Partitions> some = Map.of(TOPIC, new ReadyPartitions.Partitions("t", new TreeSet<>(List.of(0, 1))));
        assertKept(key(15, new ShareGroupStatePartitionMetadataKey().setGroupId("g")),
                new ShareGroupStatePartitionMetadataValue()
                        .setInitializingTopics(List.of())
                        .setInitializedTopics(List.of(new ShareGroupStatePartitionMetadataValue.TopicPartitionsInfo()
                                .setTopicId(TOPIC).setTopicName("t").setPartitions(List.of(0, 1))))
                        .setDeletingTopics(List.of(new ShareGroupStatePartitionMetadataValue.TopicInfo().setTopicId(TOPIC).setTopicName("t"))),
                new MembershipEvent.PartitionsReady("g", new ReadyPartitions(Map.of(), some, Map.of(TOPIC, "t"))));
    }
}
