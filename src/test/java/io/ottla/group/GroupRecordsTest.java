// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ottla.coordinator.JournalEntry;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.LegacyOffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.LegacyOffsetCommitValue;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Our records beside those that Kafka's own generated classes write and read. */
class GroupRecordsTest {
    private static final Uuid TOPIC_ID = Uuid.fromString("N6NdqZpDRZGDRvam7SUruw");

    /** Kafka's key: its number and then its fields. */
    private static ByteBuffer key(int number, ApiMessage key) {
        ByteBuffer bytes = MessageUtil.toVersionPrefixedByteBuffer((short) 0, key);
        return bytes.putShort(0, (short) number);
    }

    private static ByteBuffer value(int version, ApiMessage value) {
        return MessageUtil.toVersionPrefixedByteBuffer((short) version, value);
    }

    private static void assertWritten(ByteBuffer key, ByteBuffer value, GroupEvent event) {
        JournalEntry.Plain entry = (JournalEntry.Plain) GroupRecords.encode(event);
        assertEquals(key, entry.key(), "key");
        assertEquals(value, entry.value(), "value");
    }

    private static GroupEvent.OffsetCommitted commit(CommittedOffset offset) {
        return new GroupEvent.OffsetCommitted("gröup", "orders", 7, offset);
    }

    private static ByteBuffer offsetKey() {
        return key(1, new OffsetCommitKey().setGroup("gröup").setTopic("orders").setPartition(7));
    }

    static Stream<CommittedOffset> offsets() {
        return Stream.of(
                new CommittedOffset(42, 3, "meta", 1_700_000_000_000L, -1, TOPIC_ID),
                new CommittedOffset(0, -1, "", 0, -1, Uuid.ZERO_UUID),
                new CommittedOffset(Long.MAX_VALUE, 0, "ü".repeat(200), 5, -1, TOPIC_ID));
    }

    @ParameterizedTest
    @MethodSource("offsets")
    void aCommittedOffsetIsWrittenAsKafkaWritesIt(CommittedOffset offset) {
        OffsetCommitValue value = new OffsetCommitValue()
                .setOffset(offset.offset())
                .setLeaderEpoch(offset.leaderEpoch())
                .setMetadata(offset.metadata())
                .setCommitTimestamp(offset.commitTimestampMs())
                .setTopicId(offset.topicId());
        assertWritten(offsetKey(), value(4, value), commit(offset));
        assertEquals(commit(offset), GroupRecords.decode(new JournalEntry.Plain(offsetKey(), value(4, value))));
    }

    @Test
    void anOffsetThatExpiresByItselfIsWrittenInTheOldForm() {
        CommittedOffset offset = new CommittedOffset(42, -1, "meta", 100, 200, Uuid.ZERO_UUID);
        OffsetCommitValue value = new OffsetCommitValue().setOffset(42).setMetadata("meta").setCommitTimestamp(100).setExpireTimestamp(200);
        assertWritten(offsetKey(), value(1, value), commit(offset));
        assertEquals(commit(offset), GroupRecords.decode(new JournalEntry.Plain(offsetKey(), value(1, value))));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void offsetsOfEveryVersionAreRead(int version) {
        OffsetCommitValue value = new OffsetCommitValue().setOffset(42).setMetadata("meta").setCommitTimestamp(100);
        CommittedOffset offset = new CommittedOffset(42, -1, "meta", 100, -1, Uuid.ZERO_UUID);
        assertEquals(commit(offset), GroupRecords.decode(new JournalEntry.Plain(offsetKey(), value(version, value))));
    }

    @Test
    void offsetsOfTheOldestBrokersAreRead() {
        ByteBuffer oldKey = key(0, new LegacyOffsetCommitKey().setGroup("gröup").setTopic("orders").setPartition(7));
        ByteBuffer oldValue = value(0, new LegacyOffsetCommitValue().setOffset(42).setMetadata("meta").setCommitTimestamp(100));
        assertEquals(commit(new CommittedOffset(42, -1, "meta", 100, -1, Uuid.ZERO_UUID)),
                GroupRecords.decode(new JournalEntry.Plain(oldKey, oldValue)));
    }

    @Test
    void removalsAreTombstones() {
        assertWritten(offsetKey(), null, new GroupEvent.OffsetRemoved("gröup", "orders", 7));
        assertWritten(groupKey(), null, new GroupEvent.ClassicGroupRemoved("gröup"));
        assertEquals(new GroupEvent.ClassicGroupRemoved("gröup"), GroupRecords.decode(new JournalEntry.Plain(groupKey(), null)));
    }

    private static ByteBuffer groupKey() {
        return key(2, new GroupMetadataKey().setGroup("gröup"));
    }

    private static GroupMetadataValue kafkaGroup() {
        return new GroupMetadataValue()
                .setProtocolType("consumer")
                .setGeneration(5)
                .setProtocol("range")
                .setLeader("a-1")
                .setCurrentStateTimestamp(1_700_000_000_000L)
                .setMembers(List.of(member("a-1", null), member("b-2", "instance")));
    }

    private static GroupMetadataValue.MemberMetadata member(String memberId, String instanceId) {
        return new GroupMetadataValue.MemberMetadata()
                .setMemberId(memberId)
                .setGroupInstanceId(instanceId)
                .setClientId("client")
                .setClientHost("/127.0.0.1")
                .setRebalanceTimeout(300_000)
                .setSessionTimeout(45_000)
                .setSubscription(new byte[] {0, 1, 2})
                .setAssignment(new byte[] {9});
    }

    private static ByteBuffer rewritten(int version, GroupMetadataValue value) {
        GroupEvent event = GroupRecords.decode(new JournalEntry.Plain(groupKey(), value(version, value)));
        JournalEntry.Plain entry = (JournalEntry.Plain) GroupRecords.encode(event);
        assertEquals(groupKey(), entry.key());
        return entry.value();
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4})
    void aClassicGroupIsWrittenAsKafkaWritesIt(int version) {
        assertEquals(value(3, kafkaGroup()), rewritten(version, kafkaGroup()));
    }

    @Test
    void anEmptyGroupIsWrittenAsKafkaWritesIt() {
        GroupMetadataValue empty = new GroupMetadataValue().setProtocolType("consumer").setGeneration(6)
                .setProtocol(null).setLeader(null).setCurrentStateTimestamp(77);
        assertEquals(value(3, empty), rewritten(3, empty));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void groupsOfOldVersionsAreRead(int version) {
        GroupMetadataValue value = kafkaGroup();
        value.members().forEach(each -> each.setGroupInstanceId(null));
        GroupEvent.ClassicGroupKept kept =
                (GroupEvent.ClassicGroupKept) GroupRecords.decode(new JournalEntry.Plain(groupKey(), value(version, value)));
        assertEquals(5, kept.value().generation());
        assertEquals(version == 0 ? 45_000 : 300_000, kept.value().members().getFirst().rebalanceTimeoutMs());
        assertEquals(version < 2 ? -1 : 1_700_000_000_000L, kept.value().stateSinceMs());
    }

    @Test
    void recordsOfAnUnknownKindArePassedOver() {
        assertNull(GroupRecords.decode(new JournalEntry.Plain(key(999, new GroupMetadataKey().setGroup("g")), ByteBuffer.allocate(2))));
    }
}
