// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Clock;
import io.ottla.world.Disk;
import io.ottla.world.FileSystemSync;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Flushes partitions for all who wait. There are two rounds at a time; what is asked for meanwhile is for the next, which flushes a single
 * partition's file, or the whole file system if there are several partitions. Where that can't be done, or others keep the file system so busy
 * that files are flushed faster one by one, each round is for one partition, and several go on side by side. Safe for any thread.
 */
final class GroupCommit {
    private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);
    private static final int MOST_TOGETHER = 1024;

    /** While one waits for the device, another gathers what has come since: with more of them each has less to share, with one the processors wait. */
    private static final int OVERLAPPING = 2;

    /** Replies to more partitions than this are sent while the next round is under way. */
    private static final int FEW = 4;

    /** Of more partitions one sync of the file system is made durable at less cost than what is written ahead and flushed later. */
    private static final int MOST_AHEAD = 64;

    /** A round that takes longer does not hold up those that came since. */
    private static final long LATE_NANOS = 20_000_000;

    private final Workers workers;
    private final Clock clock;
    private final Disk disk;
    private final Path directory;
    private final int mostRounds;
    private final boolean mayTogether;
    private final WriteAheadLog writeAhead;
    private final Runnable round = this::round;

    private final ReentrantLock lock = new ReentrantLock();
    // All below is guarded by the lock.
    private final Condition complete = lock.newCondition();
    private final ArrayDeque<Flusher> waiting = new ArrayDeque<>();
    private final GatheringWait gathering;
    private final SyncPace pace = new SyncPace();
    /** Null unless it was found to be there. */
    private FileSystemSync sync;
    private boolean looked;
    private int rounds;
    private boolean gatheringNow;
    private long startedNanos;

    GroupCommit(Workers workers, Clock clock, Disk disk, LogSettings settings, WriteAheadLog writeAhead) {
        this.writeAhead = writeAhead;
        this.workers = workers;
        this.clock = clock;
        this.disk = disk;
        directory = settings.directory();
        mostRounds = settings.flushThreads();
        mayTogether = settings.flushTogether();
        gathering = new GatheringWait(clock);
    }

    /** Has a partition flushed soon. Called without its lock. */
    void submit(Flusher flusher) {
        boolean start;
        boolean look;
        lock.lock();
        try {
            waiting.addLast(flusher);
            look = mayTogether && rounds > 0 && !looked;
            looked |= look;
            start = rounds < allowed();
            if (start) {
                rounds++;
            }
        } finally {
            lock.unlock();
        }
        if (start) {
            workers.submit(round);
        }
        if (look) {
            workers.submit(this::look);
        }
    }

    /** Finding out takes a moment, in which flushes go on, and nobody pays for it who has only one partition. */
    private void look() {
        FileSystemSync found = disk.fileSystemSync(directory);
        lock.lock();
        try {
            sync = found;
        } finally {
            lock.unlock();
        }
    }

    private boolean together() {
        return sync != null && pace.keepsUp(clock.monotonicNanos());
    }

    /** Whether rounds are for all who wait. */
    private boolean inRounds() {
        return together() || writeAhead.usable();
    }

    private int allowed() {
        boolean late = rounds > 0 && clock.monotonicNanos() - startedNanos > LATE_NANOS;
        return inRounds() && !late ? Math.min(OVERLAPPING, mostRounds) : mostRounds;
    }

    /** Counts an append that a flush was asked for. */
    void appended() {
        lock.lock();
        try {
            gathering.appended();
            if (gatheringNow && gathering.complete()) {
                complete.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private void round() {
        List<Flusher> group = take();
        boolean ahead = group.size() <= MOST_AHEAD || syncNow() == null;
        group.removeIf(flusher -> !flusher.begin(ahead));
        starts();
        List<Flusher> commits = group.stream().filter(Flusher::commits).toList();
        if (commits.isEmpty()) {
            flush(group);
        } else {
            group.removeAll(commits);
            commit(commits, group);
        }
    }

    private void flush(List<Flusher> group) {
        switch (group.size()) {
            case 0 -> goOn(true);
            case 1 -> flushOne(group.getFirst());
            default -> flushTogether(group);
        }
    }

    /** Writes some ahead; then it flushes the others, and those for which that did not work. */
    private void commit(List<Flusher> commits, List<Flusher> others) {
        List<Flusher> durable = new ArrayList<>();
        int from = 0;
        while (from < commits.size()) {
            int to = from + 1;
            int bytes = WriteAheadRecord.HEADER_BYTES + commits.get(from).entryBytes();
            while (to < commits.size() && bytes + commits.get(to).entryBytes() <= writeAhead.mostRecordBytes()) {
                bytes += commits.get(to).entryBytes();
                to++;
            }
            List<Flusher> part = commits.subList(from, to);
            if (writeAhead.write(part)) {
                durable.addAll(part);
            } else {
                part.forEach(flusher -> (flusher.flushInstead() ? others : durable).add(flusher));
            }
            from = to;
        }
        if (!others.isEmpty()) {
            durable.forEach(GroupCommit::finish);
            flush(others);
            return;
        }
        ends();
        boolean few = durable.size() <= FEW;
        if (!few) {
            goOn(false);
        }
        durable.forEach(GroupCommit::finish);
        if (few) {
            goOn(true);
        }
    }

    private List<Flusher> take() {
        lock.lock();
        try {
            gather();
            List<Flusher> group = new ArrayList<>();
            int most = inRounds() ? MOST_TOGETHER : 1;
            while (group.size() < most && !waiting.isEmpty()) {
                group.add(waiting.pollFirst());
            }
            return group;
        } finally {
            lock.unlock();
        }
    }

    /** Gives those a moment who were answered by the last flush and are about to append again. */
    private void gather() {
        long left = rounds == 1 && workers.spare() ? gathering.patienceNanos() : 0;
        if (left == 0) {
            return;
        }
        gatheringNow = true;
        try {
            while (left > 0 && !gathering.complete()) {
                left = complete.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            gatheringNow = false;
        }
        gathering.waited();
    }

    private void starts() {
        lock.lock();
        try {
            startedNanos = clock.monotonicNanos();
            gathering.flushStarts();
        } finally {
            lock.unlock();
        }
        writeAhead.counted();
    }

    private void flushOne(Flusher flusher) {
        long started = clock.monotonicNanos();
        flusher.force(false);
        ends(1, started);
        finish(flusher);
        goOn(true);
    }

    private void flushTogether(List<Flusher> group) {
        FileSystemSync all = syncNow();
        if (all == null) {
            flushSideBySide(group);
            return;
        }
        long started = clock.monotonicNanos();
        boolean synced = synced(all);
        ends(group.size(), started);
        boolean few = group.size() <= FEW;
        if (!few) {
            goOn(false);
        }
        for (Flusher flusher : group) {
            flusher.force(synced);
            finish(flusher);
        }
        if (few) {
            goOn(true);
        }
    }

    private FileSystemSync syncNow() {
        lock.lock();
        try {
            return together() ? sync : null;
        } finally {
            lock.unlock();
        }
    }

    private void flushSideBySide(List<Flusher> group) {
        for (Flusher other : group.subList(1, group.size())) {
            workers.submit(() -> {
                other.force(false);
                finish(other);
            });
        }
        flushOne(group.getFirst());
    }

    private static void finish(Flusher flusher) {
        try {
            flusher.finish();
        } catch (RuntimeException | Error e) {
            LOG.error("event=flush_not_finished action=others_go_on", e);
        }
    }

    private static boolean synced(FileSystemSync all) {
        try {
            all.sync();
            return true;
        } catch (IOException | RuntimeException | Error e) {
            LOG.warn("event=file_system_sync_failed action=files_are_flushed_one_by_one reason=\"{}\"", e.toString());
            return false;
        }
    }

    private void ends() {
        lock.lock();
        try {
            gathering.flushEnds();
        } finally {
            lock.unlock();
        }
    }

    private void ends(int partitions, long started) {
        lock.lock();
        try {
            long now = clock.monotonicNanos();
            gathering.flushEnds();
            if (partitions == 1) {
                pace.tookAlone(now - started);
            } else {
                pace.tookTogether(now - started, partitions, now);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sees to what was asked for meanwhile.
     *
     * @param here whether this thread is about to be free for it
     */
    private void goOn(boolean here) {
        int more;
        lock.lock();
        try {
            if (waiting.isEmpty()) {
                rounds--;
                return;
            }
            more = inRounds() ? 0 : Math.min(waiting.size() - 1, mostRounds - rounds);
            rounds += Math.max(0, more);
        } finally {
            lock.unlock();
        }
        for (int i = 0; i < more; i++) {
            workers.submit(round);
        }
        if (here) {
            workers.submitNext(round);
        } else {
            workers.submit(round);
        }
    }

    /** Gives up what {@link #look} has found. Called when nobody flushes any more. */
    void close() {
        if (sync != null) {
            sync.close();
        }
    }
}
