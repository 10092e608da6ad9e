// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.PartitionId;
import io.ottla.wire.BatchView;
import java.io.IOException;
import java.util.List;

/** Reads a log from its first batch on where what was known of it is gone, and makes its transaction indexes anew. Used once, by one thread. */
final class LogRescan {
    private final long nowMs;
    private final ProducerLedger producers;
    private long nextOffset = -1;
    private int highestEpoch;
    /** In the segment that was read last. */
    private long maxTimestamp;
    private long maxTimestampOffset;
    private boolean gaps;
    private String problem;

    LogRescan(PartitionId id, long nowMs) {
        this.nowMs = nowMs;
        producers = new ProducerLedger(id);
    }

    /**
     * What the flush point would have said, which is lost: all that is whole is taken for durable, and is so now.
     *
     * @param segments all there are, one at least
     * @throws DamagedLogException if anything but the tail of the last segment is damaged
     */
    static FlushPoint findPoint(PartitionId id, List<Segment> segments, long nowMs) throws IOException {
        LogRescan rescan = new LogRescan(id, nowMs);
        Segment last = segments.getLast();
        int end = 0;
        int aborted = 0;
        for (Segment segment : segments) {
            segment.aborted().look();
            if (segment == last) {
                end = rescan.tail(segment);
            } else {
                rescan.whole(segment, segment.sizeBytes());
            }
            segment.force();
            aborted ^= segment.aborted().check();
        }
        long first = segments.getFirst().baseOffset();
        return new FlushPoint(last.baseOffset(), rescan.nextOffset, end, first, rescan.maxTimestamp, rescan.maxTimestampOffset, rescan.highestEpoch, 0, 0, true, false, rescan.gaps, 0, aborted);
    }

    private int tail(Segment segment) throws IOException {
        return run(segment, segment.sizeBytes());
    }

    /** Reads a segment up to {@code end}, all of which has to be there. */
    void whole(Segment segment, int end) throws IOException {
        int reached = run(segment, end);
        if (reached < end) {
            throw new DamagedLogException(segment + " is damaged at byte " + reached + " where its records were durable: " + problem);
        }
    }

    private int run(Segment segment, int end) throws IOException {
        segment.aborted().truncate(0);
        maxTimestamp = BatchView.NO_TIMESTAMP;
        maxTimestampOffset = -1;
        gaps |= nextOffset >= 0 && segment.baseOffset() != nextOffset;
        nextOffset = Math.max(nextOffset, segment.baseOffset());
        LogScan scan = new LogScan(segment, end);
        int reached = scan.run(0, nextOffset, false, (batch, position) -> take(segment, batch));
        problem = scan.problem();
        return reached;
    }

    private void take(Segment segment, BatchView batch) throws IOException {
        gaps |= batch.baseOffset() != nextOffset;
        nextOffset = batch.nextOffset();
        if (batch.maxTimestamp() > maxTimestamp) {
            maxTimestamp = batch.maxTimestamp();
            maxTimestampOffset = batch.lastOffset();
        }
        highestEpoch = Math.max(highestEpoch, batch.leaderEpoch());
        TransactionIndex.Entry entry = producers.abortedBy(batch, batch.lastOffset());
        if (entry != null) {
            segment.aborted().append(entry);
        }
        producers.apply(batch, nowMs);
    }
}
