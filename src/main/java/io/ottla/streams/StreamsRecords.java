// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import static io.ottla.coordinator.RecordWriter.key;
import static io.ottla.coordinator.RecordWriter.record;

import io.ottla.coordinator.JournalEntry;
import io.ottla.coordinator.RecordReader;
import io.ottla.coordinator.RecordWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/** Events of streams groups as the records of __consumer_offsets, byte for byte as Apache Kafka 4.4 writes them. */
final class StreamsRecords {
    private static final short GROUP = 17;
    private static final short MEMBER = 19;
    private static final short TARGET_EPOCH = 20;
    private static final short TARGET = 21;
    private static final short CURRENT = 22;
    private static final short TOPOLOGY = 23;
    private static final short VALUE_VERSION = 0;
    private static final int VALIDATED_EPOCH_TAG = 0;
    private static final int CONFIGS_TAG = 1;
    private static final int ASSIGNED_MS_TAG = 0;
    private static final int SINCE_TAG = 0;

    private StreamsRecords() {}

    static boolean keeps(short recordKind) {
        return recordKind == GROUP || recordKind >= MEMBER && recordKind <= TOPOLOGY;
    }

    /** Null for an event that ends with the process. */
    static JournalEntry encode(StreamsEvent event) {
        return event instanceof StreamsEvent.Kept kept ? encodeKept(kept) : null;
    }

    private static JournalEntry encodeKept(StreamsEvent.Kept event) {
        String group = event.groupId();
        return switch (event) {
            case StreamsEvent.GroupKept kept -> record(key(GROUP, group), group(kept));
            case StreamsEvent.GroupRemoved ignored -> record(key(GROUP, group), null);
            case StreamsEvent.MemberKept kept -> record(key(MEMBER, group, kept.memberId()), profile(kept.profile()));
            case StreamsEvent.MemberRemoved removed -> record(key(MEMBER, group, removed.memberId()), null);
            case StreamsEvent.TargetComputed computed -> record(key(TARGET_EPOCH, group), computed(computed));
            case StreamsEvent.TargetGone ignored -> record(key(TARGET_EPOCH, group), null);
            case StreamsEvent.TargetKept kept -> record(key(TARGET, group, kept.memberId()), roles(value(), kept.target()).noTags());
            case StreamsEvent.TargetRemoved removed -> record(key(TARGET, group, removed.memberId()), null);
            case StreamsEvent.CurrentKept kept -> record(key(CURRENT, group, kept.memberId()), current(kept.current()));
            case StreamsEvent.CurrentRemoved removed -> record(key(CURRENT, group, removed.memberId()), null);
            case StreamsEvent.TopologyKept kept -> record(key(TOPOLOGY, group), TopologyRecord.write(value(), kept.topology()));
            case StreamsEvent.TopologyRemoved ignored -> record(key(TOPOLOGY, group), null);
        };
    }

    private static RecordWriter value() {
        return new RecordWriter().int16(VALUE_VERSION);
    }

    private static RecordWriter group(StreamsEvent.GroupKept kept) {
        SortedMap<Integer, RecordWriter> tags = new TreeMap<>();
        if (kept.validatedEpoch() != -1) {
            tags.put(VALIDATED_EPOCH_TAG, new RecordWriter().int32(kept.validatedEpoch()));
        }
        tags.put(CONFIGS_TAG, pairs(new RecordWriter(), kept.configs()));
        return value().int32(kept.epoch()).int64(kept.topicsHash()).tags(tags);
    }

    static RecordWriter pairs(RecordWriter out, Map<String, String> pairs) {
        return out.array(pairs.entrySet(), (each, pair) -> each.string(pair.getKey()).string(pair.getValue()).noTags());
    }

    private static RecordWriter profile(StreamsMember.Profile profile) {
        RecordWriter out = value().nullableString(profile.instanceId()).nullableString(profile.rackId())
                .string(profile.clientId()).string(profile.clientHost()).int32(profile.rebalanceTimeoutMs())
                .int32(profile.topologyEpoch()).string(profile.processId());
        if (profile.endpoint() == null) {
            out.int8(-1);
        } else {
            out.int8(1).string(profile.endpoint().host()).uint16(profile.endpoint().port()).noTags();
        }
        return pairs(out, profile.clientTags()).noTags();
    }

    private static RecordWriter computed(StreamsEvent.TargetComputed computed) {
        RecordWriter out = value().int32(computed.epoch());
        return computed.wallMs() == 0 ? out.noTags() : out.oneTag(ASSIGNED_MS_TAG, Long.BYTES).int64(computed.wallMs());
    }

    private static RecordWriter current(StreamsMember.Current current) {
        RecordWriter out = value().int32(current.epoch()).int32(current.previousEpoch()).int8(current.state().ordinal());
        held(out, current.assigned());
        return held(out, current.revoking()).noTags();
    }

    private static RecordWriter held(RecordWriter out, Holding held) {
        out.array(held.roles().active().bySubtopology().entrySet(), (each, tasks) -> {
            List<Integer> since = tasks.getValue().stream().map(partition -> held.since().get(new TaskId(tasks.getKey(), partition))).toList();
            SortedMap<Integer, RecordWriter> tags = new TreeMap<>(Map.of(SINCE_TAG, new RecordWriter().array(since, RecordWriter::int32)));
            each.string(tasks.getKey()).array(tasks.getValue(), RecordWriter::int32).tags(tags);
        });
        return tasks(tasks(out, held.roles().standby()), held.roles().warmup());
    }

    private static RecordWriter roles(RecordWriter out, Roles roles) {
        return tasks(tasks(tasks(out, roles.active()), roles.standby()), roles.warmup());
    }

    private static RecordWriter tasks(RecordWriter out, Tasks tasks) {
        Collection<Map.Entry<String, SortedSet<Integer>>> bySubtopology = tasks.bySubtopology().entrySet();
        return out.array(bySubtopology, (each, entry) -> each.string(entry.getKey()).array(entry.getValue(), RecordWriter::int32).noTags());
    }

    /** The event that a record keeps, or null for a version that is not known. @throws RuntimeException on damaged bytes */
    static StreamsEvent decode(ByteBuffer keyBytes, ByteBuffer valueBytes) {
        RecordReader key = new RecordReader(keyBytes);
        short kind = key.int16();
        String group = key.keyString();
        if (valueBytes == null) {
            return tombstone(kind, group, key);
        }
        RecordReader value = new RecordReader(valueBytes);
        if (value.int16() != VALUE_VERSION) {
            return null;
        }
        return switch (kind) {
            case GROUP -> readGroup(group, value);
            case MEMBER -> new StreamsEvent.MemberKept(group, key.keyString(), readProfile(value));
            case TARGET_EPOCH -> new StreamsEvent.TargetComputed(group, value.int32(), value.int64InTag(ASSIGNED_MS_TAG, 0));
            case TARGET -> new StreamsEvent.TargetKept(group, key.keyString(), readHolding(value).roles());
            case CURRENT -> new StreamsEvent.CurrentKept(group, key.keyString(), readCurrent(value));
            default -> new StreamsEvent.TopologyKept(group, TopologyRecord.read(value));
        };
    }

    private static StreamsEvent tombstone(short kind, String group, RecordReader key) {
        return switch (kind) {
            case GROUP -> new StreamsEvent.GroupRemoved(group);
            case MEMBER -> new StreamsEvent.MemberRemoved(group, key.keyString());
            case TARGET_EPOCH -> new StreamsEvent.TargetGone(group);
            case TARGET -> new StreamsEvent.TargetRemoved(group, key.keyString());
            case CURRENT -> new StreamsEvent.CurrentRemoved(group, key.keyString());
            default -> new StreamsEvent.TopologyRemoved(group);
        };
    }

    private static StreamsEvent readGroup(String group, RecordReader value) {
        int epoch = value.int32();
        long hash = value.int64();
        int[] validated = {-1};
        SortedMap<String, String> configs = new TreeMap<>();
        value.tags((tag, content) -> {
            if (tag == VALIDATED_EPOCH_TAG) {
                validated[0] = content.int32();
            } else if (tag == CONFIGS_TAG) {
                configs.putAll(readPairs(content));
            }
        });
        return new StreamsEvent.GroupKept(group, epoch, hash, validated[0], configs);
    }

    /** The pairs in their order; none for null. */
    static Map<String, String> readPairs(RecordReader in) {
        List<Map.Entry<String, String>> pairs = in.nullableArray(each -> {
            Map.Entry<String, String> pair = Map.entry(each.string(), each.string());
            each.skipTags();
            return pair;
        });
        Map<String, String> map = new LinkedHashMap<>();
        if (pairs != null) {
            pairs.forEach(pair -> map.put(pair.getKey(), pair.getValue()));
        }
        return map;
    }

    private static StreamsMember.Profile readProfile(RecordReader value) {
        String instanceId = value.nullableString();
        String rackId = value.nullableString();
        String clientId = value.string();
        String clientHost = value.string();
        int rebalanceTimeoutMs = value.int32();
        int topologyEpoch = value.int32();
        String processId = value.string();
        StreamsMember.Endpoint endpoint = null;
        if (value.int8() >= 0) {
            endpoint = new StreamsMember.Endpoint(value.string(), value.uint16());
            value.skipTags();
        }
        return new StreamsMember.Profile(
                instanceId, rackId, clientId, clientHost, rebalanceTimeoutMs, topologyEpoch, processId, endpoint, readPairs(value));
    }

    private static StreamsMember.Current readCurrent(RecordReader value) {
        int epoch = value.int32();
        int previousEpoch = value.int32();
        int state = value.int8();
        return new StreamsMember.Current(epoch, previousEpoch, StreamsMember.State.values()[state], readHolding(value), readHolding(value));
    }

    private static Holding readHolding(RecordReader value) {
        SortedMap<TaskId, Integer> since = readTasks(value);
        Roles roles = new Roles(Tasks.of(since.keySet()), Tasks.of(readTasks(value).keySet()), Tasks.of(readTasks(value).keySet()));
        return new Holding(roles, since);
    }

    private static SortedMap<TaskId, Integer> readTasks(RecordReader value) {
        SortedMap<TaskId, Integer> tasks = new TreeMap<>();
        value.array(each -> {
            String subtopology = each.string();
            List<Integer> partitions = each.array(RecordReader::int32);
            List<Integer> since = new ArrayList<>();
            each.tags((tag, content) -> {
                List<Integer> epochs = tag == SINCE_TAG ? content.nullableArray(RecordReader::int32) : null;
                since.addAll(epochs == null ? List.of() : epochs);
            });
            for (int i = 0; i < partitions.size(); i++) {
                tasks.put(new TaskId(subtopology, partitions.get(i)), i < since.size() ? since.get(i) : 0);
            }
            return null;
        });
        return tasks;
    }
}
