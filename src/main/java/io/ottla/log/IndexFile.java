// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sorted entries of a fixed size in a file that only grows. The newest entries wait in memory until a block of them is
 * worth a write. What is lost of them in a crash only makes look-ups walk further: an index is sparse anyway.
 * Safe for any thread.
 */
final class IndexFile {
    private static final Logger LOG = LoggerFactory.getLogger(IndexFile.class);
    private static final int BLOCK_ENTRIES = 64;
    /** How many entries are read at once in the hope of finding one there. */
    private static final int NEAR_ENTRIES = 512;
    private static final Found NOTHING = new Found(-1, null);

    /** Gets a sort key of the entry at a position of a buffer. */
    interface Key {
        long of(ByteBuffer buffer, int position);
    }

    private record Found(int number, ByteBuffer entry) {}

    private final CachedFile file;
    private final int entryBytes;
    private boolean created;
    /** Entries in the file; -1 until somebody asks. */
    private int written;
    private int pendingCount;
    private byte[] pending;
    private boolean unforced;
    private boolean closed;
    private int forced;
    private int trusted = Integer.MAX_VALUE;
    /** Number of the entry that was found last in the file. */
    private int recent;

    IndexFile(CachedFile file, int entryBytes, boolean exists) {
        this.file = file;
        this.entryBytes = entryBytes;
        created = exists;
        written = exists ? -1 : 0;
    }

    /** Drops entries from number {@code count} on when the file is first used: they may not have reached the disk whole. */
    synchronized void trustOnly(int count) {
        trusted = count;
        forced = count;
    }

    /** How many entries are known to be durable. */
    synchronized int forced() {
        return forced;
    }

    synchronized int count() throws IOException {
        return written() + pendingCount;
    }

    private int written() throws IOException {
        if (written < 0) {
            FileHandle handle = file.acquire();
            try {
                long size = handle.file().size();
                written = (int) Math.min(trusted, size / entryBytes);
                if (size > (long) written * entryBytes) {
                    handle.file().truncate((long) written * entryBytes);
                    unforced = true;
                }
            } finally {
                handle.release();
            }
        }
        return written;
    }

    int sizeBytes() throws IOException {
        return count() * entryBytes;
    }

    /** Appends the entry in {@code entry}. If the disk refuses it, the index is just sparser. */
    synchronized void append(ByteBuffer entry) {
        if (closed) {
            return;
        }
        int at = pendingCount * entryBytes;
        if (pending == null || pending.length == at) {
            pending = pending == null ? new byte[entryBytes * 4] : Arrays.copyOf(pending, at * 2);
        }
        entry.get(pending, at, entryBytes);
        pendingCount++;
        if (pendingCount == BLOCK_ENTRIES) {
            try {
                writePending();
            } catch (IOException e) {
                LOG.warn("event=index_write_failed file={} action=dropped_entries count={} reason=\"{}\"", file.path(), pendingCount, e.getMessage());
                pendingCount = 0;
            }
        }
    }

    /** Writes what waits in memory. */
    synchronized void writePending() throws IOException {
        if (pendingCount == 0 || closed) {
            return;
        }
        if (!created) {
            file.create();
            created = true;
        }
        FileHandle handle = file.acquire();
        try {
            handle.file().write(ByteBuffer.wrap(pending, 0, pendingCount * entryBytes), (long) written() * entryBytes);
        } finally {
            handle.release();
        }
        written += pendingCount;
        pendingCount = 0;
        pending = null;
        unforced = true;
    }

    /** Creates the file if there is none, so that it replaces one with entries. */
    synchronized void createIfMissing() throws IOException {
        if (!created) {
            file.create();
            created = true;
            unforced = true;
        }
    }

    /** Makes all entries durable. */
    synchronized void force() throws IOException {
        writePending();
        if (!unforced || closed) {
            forced = Math.max(forced, Math.max(0, written));
            return;
        }
        FileHandle handle = file.acquire();
        try {
            handle.file().force();
        } finally {
            handle.release();
        }
        unforced = false;
        forced = written;
    }

    /** Drops all entries from number {@code count} on. */
    synchronized void truncate(int count) throws IOException {
        if (count >= written()) {
            pendingCount = Math.min(pendingCount, count - written);
            return;
        }
        pendingCount = 0;
        written = count;
        forced = Math.min(forced, count);
        FileHandle handle = file.acquire();
        try {
            handle.file().truncate((long) count * entryBytes);
        } finally {
            handle.release();
        }
        unforced = true;
    }

    /** Number of the last entry whose key is at most {@code target}, or -1. */
    synchronized int floor(Key key, long target) throws IOException {
        return find(key, target).number();
    }

    /** The last entry whose key is at most {@code target}, in a buffer that is valid until this thread reads another; null if there is none. */
    synchronized ByteBuffer floorEntry(Key key, long target) throws IOException {
        Found found = find(key, target);
        return found.number() < 0 ? null : found.entry();
    }

    private Found find(Key key, long target) throws IOException {
        if (pendingCount > 0 && key.of(ByteBuffer.wrap(pending), 0) <= target) {
            return floorIn(ByteBuffer.wrap(pending), written(), pendingCount, key, target);
        }
        if (written() == 0) {
            return NOTHING;
        }
        FileHandle handle = file.acquire();
        try {
            Found found = findNear(handle.file(), Math.min(recent, written - 1), key, target);
            if (found == null) {
                found = findAnywhere(handle.file(), key, target);
            }
            recent = Math.max(0, found.number());
            return found;
        } finally {
            handle.release();
        }
    }

    /** Readers go forward: what follows the last answer has most of the next ones. Null if it has not. */
    private Found findNear(DiskFile from, int first, Key key, long target) throws IOException {
        int count = Math.min(NEAR_ENTRIES, written - first);
        ByteBuffer near = readEntries(from, first, count);
        boolean reaches = first + count == written || key.of(near, (count - 1) * entryBytes) > target;
        return reaches && key.of(near, 0) <= target ? floorIn(near, first, count, key, target) : null;
    }

    private Found findAnywhere(DiskFile from, Key key, long target) throws IOException {
        int low = 0;
        int high = (written - 1) / BLOCK_ENTRIES;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (key.of(readEntries(from, middle * BLOCK_ENTRIES, 1), 0) <= target) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        int first = low * BLOCK_ENTRIES;
        int count = Math.min(BLOCK_ENTRIES, written - first);
        return floorIn(readEntries(from, first, count), first, count, key, target);
    }

    private ByteBuffer readEntries(DiskFile from, int first, int count) throws IOException {
        ByteBuffer buffer = Scratch.take(count * entryBytes);
        if (from.read(buffer, (long) first * entryBytes) != buffer.limit()) {
            throw new IOException(file.path() + " ends before entry " + (first + count - 1));
        }
        return buffer.flip();
    }

    private Found floorIn(ByteBuffer entries, int first, int count, Key key, long target) {
        int low = -1;
        int high = count - 1;
        while (low < high) {
            int middle = (low + high + 1) >> 1;
            if (key.of(entries, middle * entryBytes) <= target) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low < 0 ? NOTHING : new Found(first + low, entries.slice(low * entryBytes, entryBytes));
    }

    /** Entry number {@code number} in a buffer that is valid until this thread reads another. */
    synchronized ByteBuffer entry(int number) throws IOException {
        if (number >= written()) {
            return ByteBuffer.wrap(pending, (number - written) * entryBytes, entryBytes).slice();
        }
        FileHandle handle = file.acquire();
        try {
            return readEntries(handle.file(), number, 1);
        } finally {
            handle.release();
        }
    }

    /** Closes the file for writing: whoever still holds the index must not touch what a successor writes. */
    synchronized void close() {
        closed = true;
        file.close();
    }

    CachedFile file() {
        return file;
    }

    synchronized boolean created() {
        return created;
    }
}
