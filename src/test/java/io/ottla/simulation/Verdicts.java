// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import io.ottla.simulation.Violation.Kind;
import io.ottla.topic.Partition;
import io.ottla.topic.PartitionDescription.ProducerState;
import io.ottla.topic.PartitionOffsets;
import io.ottla.topic.Topic;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.protocol.ApiKeys;

/** What the transactions were, and whether what readers and operators see fits them. */
final class Verdicts {
    private static final int KEYS = 4;

    private final List<Story> stories = new ArrayList<>();
    private final Map<String, Story> byValue = new HashMap<>();
    private final Map<String, Long> lastOffsets = new TreeMap<>();

    List<TopicPartition> partitions() {
        List<TopicPartition> all = new ArrayList<>(List.of(new TopicPartition(House.COMPACTED, 0)));
        for (int i = 0; i < House.PLAIN_PARTITIONS; i++) {
            all.add(new TopicPartition(House.PLAIN, i));
        }
        return all;
    }

    Story newStory(String producer, Random random) {
        int writes = random.nextInt(4);
        Story story = new Story(stories.size() + 1L, "group-" + producer, writes == 0 || random.nextInt(5) < 2);
        for (int i = 0; i < writes; i++) {
            TopicPartition partition = partitions().get(random.nextInt(partitions().size()));
            String value = story.number() + "-" + i;
            story.items().add(new Story.Item(partition, "k" + random.nextInt(KEYS), value));
            byValue.put(value, story);
        }
        stories.add(story);
        return story;
    }

    /** A second reading must see what the first has seen. */
    void checkSame(Reader first, Reader again) {
        int common = Math.min(first.seen().size(), again.seen().size());
        if (!first.seen().subList(0, common).equals(again.seen().subList(0, common)) || again.seen().size() < common) {
            throw new Violation(Kind.CHANGED_READ, first.partition() + " was " + first.seen() + " and is " + again.seen());
        }
    }

    /** Committed offsets never go back, and only those of transactions that may have been committed count. */
    void checkOffsets(House house) {
        stories.stream().map(Story::group).distinct().toList().forEach(group -> {
            OffsetFetchRequestGroup asked = new OffsetFetchRequestGroup().setGroupId(group)
                    .setTopics(List.of(new OffsetFetchRequestTopics().setName(House.PLAIN).setPartitionIndexes(List.of(0))));
            house.ask(ApiKeys.OFFSET_FETCH, 8, new OffsetFetchRequestData().setGroups(List.of(asked)), OffsetFetchResponseData.class,
                    reply -> committed(group, reply.groups().getFirst()));
        });
    }

    private void committed(String group, OffsetFetchResponseGroup answer) {
        if (answer.errorCode() != 0 || answer.topics().getFirst().partitions().getFirst().errorCode() != 0) {
            return;
        }
        long offset = answer.topics().getFirst().partitions().getFirst().committedOffset();
        long before = lastOffsets.getOrDefault(group, -1L);
        if (offset < before) {
            throw new Violation(Kind.LSO_WENT_BACK, "committed offset of " + group + " from " + before + " to " + offset);
        }
        lastOffsets.put(group, offset);
        if (offset > 0 && !stories.get((int) offset - 1).mayCount()) {
            throw new Violation(Kind.TORN_OFFSETS, group + " has the offset of " + stories.get((int) offset - 1));
        }
    }

    /** What the broker knows of producers, and where its logs end; null if a partition is offline. */
    Map<String, List<String>> memories(House house) {
        try {
            return memoriesOf(house);
        } catch (KafkaStorageException offline) {
            return null;
        }
    }

    private static Map<String, List<String>> memoriesOf(House house) {
        Map<String, List<String>> all = new TreeMap<>();
        for (Topic topic : house.catalog().topics().values()) {
            for (Partition partition : topic.partitions()) {
                List<String> known = new ArrayList<>(List.of("end " + partition.offsets().logEnd()));
                partition.describe().producers().stream().sorted(Comparator.comparingLong(ProducerState::producerId)).forEach(each -> known.add(each.toString()));
                all.put(topic.name() + "-" + partition.id().index(), known);
            }
        }
        return all;
    }

    void checkMemories(Map<String, List<String>> before, Map<String, List<String>> after) {
        if (!before.equals(after)) {
            before.forEach((partition, known) -> {
                if (!known.equals(after.get(partition))) {
                    throw new Violation(Kind.PRODUCERS_CHANGED, partition + " from " + known + " to " + after.get(partition));
                }
            });
        }
    }

    /** Checks everything, when all has come to an end; returns the number of transactions that were committed. */
    int check(House house, List<Reader> readers) {
        checkNothingHangs(house);
        Set<String> visible = new HashSet<>();
        Set<String> compacted = new HashSet<>();
        readers.forEach(reader -> checkReader(reader, new Reader(reader.partition(), 1 << 20).readAll(house), visible, compacted));
        checkOffsets(house);
        house.settle();
        int committed = 0;
        for (Story story : stories) {
            committed += checkStory(story, visible, compacted) ? 1 : 0;
        }
        return committed;
    }

    private void checkReader(Reader tail, Reader fresh, Set<String> visible, Set<String> compacted) {
        boolean keepsAll = tail.partition().topic().equals(House.PLAIN);
        if (keepsAll) {
            checkSame(fresh, tail);
        }
        for (Reader.Seen seen : fresh.seen()) {
            if (!visible.add(seen.value())) {
                throw new Violation(Kind.DUPLICATE, seen + " in " + tail.partition());
            }
            if (!byValue.get(seen.value()).mayCount()) {
                throw new Violation(Kind.ABORTED_READ, seen + " of " + byValue.get(seen.value()));
            }
        }
        if (!keepsAll) {
            checkLatest(fresh, compacted);
        }
    }

    /** Compaction may take a record only if its key has a later one. */
    private void checkLatest(Reader fresh, Set<String> compacted) {
        Map<String, Long> latest = new HashMap<>();
        fresh.seen().forEach(seen -> latest.merge(seen.key(), seen.offset(), Math::max));
        for (Story story : stories) {
            for (Story.Item item : story.items()) {
                if (!item.partition().equals(fresh.partition()) || item.offset() < 0) {
                    continue;
                }
                boolean replaced = latest.getOrDefault(item.key(), -1L) > item.offset();
                boolean there = fresh.seen().stream().anyMatch(seen -> seen.value().equals(item.value()));
                if (story.committed() && !there && !replaced) {
                    throw new Violation(fresh.seen().isEmpty() ? Kind.LOST_COMMIT : Kind.LOST_BY_COMPACTION, item.key() + "=" + item.value() + " of " + story);
                }
                if (!there && replaced) {
                    compacted.add(item.value());
                }
            }
        }
    }

    /** Whether the transaction was committed. What compaction may have taken speaks neither way. */
    private boolean checkStory(Story story, Set<String> visible, Set<String> compacted) {
        Set<Boolean> fates = new HashSet<>();
        for (Story.Item item : story.items()) {
            if (item.offset() >= 0 && !compacted.contains(item.value())) {
                fates.add(visible.contains(item.value()));
            }
        }
        if (story.committed() && fates.contains(false)) {
            throw new Violation(fates.contains(true) ? Kind.TORN_WRITES : Kind.LOST_COMMIT, story.toString());
        }
        if (fates.size() > 1) {
            throw new Violation(Kind.TORN_WRITES, story.toString());
        }
        boolean counts = story.committed() || fates.contains(true);
        long offset = lastOffsets.getOrDefault(story.group(), -1L);
        if (counts && story.offsetsWereAcknowledged() && offset < story.number()) {
            throw new Violation(Kind.TORN_OFFSETS, story.group() + " is at " + offset + " after " + story);
        }
        if (offset == story.number() && fates.contains(false)) {
            throw new Violation(Kind.TORN_OFFSETS, story.group() + " has the offset of " + story + ", whose writes do not count");
        }
        return counts;
    }

    private void checkNothingHangs(House house) {
        List<String> open = new ArrayList<>();
        ListTransactionsRequestData request = new ListTransactionsRequestData().setStateFilters(List.of("Ongoing", "PrepareCommit", "PrepareAbort"));
        house.ask(ApiKeys.LIST_TRANSACTIONS, 1, request, ListTransactionsResponseData.class, reply -> {
            if (reply.errorCode() != 0) {
                open.add("error " + reply.errorCode());
            }
            reply.transactionStates().forEach(each -> open.add(each.toString()));
        });
        house.settle();
        for (Topic topic : house.catalog().topics().values()) {
            for (Partition partition : topic.partitions()) {
                PartitionOffsets offsets = partition.offsets();
                if (offsets.lastStable() != offsets.logEnd()) {
                    open.add(partition.id() + " " + offsets + " " + partition.describe().producers());
                }
            }
        }
        if (!open.isEmpty()) {
            throw new Violation(Kind.HANGING, open.toString());
        }
    }
}
