// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Disk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bounds how many files are open: the ones least recently used are closed and reopened on demand (second chance). Files
 * that are pinned (not flushed yet) or being read stay open beyond that limit, up to a second one, from which on whoever opens one
 * waits until a flush has let go of another. Where the operating system allows fewer than that, both are lowered when it says so.
 * Safe for any thread.
 */
final class OpenFiles {
    private static final Logger LOG = LoggerFactory.getLogger(OpenFiles.class);
    /** As the C library words EMFILE, which Java hands on. */
    private static final String TOO_MANY = "Too many open files";

    /** A disk that flushes nothing for this long is in trouble that waiting does not mend. */
    private static final long PATIENCE_NANOS = 1_000_000_000;

    private final Disk disk;
    private final boolean pins;
    private final long patienceNanos;
    private final Runnable full;
    private int limit;
    private int most;
    private final LinkedHashSet<CachedFile> open = new LinkedHashSet<>();
    private volatile int waiting;

    /**
     * @param limit files that are kept open
     * @param most  files that are open at most, as long as flushes make headway
     * @param pins  whether files with bytes that are not flushed stay open
     * @param full  has flushed what nobody waits for, when somebody waits for a file to be unpinned
     */
    OpenFiles(Disk disk, int limit, int most, boolean pins, Runnable full) {
        this(disk, limit, most, pins, full, PATIENCE_NANOS);
    }

    OpenFiles(Disk disk, int limit, int most, boolean pins, Runnable full, long patienceNanos) {
        this.patienceNanos = patienceNanos;
        this.full = full;
        this.disk = disk;
        this.limit = limit;
        this.most = most;
        this.pins = pins;
    }

    boolean pins() {
        return pins;
    }

    Disk disk() {
        return disk;
    }

    /**
     * Closes some files if that is what an error asks for, and keeps fewer open from now on: sockets and directories need room as
     * well. Returns whether to try again. Called without any lock.
     */
    boolean makeRoomAfter(IOException error) {
        if (error.getMessage() == null || !error.getMessage().contains(TOO_MANY)) {
            return false;
        }
        List<CachedFile> victims = new ArrayList<>();
        synchronized (this) {
            int target = open.size() * 3 / 4;
            CachedFile victim;
            while (open.size() > target && (victim = pickVictim(null)) != null) {
                victims.add(victim);
            }
            most = Math.max(1, Math.min(most, open.size() + victims.size()));
            limit = Math.max(1, Math.min(limit, open.size()));
        }
        LOG.warn("event=too_many_open_files closed={} action=keeps_fewer_open reason=\"{}\"", victims.size(), error.getMessage());
        victims.forEach(CachedFile::evict);
        return !victims.isEmpty();
    }

    /**
     * Called before a file is opened that will be pinned, by the thread that has its partition's lock, but not the file's own. The flushes that
     * it waits for are those of other partitions.
     */
    void awaitRoom() {
        if (atMost()) {
            full.run();
        }
        List<CachedFile> victims = new ArrayList<>();
        synchronized (this) {
            long started = System.nanoTime();
            while (open.size() >= most) {
                CachedFile victim = pickVictim(null);
                if (victim != null) {
                    victims.add(victim);
                } else if (!waitUntil(started + patienceNanos)) {
                    break;
                }
            }
        }
        victims.forEach(CachedFile::evict);
    }

    private synchronized boolean atMost() {
        return open.size() >= most;
    }

    private boolean waitUntil(long nanos) {
        long left = nanos - System.nanoTime();
        if (left <= 0) {
            return false;
        }
        waiting++;
        try {
            TimeUnit.NANOSECONDS.timedWait(this, left);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            waiting--;
        }
    }

    /** A file is pinned no more. */
    void unpinned() {
        if (waiting > 0) {
            synchronized (this) {
                notifyAll();
            }
        }
    }

    /** Called without any lock but the file's own, right after it was opened. */
    void opened(CachedFile file) {
        CachedFile victim = null;
        synchronized (this) {
            open.addLast(file);
            if (open.size() > limit) {
                victim = pickVictim(file);
            }
        }
        if (victim != null) {
            victim.evict();
        }
    }

    private CachedFile pickVictim(CachedFile newest) {
        for (int tries = open.size() * 2; tries > 0; tries--) {
            CachedFile candidate = open.removeFirst();
            if (candidate != newest && candidate.evictable()) {
                return candidate;
            }
            open.addLast(candidate);
        }
        return null;
    }

    synchronized void closed(CachedFile file) {
        open.remove(file);
    }

    synchronized int count() {
        return open.size();
    }
}
