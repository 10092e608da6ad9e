// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.topic.Fetched;
import io.ottla.topic.OffsetQuery;
import io.ottla.topic.PartitionOffsets;
import io.ottla.topic.ReadLimit;
import io.ottla.topic.TopicCatalog;
import io.ottla.wire.HeldRecords;
import io.ottla.wire.StoredRecords;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;

/** One look at the partitions of a fetch: what can be sent now. Runs on the connection's loop. */
final class FetchPass {
    private record Told(FetchTarget target, long highWatermark, long logStart) {}

    private final TopicCatalog catalog;
    private final List<FetchTarget> targets;
    private final ReadLimit limit;
    private final int maxBytes;
    private final boolean incremental;

    private FetchResponseData reply;
    private List<FetchTarget> served;
    private List<Told> told;
    private int bytes;
    private boolean urgent;

    FetchPass(TopicCatalog catalog, List<FetchTarget> targets, ReadLimit limit, int maxBytes, boolean incremental) {
        this.catalog = catalog;
        this.targets = targets;
        this.limit = limit;
        this.maxBytes = maxBytes;
        this.incremental = incremental;
    }

    List<FetchTarget> targets() {
        return targets;
    }

    /** Reads what there is; returns true if the reply must not wait: {@code minBytes} are there, or an error is. */
    boolean look(int minBytes) {
        reply = new FetchResponseData();
        served = new ArrayList<>();
        told = new ArrayList<>();
        bytes = 0;
        urgent = false;
        for (FetchTarget target : targets) {
            PartitionData data = read(target);
            data.setPartitionIndex(target.key().index());
            boolean carriesRecords = data.records().sizeInBytes() > 0;
            if (carriesRecords) {
                served.add(target);
            }
            boolean news = target.news(data.highWatermark(), data.logStartOffset());
            if (!incremental || carriesRecords || news || data.errorCode() != 0 || data.divergingEpoch().epoch() >= 0) {
                topicOf(target).partitions().add(data);
                told.add(new Told(target, data.highWatermark(), data.logStartOffset()));
            }
        }
        return urgent || bytes >= minBytes;
    }

    /** The reply of the last look, as told to the client; whoever takes it releases its records. */
    FetchResponseData take() {
        told.forEach(news -> news.target.tell(news.highWatermark, news.logStart));
        return reply;
    }

    /** The partitions of the last look that had records. */
    List<FetchTarget> served() {
        return served;
    }

    /** Drops the last look. */
    void forget() {
        HeldRecords.release(reply);
        reply = null;
    }

    /** The last topic of the reply if the target is of it, or a new one: partitions are told in the order in which they were asked for. */
    private FetchableTopicResponse topicOf(FetchTarget target) {
        FetchTarget.Key key = target.key();
        String name = key.topic() == null ? "" : key.topic();
        if (!reply.responses().isEmpty()) {
            FetchableTopicResponse last = reply.responses().getLast();
            if (last.topicId().equals(key.topicId()) && last.topic().equals(name)) {
                return last;
            }
        }
        FetchableTopicResponse topic = new FetchableTopicResponse().setTopicId(key.topicId()).setTopic(name);
        reply.responses().add(topic);
        return topic;
    }

    private PartitionData read(FetchTarget target) {
        Errors located = target.locate(catalog);
        if (located != Errors.NONE) {
            return failure(located).setAbortedTransactions(List.of());
        }
        try {
            PartitionOffsets offsets = target.partition().offsets();
            Errors epoch = Leaders.check(target.claimedEpoch(), offsets.leaderEpoch());
            if (epoch != Errors.NONE) {
                return failure(epoch);
            }
            if (target.lastFetchedEpoch() >= 0) {
                PartitionData diverging = diverging(target, offsets);
                if (diverging != null) {
                    return diverging;
                }
            }
            return records(target, offsets);
        } catch (ApiException e) {
            return failure(Errors.forException(e));
        }
    }

    private PartitionData records(FetchTarget target, PartitionOffsets offsets) {
        long end = limit == ReadLimit.LAST_STABLE ? offsets.lastStable() : offsets.highWatermark();
        int room = Math.min(target.maxBytes(), maxBytes - bytes);
        boolean nothingToRead = target.offset() == end || bytes > 0 && room <= 0;
        if (nothingToRead && target.offset() >= offsets.logStart() && target.offset() <= end) {
            return data(offsets, StoredRecords.EMPTY).setAbortedTransactions(limit == ReadLimit.LAST_STABLE ? List.of() : null);
        }
        Fetched fetched = target.partition().read(target.offset(), Math.max(0, room), bytes == 0, limit);
        bytes += fetched.records().sizeInBytes();
        return data(fetched.offsets(), fetched.records()).setAbortedTransactions(aborted(fetched));
    }

    /** A follower, or a consumer that checks for truncation, is told where its log and ours part (KIP-320, KIP-595). */
    private PartitionData diverging(FetchTarget target, PartitionOffsets offsets) {
        OffsetQuery.Answer end = target.partition().find(new OffsetQuery.EndOfEpoch(target.lastFetchedEpoch()));
        if (end.leaderEpoch() == target.lastFetchedEpoch() && end.offset() >= target.offset()) {
            return null;
        }
        urgent = true;
        PartitionData data = data(offsets, StoredRecords.EMPTY);
        data.divergingEpoch().setEpoch(end.leaderEpoch()).setEndOffset(end.offset());
        return data;
    }

    private PartitionData failure(Errors error) {
        urgent = true;
        return new PartitionData().setErrorCode(error.code()).setHighWatermark(-1).setAbortedTransactions(null).setRecords(StoredRecords.EMPTY);
    }

    private static PartitionData data(PartitionOffsets offsets, StoredRecords records) {
        return new PartitionData()
                .setHighWatermark(offsets.highWatermark())
                .setLastStableOffset(offsets.lastStable())
                .setLogStartOffset(offsets.logStart())
                .setRecords(records);
    }

    private List<AbortedTransaction> aborted(Fetched fetched) {
        if (limit != ReadLimit.LAST_STABLE) {
            return null;
        }
        return fetched.aborted().stream()
                .map(aborted -> new AbortedTransaction().setProducerId(aborted.producerId()).setFirstOffset(aborted.firstOffset()))
                .toList();
    }
}
