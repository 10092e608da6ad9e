// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.Fetched;
import io.ottla.topic.Fetched.AbortedTransaction;
import io.ottla.topic.PartitionId;
import io.ottla.topic.ReadLimit;
import io.ottla.wire.StoredRecords;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;

/** Reads from one picture of a partition, without its lock. Safe for any thread. */
final class LogReader {
    private final PartitionId id;
    private final ReadHints hints = new ReadHints();

    LogReader(PartitionId id) {
        this.id = id;
    }

    /** As {@link io.ottla.topic.Partition#read}. */
    Fetched read(LogView view, long offset, int maxBytes, boolean minOneBatch, ReadLimit limit) throws IOException {
        if (offset < view.offsets().logStart() || offset > view.logEnd().offset()) {
            throw new OffsetOutOfRangeException("Received request for offset " + offset + " for partition " + id
                    + ", but we only have log segments starting from offset: " + view.offsets().logStart() + " up to: " + view.logEnd().offset() + ".");
        }
        LogPosition end = view.end(limit);
        if (offset >= end.offset()) {
            if (offset == end.offset() && end.position() >= 0) {
                hints.put(end);
            }
            return nothing(view);
        }
        LogPosition start = locate(view, offset);
        LogPosition bound = end.position() >= 0 ? end : locate(view, end.offset());
        if (start == null || bound == null || start.segment() == bound.segment() && start.position() >= bound.position()) {
            return nothing(view);
        }
        return slice(view, offset, start, bound, maxBytes, minOneBatch, limit);
    }

    private static Fetched nothing(LogView view) {
        return new Fetched(StoredRecords.EMPTY, view.offsets(), List.of());
    }

    /** The batch that holds {@code offset} or follows it; null if there is none. */
    private LogPosition locate(LogView view, long offset) throws IOException {
        LogPosition hint = hints.find(offset);
        if (hint != null) {
            return hint.position() < hint.segment().sizeBytes() ? hint : startOfNext(view, hint.segment(), offset);
        }
        for (int i = Math.max(0, view.segmentIndex(offset)); i < view.segments().length; i++) {
            Segment segment = view.segments()[i];
            int position = segment.locate(offset, limitOf(view, segment));
            if (position >= 0) {
                return new LogPosition(segment, offset, position);
            }
            if (!view.gaps() && i + 1 < view.segments().length && view.segments()[i + 1].baseOffset() != offset) {
                throw new DamagedLogException("no batch with offset " + offset + " is in " + segment + ", nor does the next segment start with it");
            }
        }
        return null;
    }

    private static LogPosition startOfNext(LogView view, Segment before, long offset) throws IOException {
        for (Segment segment : view.segments()) {
            if (segment.baseOffset() > before.baseOffset() && limitOf(view, segment) > 0) {
                return new LogPosition(segment, offset, 0);
            }
        }
        return null;
    }

    private static int limitOf(LogView view, Segment segment) throws IOException {
        return segment == view.logEnd().segment() ? view.logEnd().position() : segment.sizeBytes();
    }

    private Fetched slice(LogView view, long offset, LogPosition start, LogPosition bound, int maxBytes, boolean minOneBatch, ReadLimit limit) throws IOException {
        Segment segment = start.segment();
        int last = segment == bound.segment() ? bound.position() : limitOf(view, segment);
        FileHandle handle = segment.log().acquire();
        try {
            LogPosition next = next(view, start, last, bound, handle, maxBytes, minOneBatch);
            int end = next.segment() == segment ? next.position() : last;
            if (end == start.position()) {
                handle.release();
                return nothing(view);
            }
            segment.verify(start.position(), end, offset, next.offset(), view.gaps());
            hints.put(next);
            List<AbortedTransaction> aborted = limit == ReadLimit.LAST_STABLE ? aborted(view, segment, offset, next.offset()) : List.of();
            return new Fetched(new FileSlice(handle, start.position(), end - start.position()), view.offsets(), aborted);
        } catch (IOException | RuntimeException e) {
            handle.release();
            throw e;
        }
    }

    /** Where a reader goes on that took all it may of what is between {@code start} and {@code last}; at {@code start} if not even one batch fits. */
    private static LogPosition next(LogView view, LogPosition start, int last, LogPosition bound, FileHandle handle, int maxBytes, boolean minOneBatch) throws IOException {
        Segment segment = start.segment();
        if (last - start.position() <= maxBytes) {
            return after(view, segment, last, bound);
        }
        LogPosition within = segment.endWithin(handle, start.position(), maxBytes, last);
        if (within.position() > start.position() || !minOneBatch) {
            return within;
        }
        int end = start.position() + segment.batchSize(handle, start.position(), last);
        return end == last ? after(view, segment, last, bound) : new LogPosition(segment, segment.baseOffsetAt(handle, end, last), end);
    }

    /** Where a reader goes on that took everything up to {@code last}. */
    private static LogPosition after(LogView view, Segment segment, int last, LogPosition bound) throws IOException {
        if (segment == bound.segment()) {
            return new LogPosition(segment, bound.offset(), last);
        }
        for (Segment following : view.segments()) {
            if (following.baseOffset() > segment.baseOffset()) {
                if (!view.gaps() && segment.locate(following.baseOffset() - 1, last) < 0) {
                    throw new DamagedLogException(segment + " ends before " + following.baseOffset() + ", where the next segment starts");
                }
                return new LogPosition(following, following.baseOffset(), 0);
            }
        }
        return new LogPosition(segment, view.logEnd().offset(), last);
    }

    private static List<AbortedTransaction> aborted(LogView view, Segment first, long from, long to) throws IOException {
        List<AbortedTransaction> found = new ArrayList<>(0);
        boolean reached = false;
        for (Segment segment : view.segments()) {
            reached |= segment == first;
            if (reached && segment.aborted().collect(from, to, found)) {
                break;
            }
        }
        return found;
    }
}
