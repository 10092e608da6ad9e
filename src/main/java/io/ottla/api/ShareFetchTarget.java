// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.share.Acquisition;
import io.ottla.share.Answered;
import io.ottla.share.Position;
import io.ottla.share.ShareCoordinator;
import io.ottla.share.ShareGroupConfig;
import io.ottla.share.SharePartitionKey;
import io.ottla.topic.OffsetQuery;
import io.ottla.topic.Partition;
import io.ottla.topic.PartitionOffsets;
import io.ottla.topic.ReadLimit;
import io.ottla.topic.TopicCatalog;
import io.ottla.wire.StoredRecords;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.protocol.Errors;

/**
 * One partition of a share fetch, from where the member may read until what it got. The connection's loop owns it; answers
 * come from any thread, and are taken on the loop.
 */
final class ShareFetchTarget {
    /**
     * The answer to where may be read.
     *
     * @param position null if there was an error
     * @param begun    nobody in the group had read there before
     */
    record Look(Errors error, Position position, boolean begun) {
        private static Look failed(Errors error) {
            return new Look(error, null, false);
        }
    }

    private final TopicCatalog catalog;
    private final ShareCoordinator share;
    private final ShareGroupConfig config;
    private final String memberId;
    private final SharePartitionKey key;
    private final ShareSession.Target target;
    private final ReadLimit limit;

    private Partition partition;
    private boolean asked;
    private Errors error = Errors.NONE;
    private Position position;
    private ShareRead read;
    private List<Acquisition.Acquired> acquired = List.of();
    private StoredRecords records;
    private Runnable endWait;
    /** Where the last read began that held nothing for members. */
    private long nothingFrom = -1;
    private boolean goesOn;

    ShareFetchTarget(
            TopicCatalog catalog, ShareCoordinator share, ShareGroupConfig config, ShareSession.Key session, ShareSession.Target target) {
        this.catalog = catalog;
        this.share = share;
        this.config = config;
        this.memberId = session.memberId();
        this.key = new SharePartitionKey(session.groupId(), target.topicId(), target.partition());
        this.target = target;
        this.limit = config.readCommitted() ? ReadLimit.LAST_STABLE : ReadLimit.HIGH_WATERMARK;
    }

    ShareSession.Target target() {
        return target;
    }

    Errors error() {
        return error;
    }

    boolean found() {
        return !acquired.isEmpty();
    }

    /** How many offsets the member has got. */
    int recordCount() {
        return acquired.stream().mapToInt(each -> (int) (each.last() - each.first() + 1)).sum();
    }

    /** Whether an answer to {@link #look} is still to come. */
    boolean asked() {
        return asked;
    }

    /** Asks where to read; {@code done} is called once, from any thread, and what it gets is for {@link #take}. */
    void look(int maxRecords, Consumer<Look> done) {
        asked = true;
        position = null;
        goesOn = false;
        error = ShareFetchApi.locate(catalog, key);
        if (error != Errors.NONE) {
            done.accept(Look.failed(error));
            return;
        }
        try {
            partition = catalog.find(key.topicId()).partitions().get(key.partition());
        } catch (ApiException e) {
            done.accept(Look.failed(Errors.forException(e)));
            return;
        }
        ask(maxRecords, false, done);
    }

    private void ask(int maxRecords, boolean begun, Consumer<Look> done) {
        try {
            share.look(key, partition.offsets().logStart(), maxRecords, answer -> {
                if (answer.error() != Errors.NONE) {
                    done.accept(Look.failed(answer.error()));
                } else if (answer.value() instanceof Position.Unknown) {
                    done.accept(Look.failed(Errors.UNKNOWN_TOPIC_OR_PARTITION));
                } else if (answer.value() instanceof Position.NotStarted) {
                    Thread.ofVirtual().name("ottla-share-start").start(() -> start(maxRecords, done));
                } else {
                    done.accept(new Look(Errors.NONE, answer.value(), begun));
                }
            });
        } catch (ApiException e) {
            done.accept(Look.failed(Errors.forException(e)));
        }
    }

    /** Begins where share.auto.offset.reset says; may search the log. */
    private void start(int maxRecords, Consumer<Look> done) {
        try {
            share.start(key, firstOffset(), started -> {
                if (started == Errors.NONE) {
                    ask(maxRecords, true, done);
                } else {
                    done.accept(Look.failed(started));
                }
            });
        } catch (ApiException e) {
            done.accept(Look.failed(Errors.forException(e)));
        }
    }

    /** Takes the answer to {@link #look}. */
    void take(Look look) {
        asked = false;
        error = look.error();
        position = look.position();
    }

    private long firstOffset() {
        PartitionOffsets offsets = partition.offsets();
        long end = config.readCommitted() ? offsets.lastStable() : offsets.highWatermark();
        return switch (config.offsetReset()) {
            case ShareGroupConfig.OffsetReset.Earliest ignored -> offsets.logStart();
            case ShareGroupConfig.OffsetReset.Latest ignored -> end;
            case ShareGroupConfig.OffsetReset.ByDuration since -> {
                long timestampMs = Math.max(0, System.currentTimeMillis() - since.age().toMillis());
                OffsetQuery.Answer found = partition.find(new OffsetQuery.ByTimestamp(timestampMs));
                yield found.offset() < 0 ? end : found.offset();
            }
        };
    }

    /** Reads where the member may; returns the bytes of what there is. */
    int read(int maxBytes, boolean minOneBatch) {
        if (!(position instanceof Position.Read where) || maxBytes <= 0 && !minOneBatch) {
            return 0;
        }
        try {
            PartitionOffsets offsets = partition.offsets();
            long end = limit == ReadLimit.LAST_STABLE ? offsets.lastStable() : offsets.highWatermark();
            if (where.offset() >= end) {
                return 0;
            }
            read = ShareRead.of(partition, limit, where.offset(), where.lastOffset(), Math.max(0, maxBytes), minOneBatch);
            return read.sizeBytes();
        } catch (OffsetOutOfRangeException e) {
            // The log has begun later since we looked; the next look takes that along.
            return 0;
        } catch (ApiException e) {
            error = Errors.forException(e);
            return 0;
        }
    }

    boolean hasRead() {
        return read != null && !read.batches().isEmpty();
    }

    /** Locks what was read; {@code done} is called once, from any thread. */
    void acquire(int maxRecords, int batchSize, boolean strict, Consumer<Answered<List<Acquisition.Acquired>>> done) {
        Acquisition wanted = new Acquisition(read.offset(), read.batches(), maxRecords, Math.max(1, batchSize), strict);
        share.acquire(key, memberId, wanted, done);
    }

    /** Takes what {@link #acquire} gave. */
    void keep(Answered<List<Acquisition.Acquired>> answer) {
        error = answer.error();
        if (error != Errors.NONE) {
            return;
        }
        if (answer.value().isEmpty()) {
            goesOn = read.offset() > nothingFrom;
            nothingFrom = read.offset();
            return;
        }
        acquired = answer.value();
        records = read.holding(acquired.getFirst().first(), acquired.getLast().last());
        read = null;
    }

    /** Whether the last round has led past records that are not for members: those of aborted transactions and the like. What follows may be. */
    boolean goesOn() {
        return goesOn;
    }

    void forgetRead() {
        if (read != null) {
            read.release();
            read = null;
        }
    }

    AutoCloseable watch(Runnable onAdvance) {
        return partition == null ? () -> { } : partition.watch(onAdvance);
    }

    /** Calls back when others let go of records. */
    void awaitMore(Runnable onMore) {
        awaitNoMore();
        switch (position) {
            case Position.Read where -> endWait = share.awaitMore(key, where.lookAgain(), onMore);
            case Position.Full full -> endWait = share.awaitMore(key, full.lookAgain(), onMore);
            case Position.NotStarted ignored -> { }
            case Position.Unknown ignored -> { }
            case null -> { }
        }
    }

    void awaitNoMore() {
        if (endWait != null) {
            endWait.run();
            endWait = null;
        }
    }

    void addTo(ShareFetchReply reply) {
        if (error != Errors.NONE) {
            reply.failed(target, error);
        }
        if (found()) {
            reply.acquired(target, acquired, records);
        }
    }
}
