// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Disk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bounds how many files are open: the ones least recently used are closed and reopened on demand (second chance). Files
 * that are pinned (not flushed yet) or being read stay open beyond the bound. Where the operating system allows fewer than
 * that, the bound is lowered when it says so. Safe for any thread.
 */
final class OpenFiles {
    private static final Logger LOG = LoggerFactory.getLogger(OpenFiles.class);
    /** As the C library words EMFILE, which Java hands on. */
    private static final String TOO_MANY = "Too many open files";

    private final Disk disk;
    private int limit;
    private final LinkedHashSet<CachedFile> open = new LinkedHashSet<>();

    OpenFiles(Disk disk, int limit) {
        this.disk = disk;
        this.limit = limit;
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
            limit = Math.max(1, Math.min(limit, open.size()));
        }
        LOG.warn("event=too_many_open_files closed={} action=keeps_fewer_open reason=\"{}\"", victims.size(), error.getMessage());
        victims.forEach(CachedFile::evict);
        return !victims.isEmpty();
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
