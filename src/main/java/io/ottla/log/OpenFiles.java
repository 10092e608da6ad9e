// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Disk;
import java.util.ArrayDeque;

/**
 * Bounds how many files are open: the ones least recently used are closed and reopened on demand (second chance). Files
 * that are pinned (not flushed yet) or being read stay open beyond the bound. Safe for any thread.
 */
final class OpenFiles {
    private final Disk disk;
    private final int limit;
    private final ArrayDeque<CachedFile> open = new ArrayDeque<>();

    OpenFiles(Disk disk, int limit) {
        this.disk = disk;
        this.limit = limit;
    }

    Disk disk() {
        return disk;
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
            CachedFile candidate = open.pollFirst();
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
