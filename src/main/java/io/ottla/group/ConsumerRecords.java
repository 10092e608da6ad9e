// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.JournalEntry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;

/** Events of consumer groups as records of __consumer_offsets (KIP-848), as Kafka writes them. All values are of version 0 and flexible. */
final class ConsumerRecords {
    private static final short GROUP_KEY = 3;
    private static final short TOPICS_KEY = 4;
    private static final short MEMBER_KEY = 5;
    private static final short TARGET_EPOCH_KEY = 6;
    private static final short TARGET_KEY = 7;
    private static final short CURRENT_KEY = 8;
    private static final short REGEX_KEY = 16;
    private static final short VERSION = 0;
    private static final int CLASSIC_TAG = 0;
    private static final int EPOCHS_TAG = 0;

    private ConsumerRecords() {}

    /** Null for events that are not kept. */
    static JournalEntry encode(GroupEvent.Consumer event) {
        return switch (event) {
            case GroupEvent.ConsumerGroupKept kept -> {
                ValueWriter value = value().int32(kept.epoch());
                yield entry(key(GROUP_KEY, kept.groupId()), kept.topicsHash() == 0 ? value.noTags()
                        : value.unsignedVarint(1).tag(0, new ValueWriter().int64(kept.topicsHash())));
            }
            case GroupEvent.ConsumerMemberKept kept -> entry(key(MEMBER_KEY, kept.groupId()).string(kept.memberId()), value(kept.subscription()));
            case GroupEvent.TargetEpochKept kept -> {
                ValueWriter value = value().int32(kept.epoch());
                yield entry(key(TARGET_EPOCH_KEY, kept.groupId()), kept.timestampMs() == 0 ? value.noTags()
                        : value.unsignedVarint(1).tag(0, new ValueWriter().int64(kept.timestampMs())));
            }
            case GroupEvent.TargetKept kept -> entry(key(TARGET_KEY, kept.groupId()).string(kept.memberId()),
                    write(value(), kept.target()).noTags());
            case GroupEvent.CurrentKept kept -> entry(key(CURRENT_KEY, kept.groupId()).string(kept.memberId()), value(kept.current()));
            case GroupEvent.RegexKept kept -> entry(key(REGEX_KEY, kept.groupId()).string(kept.regex()), value(kept.resolved()));
            case GroupEvent.ConsumerPartRemoved removed -> new JournalEntry.Plain(keyOf(removed).toBuffer(), null);
            case GroupEvent.ConsumerHeard ignored -> null;
            case GroupEvent.ConsumerRebalanceBegun ignored -> null;
            case GroupEvent.ConsumerRebalanced ignored -> null;
            case GroupEvent.ConsumerTime ignored -> null;
            case GroupEvent.ClassicMemberOwes ignored -> null;
            case GroupEvent.TopicsSeen ignored -> null;
        };
    }

    private static JournalEntry entry(ValueWriter key, ValueWriter value) {
        return new JournalEntry.Plain(key.toBuffer(), value.toBuffer());
    }

    private static ValueWriter key(short kind, String groupId) {
        return new ValueWriter().int16(kind).string(groupId);
    }

    private static ValueWriter value() {
        return new ValueWriter().int16(VERSION);
    }

    private static ValueWriter keyOf(GroupEvent.ConsumerPartRemoved removed) {
        return switch (removed.part()) {
            case GROUP -> key(GROUP_KEY, removed.groupId());
            case TOPICS -> key(TOPICS_KEY, removed.groupId());
            case TARGET_EPOCH -> key(TARGET_EPOCH_KEY, removed.groupId());
            case MEMBER -> key(MEMBER_KEY, removed.groupId()).string(removed.name());
            case TARGET -> key(TARGET_KEY, removed.groupId()).string(removed.name());
            case CURRENT -> key(CURRENT_KEY, removed.groupId()).string(removed.name());
            case REGEX -> key(REGEX_KEY, removed.groupId()).string(removed.name());
        };
    }

    private static ValueWriter value(ConsumerMember.Subscription subscription) {
        ValueWriter out = value().compactNullableString(subscription.instanceId()).compactNullableString(subscription.rackId())
                .compactString(subscription.clientId()).compactString(subscription.clientHost());
        strings(out, subscription.topics());
        out.compactNullableString(subscription.regex()).int32(subscription.rebalanceTimeoutMs())
                .compactNullableString(subscription.assignor());
        return subscription.classic() == null ? out.noTags() : out.unsignedVarint(1).tag(CLASSIC_TAG, content(subscription.classic()));
    }

    /** A struct that may be missing is preceded by a byte that says that it is there. */
    private static ValueWriter content(ConsumerMember.Classic classic) {
        ValueWriter out = new ValueWriter().int8(1).int32(classic.sessionTimeoutMs()).compactLength(classic.protocols().size());
        classic.protocols().forEach(each -> out.compactString(each.name()).compactBytes(each.metadata()).noTags());
        return out.noTags();
    }

    private static void strings(ValueWriter out, Set<String> values) {
        out.compactLength(values.size());
        new TreeSet<>(values).forEach(out::compactString);
    }

    private static ValueWriter value(ConsumerMember.Current current) {
        ValueWriter out = value().int32(current.epoch()).int32(current.previousEpoch()).int8(current.state().number());
        return write(write(out, current.assigned(), current.since()), current.revoking(), current.since()).noTags();
    }

    /** Partitions with the epochs since when the member has them. */
    private static ValueWriter write(ValueWriter out, Partitions partitions, AssignmentEpochs since) {
        out.compactLength(partitions.byTopic().size());
        partitions.byTopic().forEach((topicId, indexes) -> {
            out.uuid(topicId).compactLength(indexes.size());
            indexes.forEach(out::int32);
            ValueWriter epochs = new ValueWriter().compactLength(indexes.size());
            indexes.forEach(partition -> epochs.int32(since.since(topicId, partition)));
            out.unsignedVarint(1).tag(EPOCHS_TAG, epochs);
        });
        return out;
    }

    private static ValueWriter value(ConsumerGroup.ResolvedRegex resolved) {
        ValueWriter out = value();
        strings(out, resolved.topics());
        return out.int64(resolved.version()).int64(resolved.timestampMs()).noTags();
    }

    private static ValueWriter write(ValueWriter out, Partitions partitions) {
        out.compactLength(partitions.byTopic().size());
        partitions.byTopic().forEach((topicId, indexes) -> {
            out.uuid(topicId).compactLength(indexes.size());
            indexes.forEach(out::int32);
            out.noTags();
        });
        return out;
    }

    /** Null for a record of another kind. */
    static GroupEvent decode(short kind, ValueReader key, ByteBuffer valueBytes) {
        if (kind != REGEX_KEY && (kind < GROUP_KEY || kind > CURRENT_KEY)) {
            return null;
        }
        String groupId = key.string();
        String name = kind == MEMBER_KEY || kind == TARGET_KEY || kind == CURRENT_KEY || kind == REGEX_KEY ? key.string() : "";
        if (valueBytes == null) {
            return new GroupEvent.ConsumerPartRemoved(groupId, part(kind), name);
        }
        ValueReader value = new ValueReader(valueBytes);
        if (value.int16() != VERSION) {
            throw new IllegalArgumentException("record of kind " + kind + " with an unknown version");
        }
        return decode(kind, groupId, name, value);
    }

    private static GroupEvent decode(short kind, String groupId, String name, ValueReader value) {
        return switch (kind) {
            case GROUP_KEY -> {
                int epoch = value.int32();
                yield new GroupEvent.ConsumerGroupKept(groupId, epoch, longTag(value));
            }
            case MEMBER_KEY -> new GroupEvent.ConsumerMemberKept(groupId, name, subscription(value));
            case TARGET_EPOCH_KEY -> {
                int epoch = value.int32();
                yield new GroupEvent.TargetEpochKept(groupId, epoch, longTag(value));
            }
            case TARGET_KEY -> new GroupEvent.TargetKept(groupId, name, partitions(value));
            case CURRENT_KEY -> new GroupEvent.CurrentKept(groupId, name, current(value));
            case REGEX_KEY -> new GroupEvent.RegexKept(groupId, name, new ConsumerGroup.ResolvedRegex(
                    new LinkedHashSet<>(value.compactArray(ValueReader::compactString)), value.int64(), value.int64()));
            default -> null;
        };
    }

    private static GroupEvent.Part part(short kind) {
        return switch (kind) {
            case GROUP_KEY -> GroupEvent.Part.GROUP;
            case TOPICS_KEY -> GroupEvent.Part.TOPICS;
            case MEMBER_KEY -> GroupEvent.Part.MEMBER;
            case TARGET_EPOCH_KEY -> GroupEvent.Part.TARGET_EPOCH;
            case TARGET_KEY -> GroupEvent.Part.TARGET;
            case CURRENT_KEY -> GroupEvent.Part.CURRENT;
            default -> GroupEvent.Part.REGEX;
        };
    }

    /** The only tagged field, or 0. */
    private static long longTag(ValueReader in) {
        long[] value = {0};
        in.tags((tag, content) -> value[0] = tag == 0 ? content.int64() : value[0]);
        return value[0];
    }

    private static ConsumerMember.Subscription subscription(ValueReader in) {
        ConsumerMember.Subscription subscription = new ConsumerMember.Subscription(in.compactNullableString(), in.compactNullableString(),
                in.compactString(), in.compactString(), new LinkedHashSet<>(in.compactArray(ValueReader::compactString)),
                in.compactNullableString(), in.int32(), in.compactNullableString(), null);
        ConsumerMember.Classic[] classic = {null};
        in.tags((tag, content) -> classic[0] = tag == CLASSIC_TAG && content.int8() > 0 ? classic(content) : classic[0]);
        return subscription.speaking(classic[0]);
    }

    private static ConsumerMember.Classic classic(ValueReader in) {
        ConsumerMember.Classic classic = new ConsumerMember.Classic(in.int32(), in.compactArray(each -> {
            MemberProtocol protocol = new MemberProtocol(each.compactString(), each.compactBytes());
            each.skipTags();
            return protocol;
        }));
        in.skipTags();
        return classic;
    }

    private static ConsumerMember.Current current(ValueReader in) {
        int epoch = in.int32();
        int previousEpoch = in.int32();
        ConsumerMember.State state = ConsumerMember.State.of(in.int8());
        Map<Uuid, Map<Integer, Integer>> since = new TreeMap<>();
        Partitions assigned = partitions(in, Math.max(epoch, 0), since);
        Partitions revoking = partitions(in, Math.max(epoch, 0), since);
        in.skipTags();
        return new ConsumerMember.Current(epoch, previousEpoch, state, assigned, revoking, new AssignmentEpochs(since));
    }

    /** Collects the epochs too; records of brokers before 4.3 have none, as if all had come with the member's epoch. */
    private static Partitions partitions(ValueReader in, int epoch, Map<Uuid, Map<Integer, Integer>> since) {
        Partitions.Builder partitions = new Partitions.Builder();
        in.compactArray(topic -> {
            Uuid topicId = topic.uuid();
            List<Integer> indexes = topic.compactArray(ValueReader::int32);
            List<Integer> epochs = new ArrayList<>();
            topic.tags((tag, content) -> epochs.addAll(tag == EPOCHS_TAG ? content.compactArray(ValueReader::int32) : List.of()));
            Map<Integer, Integer> ofTopic = since.computeIfAbsent(topicId, id -> new TreeMap<>());
            for (int i = 0; i < indexes.size(); i++) {
                ofTopic.put(indexes.get(i), epochs.size() == indexes.size() ? epochs.get(i) : epoch);
            }
            return partitions.addAll(topicId, indexes);
        });
        return partitions.build();
    }

    private static Partitions partitions(ValueReader in) {
        Partitions.Builder partitions = new Partitions.Builder();
        List<Partitions> topics = in.compactArray(topic -> {
            Partitions.Builder one = new Partitions.Builder().addAll(topic.uuid(), topic.compactArray(ValueReader::int32));
            topic.skipTags();
            return one.build();
        });
        topics.forEach(partitions::addAll);
        return partitions.build();
    }
}
