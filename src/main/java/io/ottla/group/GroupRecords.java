// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.JournalEntry;
import java.nio.ByteBuffer;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;

/**
 * Events as the records of __consumer_offsets, byte for byte as Apache Kafka 4.4 writes them. A key begins with the kind
 * of record, a value with its version.
 */
final class GroupRecords {
    private static final short LEGACY_OFFSET_KEY = 0;
    private static final short OFFSET_KEY = 1;
    private static final short CLASSIC_GROUP_KEY = 2;

    private static final short OFFSET_WITH_EXPIRY = 1;
    private static final short OFFSET_WITH_EPOCH = 3;
    private static final short OFFSET_FLEXIBLE = 4;
    private static final int TOPIC_ID_TAG = 0;

    private GroupRecords() {}

    /** The record of an event, or null if it is not kept. */
    static JournalEntry encode(GroupEvent event) {
        return switch (event) {
            case GroupEvent.OffsetCommitted commit -> new JournalEntry.Plain(key(commit), value(commit.offset()));
            case GroupEvent.OffsetRemoved removed ->
                    new JournalEntry.Plain(offsetKey(removed.groupId(), removed.topic(), removed.partition()), null);
            case GroupEvent.OffsetPromised promised -> new JournalEntry.Transactional(
                    promised.producerId(), promised.producerEpoch(), key(promised.commit()), value(promised.commit().offset()));
            case GroupEvent.TransactionEnded ended -> new JournalEntry.Marker(
                    ended.producerId(), ended.producerEpoch(), ended.coordinatorEpoch(), ended.committed());
            case GroupEvent.ClassicGroupKept kept -> new JournalEntry.Plain(groupKey(kept.groupId()), value(kept.value()));
            case GroupEvent.ClassicGroupRemoved removed -> new JournalEntry.Plain(groupKey(removed.groupId()), null);
            case GroupEvent.Classic ignored -> null;
            case GroupEvent.Consumer change -> ConsumerRecords.encode(change);
            case GroupEvent.OfGuests ignored -> throw new IllegalArgumentException("guests write their own records");
        };
    }

    private static ByteBuffer key(GroupEvent.OffsetCommitted commit) {
        return offsetKey(commit.groupId(), commit.topic(), commit.partition());
    }

    private static ByteBuffer offsetKey(String groupId, String topic, int partition) {
        return new ValueWriter().int16(OFFSET_KEY).string(groupId).string(topic).int32(partition).toBuffer();
    }

    private static ByteBuffer groupKey(String groupId) {
        return new ValueWriter().int16(CLASSIC_GROUP_KEY).string(groupId).toBuffer();
    }

    private static ByteBuffer value(ClassicGroupValue value) {
        ValueWriter out = new ValueWriter();
        value.write(out);
        return out.toBuffer();
    }

    private static ByteBuffer value(CommittedOffset offset) {
        if (offset.expireTimestampMs() != CommittedOffset.NO_EXPIRY) {
            return new ValueWriter().int16(OFFSET_WITH_EXPIRY).int64(offset.offset()).string(offset.metadata())
                    .int64(offset.commitTimestampMs()).int64(offset.expireTimestampMs()).toBuffer();
        }
        ValueWriter out = new ValueWriter().int16(OFFSET_FLEXIBLE).int64(offset.offset()).int32(offset.leaderEpoch())
                .compactString(offset.metadata()).int64(offset.commitTimestampMs());
        boolean known = !offset.topicId().equals(Uuid.ZERO_UUID);
        return (known ? out.unsignedVarint(1).tag(TOPIC_ID_TAG, new ValueWriter().uuid(offset.topicId())) : out.noTags()).toBuffer();
    }

    /** The event that a record keeps, or null for a kind of record that is not known. @throws RuntimeException on damaged bytes */
    static GroupEvent decode(JournalEntry entry) {
        return switch (entry) {
            case JournalEntry.Plain plain -> decode(plain.key(), plain.value());
            case JournalEntry.Transactional part -> decode(part.key(), part.value()) instanceof GroupEvent.OffsetCommitted commit
                    ? new GroupEvent.OffsetPromised(part.producerId(), part.producerEpoch(), commit) : null;
            case JournalEntry.Marker marker -> new GroupEvent.TransactionEnded(
                    marker.producerId(), marker.producerEpoch(), marker.coordinatorEpoch(), marker.committed());
        };
    }

    private static GroupEvent decode(ByteBuffer keyBytes, ByteBuffer valueBytes) {
        ValueReader key = new ValueReader(keyBytes);
        short kind = key.int16();
        return switch (kind) {
            case LEGACY_OFFSET_KEY, OFFSET_KEY -> offset(key.string(), key.string(), key.int32(), valueBytes);
            case CLASSIC_GROUP_KEY -> {
                String groupId = key.string();
                yield valueBytes == null ? new GroupEvent.ClassicGroupRemoved(groupId)
                        : new GroupEvent.ClassicGroupKept(groupId, read(valueBytes, ClassicGroupValue::read));
            }
            default -> ConsumerRecords.decode(kind, key, valueBytes);
        };
    }

    private static GroupEvent offset(String groupId, String topic, int partition, ByteBuffer value) {
        return value == null ? new GroupEvent.OffsetRemoved(groupId, topic, partition)
                : new GroupEvent.OffsetCommitted(groupId, topic, partition, read(value, GroupRecords::offset));
    }

    private static <T> T read(ByteBuffer value, Function<ValueReader, T> reader) {
        return reader.apply(new ValueReader(value));
    }

    private static CommittedOffset offset(ValueReader in) {
        short version = in.int16();
        if (version < 0 || version > OFFSET_FLEXIBLE) {
            throw new IllegalArgumentException("OffsetCommitValue of version " + version);
        }
        long offset = in.int64();
        int leaderEpoch = version >= OFFSET_WITH_EPOCH ? in.int32() : -1;
        String metadata = version >= OFFSET_FLEXIBLE ? in.compactString() : in.string();
        long commitTimestampMs = in.int64();
        long expireTimestampMs = version == OFFSET_WITH_EXPIRY ? in.int64() : CommittedOffset.NO_EXPIRY;
        Uuid[] topicId = {Uuid.ZERO_UUID};
        if (version >= OFFSET_FLEXIBLE) {
            in.tags((tag, content) -> topicId[0] = tag == TOPIC_ID_TAG ? content.uuid() : topicId[0]);
        }
        return new CommittedOffset(offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs, topicId[0]);
    }
}
