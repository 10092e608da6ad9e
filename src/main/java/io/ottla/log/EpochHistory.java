// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.OffsetQuery.Answer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Where each leader epoch starts (KIP-101), as in Kafka's `leader-epoch-checkpoint`. Immutable. */
record EpochHistory(List<Start> starts) {
    /** The first offset of an epoch. */
    record Start(int epoch, long offset) {
        // As the JVM would make them, but for what that takes in every process (decision 2).
        @Override
        public boolean equals(Object other) {
            return other instanceof Start start && epoch == start.epoch && offset == start.offset;
        }

        @Override
        public int hashCode() {
            return 31 * epoch + Long.hashCode(offset);
        }
    }

    static final EpochHistory EMPTY = new EpochHistory(List.of());

    @Override
    public boolean equals(Object other) {
        return other instanceof EpochHistory history && starts.equals(history.starts);
    }

    @Override
    public int hashCode() {
        return starts.hashCode();
    }

    int latest() {
        return starts.isEmpty() ? 0 : starts.getLast().epoch();
    }

    /** The epoch of a batch at {@code offset}; -1 before the first. */
    int at(long offset) {
        int epoch = -1;
        for (Start start : starts) {
            epoch = start.offset() <= offset ? start.epoch() : epoch;
        }
        return epoch;
    }

    /** Whether there is a first epoch at least, and each starts later than the one before it. */
    boolean ascending() {
        Start before = new Start(-1, -1);
        for (Start start : starts) {
            if (start.epoch() <= before.epoch() || start.offset() <= before.offset()) {
                return false;
            }
            before = start;
        }
        return !starts.isEmpty();
    }

    /** The history with {@code epoch} starting at {@code offset}; itself if the epoch is known. */
    EpochHistory with(int epoch, long offset) {
        if (!starts.isEmpty() && starts.getLast().epoch() >= epoch) {
            return this;
        }
        List<Start> more = new ArrayList<>(starts);
        more.removeIf(start -> start.offset() >= offset);
        more.add(new Start(epoch, offset));
        return new EpochHistory(List.copyOf(more));
    }

    /** The history of what is left from {@code logStart} on. */
    EpochHistory from(long logStart) {
        int first = 0;
        while (first + 1 < starts.size() && starts.get(first + 1).offset() <= logStart) {
            first++;
        }
        return first == 0 ? this : new EpochHistory(List.copyOf(starts.subList(first, starts.size())));
    }

    /** The largest epoch at or before {@code epoch}, and where it ends. */
    Answer endOf(int epoch, long logEnd) {
        if (starts.isEmpty()) {
            return epoch == 0 ? new Answer(logEnd, -1, 0) : Answer.NONE;
        }
        if (epoch == latest()) {
            return new Answer(logEnd, -1, epoch);
        }
        Start floor = null;
        for (Start start : starts) {
            if (start.epoch() > epoch) {
                return new Answer(start.offset(), -1, floor == null ? epoch : floor.epoch());
            }
            floor = start;
        }
        return Answer.NONE;
    }

    ByteBuffer encode() {
        StringBuilder text = new StringBuilder("0\n").append(starts.size()).append('\n');
        for (Start start : starts) {
            text.append(start.epoch()).append(' ').append(start.offset()).append('\n');
        }
        return ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** What {@link #encode} wrote, or null if the text is nothing of the kind. */
    static EpochHistory decode(String text) {
        List<String> lines = text.lines().toList();
        List<Start> starts = new ArrayList<>();
        try {
            if (lines.size() < 2 || !lines.getFirst().equals("0") || lines.size() != 2 + Integer.parseInt(lines.get(1))) {
                return null;
            }
            for (String line : lines.subList(2, lines.size())) {
                int space = line.indexOf(' ');
                starts.add(new Start(Integer.parseInt(line.substring(0, space)), Long.parseLong(line.substring(space + 1))));
            }
        } catch (NumberFormatException | StringIndexOutOfBoundsException notOurs) {
            return null;
        }
        return new EpochHistory(List.copyOf(starts));
    }
}
