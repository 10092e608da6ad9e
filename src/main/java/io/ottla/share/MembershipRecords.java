// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import static io.ottla.coordinator.RecordWriter.key;
import static io.ottla.coordinator.RecordWriter.record;

import io.ottla.coordinator.JournalEntry;
import io.ottla.coordinator.RecordReader;
import io.ottla.coordinator.RecordWriter;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;

/** Events of share groups as the records of __consumer_offsets, byte for byte as Apache Kafka 4.4 writes them. */
final class MembershipRecords {
    private static final short MEMBER = 10;
    private static final short GROUP = 11;
    private static final short TARGET_EPOCH = 12;
    private static final short TARGET = 13;
    private static final short TOLD = 14;
    private static final short READY = 15;
    private static final short VALUE_VERSION = 0;
    private static final int ASSIGNED_MS_TAG = 0;
    /** Members of share groups never wait for others to let go, so they are always stable. */
    private static final byte STABLE = 0;

    private MembershipRecords() {}

    static boolean keeps(short recordKind) {
        return recordKind >= MEMBER && recordKind <= READY;
    }

    /** Whether the event is that something is not there any more. */
    static boolean isTombstone(MembershipEvent event) {
        return switch (event) {
            case MembershipEvent.GroupRemoved ignored -> true;
            case MembershipEvent.MemberRemoved ignored -> true;
            case MembershipEvent.TargetGone ignored -> true;
            case MembershipEvent.TargetRemoved ignored -> true;
            case MembershipEvent.ToldRemoved ignored -> true;
            case MembershipEvent.PartitionsGone ignored -> true;
            case MembershipEvent.GroupKept ignored -> false;
            case MembershipEvent.MemberKept ignored -> false;
            case MembershipEvent.TargetComputed ignored -> false;
            case MembershipEvent.TargetKept ignored -> false;
            case MembershipEvent.MemberTold ignored -> false;
            case MembershipEvent.PartitionsReady ignored -> false;
        };
    }

    static JournalEntry encode(MembershipEvent event) {
        String group = event.groupId();
        return switch (event) {
            case MembershipEvent.GroupKept kept -> record(key(GROUP, group), value().int32(kept.epoch()).int64(kept.topicsHash()).noTags());
            case MembershipEvent.GroupRemoved ignored -> record(key(GROUP, group), null);
            case MembershipEvent.MemberKept kept -> record(key(MEMBER, group, kept.memberId()), value()
                    .nullableString(kept.rackId()).string(kept.clientId()).string(kept.clientHost())
                    .array(kept.subscribed(), RecordWriter::string).noTags());
            case MembershipEvent.MemberRemoved removed -> record(key(MEMBER, group, removed.memberId()), null);
            case MembershipEvent.TargetComputed computed -> record(key(TARGET_EPOCH, group), computed(computed));
            case MembershipEvent.TargetGone ignored -> record(key(TARGET_EPOCH, group), null);
            case MembershipEvent.TargetKept kept -> record(key(TARGET, group, kept.memberId()), assignment(value(), kept.assignment()).noTags());
            case MembershipEvent.TargetRemoved removed -> record(key(TARGET, group, removed.memberId()), null);
            case MembershipEvent.MemberTold told -> record(key(TOLD, group, told.memberId()), assignment(
                    value().int32(told.epoch()).int32(told.previousEpoch()).int8(STABLE), told.assignment()).noTags());
            case MembershipEvent.ToldRemoved removed -> record(key(TOLD, group, removed.memberId()), null);
            case MembershipEvent.PartitionsReady changed -> record(key(READY, group), ready(changed.ready()));
            case MembershipEvent.PartitionsGone ignored -> record(key(READY, group), null);
        };
    }

    private static RecordWriter value() {
        return new RecordWriter().int16(VALUE_VERSION);
    }

    private static RecordWriter computed(MembershipEvent.TargetComputed computed) {
        RecordWriter out = value().int32(computed.epoch());
        return computed.wallMs() == 0 ? out.noTags() : out.oneTag(ASSIGNED_MS_TAG, Long.BYTES).int64(computed.wallMs());
    }

    private static RecordWriter assignment(RecordWriter out, Assignment assignment) {
        return out.array(assignment.partitions().entrySet(), (each, topic) ->
                each.uuid(topic.getKey()).array(topic.getValue(), RecordWriter::int32).noTags());
    }

    private static RecordWriter ready(ReadyPartitions ready) {
        RecordWriter out = value();
        partitions(out, ready.initializing());
        partitions(out, ready.initialized());
        return out.array(ready.deleting().entrySet(), (each, topic) -> each.uuid(topic.getKey()).string(topic.getValue()).noTags()).noTags();
    }

    private static void partitions(RecordWriter out, Map<Uuid, ReadyPartitions.Partitions> partitions) {
        out.array(partitions.entrySet(), (each, topic) ->
                each.uuid(topic.getKey()).string(topic.getValue().topic()).array(topic.getValue().indexes(), RecordWriter::int32).noTags());
    }

    /** The event that a record keeps, or null for a kind of record that is not ours. @throws RuntimeException on damaged bytes */
    static MembershipEvent decode(ByteBuffer keyBytes, ByteBuffer valueBytes) {
        RecordReader key = new RecordReader(keyBytes);
        short kind = key.int16();
        if (!keeps(kind)) {
            return null;
        }
        String group = key.keyString();
        if (valueBytes == null) {
            return tombstone(kind, group, key);
        }
        RecordReader value = new RecordReader(valueBytes);
        if (value.int16() != VALUE_VERSION) {
            return null;
        }
        return switch (kind) {
            case MEMBER -> new MembershipEvent.MemberKept(group, key.keyString(),
                    value.nullableString(), value.string(), value.string(), value.array(RecordReader::string));
            case GROUP -> new MembershipEvent.GroupKept(group, value.int32(), value.int64());
            case TARGET_EPOCH -> new MembershipEvent.TargetComputed(group, value.int32(), value.int64InTag(ASSIGNED_MS_TAG, 0));
            case TARGET -> new MembershipEvent.TargetKept(group, key.keyString(), readAssignment(value));
            case TOLD -> readTold(group, key.keyString(), value);
            default -> new MembershipEvent.PartitionsReady(group, new ReadyPartitions(
                    readPartitions(value), readPartitions(value), readDeleting(value)));
        };
    }

    private static MembershipEvent tombstone(short kind, String group, RecordReader key) {
        return switch (kind) {
            case MEMBER -> new MembershipEvent.MemberRemoved(group, key.keyString());
            case GROUP -> new MembershipEvent.GroupRemoved(group);
            case TARGET_EPOCH -> new MembershipEvent.TargetGone(group);
            case TARGET -> new MembershipEvent.TargetRemoved(group, key.keyString());
            case TOLD -> new MembershipEvent.ToldRemoved(group, key.keyString());
            default -> new MembershipEvent.PartitionsGone(group);
        };
    }

    private static MembershipEvent readTold(String group, String member, RecordReader value) {
        int epoch = value.int32();
        int previousEpoch = value.int32();
        value.int8();
        return new MembershipEvent.MemberTold(group, member, epoch, previousEpoch, readAssignment(value));
    }

    private record Named<T>(Uuid id, T value) {}

    private static Assignment readAssignment(RecordReader value) {
        Map<Uuid, SortedSet<Integer>> partitions = new TreeMap<>();
        List<Named<List<Integer>>> topics = value.array(each -> {
            Named<List<Integer>> topic = new Named<>(each.uuid(), each.array(RecordReader::int32));
            each.skipTags();
            return topic;
        });
        topics.forEach(topic -> partitions.put(topic.id, new TreeSet<>(topic.value)));
        return new Assignment(partitions);
    }

    private static Map<Uuid, ReadyPartitions.Partitions> readPartitions(RecordReader value) {
        Map<Uuid, ReadyPartitions.Partitions> partitions = new TreeMap<>();
        List<Named<ReadyPartitions.Partitions>> topics = value.array(each -> {
            Uuid id = each.uuid();
            String name = each.string();
            ReadyPartitions.Partitions indexes = new ReadyPartitions.Partitions(name, new TreeSet<>(each.array(RecordReader::int32)));
            each.skipTags();
            return new Named<>(id, indexes);
        });
        topics.forEach(topic -> partitions.put(topic.id, topic.value));
        return partitions;
    }

    private static Map<Uuid, String> readDeleting(RecordReader value) {
        Map<Uuid, String> deleting = new TreeMap<>();
        List<Named<String>> topics = value.array(each -> {
            Named<String> topic = new Named<>(each.uuid(), each.string());
            each.skipTags();
            return topic;
        });
        topics.forEach(topic -> deleting.put(topic.id, topic.value));
        return deleting;
    }
}
