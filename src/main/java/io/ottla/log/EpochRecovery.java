// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.wire.BatchView;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that the history of leader epochs is that of the batches, which name their epochs: a consumer that were told of another
 * would believe that the log was cut, and go back (KIP-320). Epochs never fall from one batch to the next, so that a few of them tell
 * whether the file is right. Used once, by one thread.
 */
final class EpochRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(EpochRecovery.class);

    private final List<Segment> segments;
    private final int lastSegmentBytes;
    private final long logStart;
    private final long logEnd;
    private final int highest;

    /** @param highest no batch has a larger epoch: the CRC does not cover it */
    EpochRecovery(List<Segment> segments, int lastSegmentBytes, long logStart, long logEnd, int highest) {
        this.segments = segments;
        this.lastSegmentBytes = lastSegmentBytes;
        this.logStart = logStart;
        this.logEnd = logEnd;
        this.highest = highest;
    }

    /** {@code found} itself if it fits the batches, or a history that does. */
    EpochHistory run(EpochHistory found) throws IOException {
        if (certain(found) || fits(found)) {
            return found;
        }
        EpochHistory made = EpochHistory.EMPTY;
        for (int i = 0; i < segments.size(); i++) {
            made = walk(i, made);
        }
        LOG.warn("event=leader_epochs_rebuilt folder={} epochs={} reason=not_those_of_the_batches", segments.getFirst().log().path().getParent(), made.starts().size());
        return made;
    }

    /** Whether there was only one epoch so far, or nothing that has any: no need to look. */
    private boolean certain(EpochHistory history) {
        boolean single = history.starts().isEmpty() || history.starts().size() == 1 && history.starts().getFirst().offset() <= logStart;
        return logStart >= logEnd || highest == 0 && single && history.latest() == 0;
    }

    private boolean fits(EpochHistory history) throws IOException {
        if (!history.ascending() || history.starts().getFirst().offset() > logStart || history.starts().getLast().offset() > logEnd) {
            return false;
        }
        boolean fits = agrees(history, logStart) && agrees(history, logEnd - 1);
        for (EpochHistory.Start start : history.starts()) {
            fits = fits && (start.offset() <= logStart || agrees(history, start.offset() - 1)) && agrees(history, Math.max(logStart, start.offset()));
        }
        return fits;
    }

    /** Whether the batch that holds {@code offset}, or the next one, has the epoch that the history says; there may be none. */
    private boolean agrees(EpochHistory history, long offset) throws IOException {
        for (int i = 0; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            boolean last = i == segments.size() - 1;
            int position = last || segments.get(i + 1).baseOffset() > offset ? segment.locate(Math.max(offset, segment.baseOffset()), bytes(i)) : -1;
            if (position >= 0) {
                BatchView batch = segment.headerAt(position, bytes(i));
                return batch.leaderEpoch() < 0 || batch.leaderEpoch() == history.at(Math.max(batch.baseOffset(), logStart));
            }
        }
        return true;
    }

    private int bytes(int segment) throws IOException {
        return segment == segments.size() - 1 ? lastSegmentBytes : segments.get(segment).sizeBytes();
    }

    /** Adds what one segment tells; all of its batches are looked at only if the next one starts with another epoch. */
    private EpochHistory walk(int number, EpochHistory before) throws IOException {
        Segment segment = segments.get(number);
        EpochHistory history = before;
        int end = bytes(number);
        int lastEpoch = lastEpochOf(number);
        int position = 0;
        while (position < end) {
            BatchView batch = segment.headerAt(position, end);
            position += batch.sizeBytes();
            if (batch.leaderEpoch() >= 0 && batch.leaderEpoch() <= highest) {
                history = history.with(batch.leaderEpoch(), history.starts().isEmpty() ? Math.min(batch.baseOffset(), logStart) : batch.baseOffset());
            }
            if (history.latest() >= lastEpoch) {
                break;
            }
        }
        return history;
    }

    private int lastEpochOf(int number) throws IOException {
        boolean last = number == segments.size() - 1 || bytes(number + 1) == 0;
        return last ? highest : Math.min(highest, segments.get(number + 1).headerAt(0, bytes(number + 1)).leaderEpoch());
    }
}
