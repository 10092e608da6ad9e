// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.OffsetQuery.Answer;
import io.ottla.wire.BatchView;
import io.ottla.wire.RecordCursor;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Finds offsets by timestamp in one picture of a partition. Safe for any thread. */
final class OffsetFinder {
    private OffsetFinder() {}

    /** The first record at or after {@code timestamp} that is durable and not deleted. */
    static Answer byTimestamp(LogView view, long timestamp) throws IOException {
        for (Segment segment : view.segments()) {
            int limit = limit(view, segment);
            if (limit < 0) {
                break;
            }
            if (segment != view.logEnd().segment()) {
                long largest = segment.maxTimestamp();
                if (largest >= 0 && largest < timestamp) {
                    continue;
                }
            }
            Answer found = inSegment(segment, limit, timestamp, view.offsets().logStart());
            if (found != null) {
                return found;
            }
        }
        return Answer.NONE;
    }

    /** The first record with the largest timestamp among those that are durable and not deleted. */
    static Answer maxTimestamp(LogView view) throws IOException {
        long largest = BatchView.NO_TIMESTAMP;
        for (Segment segment : view.segments()) {
            int limit = limit(view, segment);
            if (limit < 0) {
                break;
            }
            largest = Math.max(largest, maxTimestamp(view, segment, limit));
        }
        return largest < 0 ? Answer.NONE : byTimestamp(view, largest);
    }

    private static long maxTimestamp(LogView view, Segment segment, int limit) throws IOException {
        boolean whole = limit == segment.sizeBytes() && segment != view.logEnd().segment();
        if (whole) {
            long largest = segment.maxTimestamp();
            if (largest >= 0) {
                return largest;
            }
        }
        long[] indexed = segment.maxTimestampBelow(view.highWatermark().offset());
        long from = indexed == null ? segment.baseOffset() : indexed[1];
        long[] largest = {indexed == null ? BatchView.NO_TIMESTAMP : indexed[0]};
        int start = segment.locate(from, limit);
        if (start >= 0) {
            checked(segment, limit, start, (batch, position) -> largest[0] = Math.max(largest[0], batch.maxTimestamp()));
        }
        return largest[0];
    }

    /** Bytes of the segment that are durable, or -1 if it is past the high watermark. */
    private static int limit(LogView view, Segment segment) throws IOException {
        LogPosition highWatermark = view.highWatermark();
        if (highWatermark.segment() == null || segment.baseOffset() > highWatermark.segment().baseOffset()) {
            return -1;
        }
        return segment == highWatermark.segment() ? highWatermark.position() : segment.sizeBytes();
    }

    private static Answer inSegment(Segment segment, int limit, long timestamp, long logStart) throws IOException {
        int start = segment.locate(Math.max(logStart, segment.offsetBefore(timestamp)), limit);
        if (start < 0) {
            return null;
        }
        Answer[] found = new Answer[1];
        try {
            checked(segment, limit, start, (batch, position) -> {
                if (batch.maxTimestamp() >= timestamp) {
                    found[0] = inBatch(segment, batch, position, timestamp, logStart);
                    if (found[0] != null) {
                        throw new Found();
                    }
                }
            });
        } catch (Found stop) {
            return found[0];
        }
        return null;
    }

    /** Ends a scan early. */
    private static final class Found extends RuntimeException {
        private static final long serialVersionUID = 1;

        Found() {
            super(null, null, false, false);
        }
    }

    private static void checked(Segment segment, int limit, int start, LogScan.Visitor visitor) throws IOException {
        LogScan scan = new LogScan(segment, limit);
        int reached = scan.run(start, segment.baseOffset(), false, visitor);
        if (reached < limit) {
            throw new DamagedLogException(segment + " is damaged at byte " + reached + ": " + scan.problem());
        }
    }

    private static Answer inBatch(Segment segment, BatchView header, int position, long timestamp, long logStart) throws IOException {
        BatchView batch = header;
        if (header.position() + header.sizeBytes() > header.buffer().limit()) {
            ByteBuffer whole = ByteBuffer.allocate(header.sizeBytes());
            segment.read(whole, position);
            batch = new BatchView(whole.flip(), 0);
        }
        try (RecordCursor records = new RecordCursor().over(batch, Integer.MAX_VALUE)) {
            while (records.next()) {
                long offset = batch.baseOffset() + records.offsetDelta();
                long at = batch.logAppendTime() ? batch.maxTimestamp() : records.createTimestamp();
                if (at >= timestamp && offset >= logStart) {
                    return new Answer(offset, at, batch.leaderEpoch());
                }
            }
        }
        return null;
    }
}
