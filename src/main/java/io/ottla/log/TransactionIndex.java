// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.Fetched.AbortedTransaction;
import io.ottla.world.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The aborted transactions of one segment (`.txnindex`, KIP-98), in the order of their markers. Entries are written at
 * once: there are few. Safe for any thread.
 */
final class TransactionIndex {
    private static final int ENTRY_BYTES = 34;
    private static final short VERSION = 0;

    /**
     * One aborted transaction.
     *
     * @param lastOffset       offset of the abort marker
     * @param lastStableOffset where every earlier transaction was decided when the marker was written
     */
    record Entry(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {}

    private final CachedFile file;
    private boolean created;
    /** Entries in the file; -1 until somebody asks. */
    private int count;
    private boolean unforced;

    TransactionIndex(CachedFile file, boolean exists) {
        this.file = file;
        created = exists;
        count = exists ? -1 : 0;
    }

    private int count(DiskFile open) throws IOException {
        if (count < 0) {
            count = (int) (open.size() / ENTRY_BYTES);
        }
        return count;
    }

    CachedFile file() {
        return file;
    }

    synchronized boolean created() {
        return created;
    }

    /** True if there is no entry, and so perhaps no file that a power cut would leave: one without entries was never asked to be durable. */
    synchronized boolean empty() throws IOException {
        if (count >= 0) {
            return count == 0;
        }
        FileHandle handle = file.acquire();
        try {
            return count(handle.file()) == 0;
        } finally {
            handle.release();
        }
    }

    synchronized void append(Entry entry) throws IOException {
        if (!created) {
            file.create();
            created = true;
        }
        ByteBuffer bytes = ByteBuffer.allocate(ENTRY_BYTES).putShort(VERSION)
                .putLong(entry.producerId()).putLong(entry.firstOffset()).putLong(entry.lastOffset()).putLong(entry.lastStableOffset());
        FileHandle handle = file.acquire();
        try {
            handle.file().write(bytes.flip(), (long) count(handle.file()) * ENTRY_BYTES);
        } finally {
            handle.release();
        }
        count++;
        unforced = true;
    }

    synchronized void force() throws IOException {
        if (!unforced) {
            return;
        }
        FileHandle handle = file.acquire();
        try {
            handle.file().force();
        } finally {
            handle.release();
        }
        unforced = false;
    }

    /** Creates the file if there is none, so that it replaces one with entries. */
    synchronized void createIfMissing() throws IOException {
        if (!created) {
            file.create();
            created = true;
            unforced = true;
        }
    }

    /** All entries in order. */
    synchronized List<Entry> entries() throws IOException {
        if (!created) {
            return List.of();
        }
        List<Entry> entries = new ArrayList<>();
        FileHandle handle = file.acquire();
        try {
            for (int i = 0; i < count(handle.file()); i++) {
                entries.add(read(handle.file(), i));
            }
        } finally {
            handle.release();
        }
        return entries;
    }

    /** Writes all entries once more, so that they are flushed even if an earlier flush failed to. */
    synchronized void rewrite() throws IOException {
        if (!created) {
            return;
        }
        FileHandle handle = file.acquire();
        try {
            ByteBuffer all = ByteBuffer.allocate(count(handle.file()) * ENTRY_BYTES);
            handle.file().read(all, 0);
            handle.file().write(all.flip(), 0);
        } finally {
            handle.release();
        }
        unforced = true;
    }

    /** Drops the transactions whose marker is at or past {@code offset}. */
    synchronized void truncate(long offset) throws IOException {
        if (count == 0) {
            return;
        }
        FileHandle handle = file.acquire();
        try {
            while (count(handle.file()) > 0 && !below(read(handle.file(), count - 1), offset)) {
                count--;
            }
            handle.file().truncate((long) count * ENTRY_BYTES);
        } finally {
            handle.release();
        }
        unforced = true;
    }

    private static boolean below(Entry entry, long offset) {
        return entry.lastOffset() < offset && entry.firstOffset() >= 0 && entry.firstOffset() <= entry.lastOffset();
    }

    /**
     * Adds to {@code found} what overlaps [{@code from}, {@code to}).
     *
     * @return true if no later segment can hold more
     */
    synchronized boolean collect(long from, long to, List<AbortedTransaction> found) throws IOException {
        if (count == 0) {
            return false;
        }
        FileHandle handle = file.acquire();
        try {
            for (int i = 0; i < count(handle.file()); i++) {
                Entry entry = read(handle.file(), i);
                if (entry.lastOffset() >= from && entry.firstOffset() < to) {
                    found.add(new AbortedTransaction(entry.producerId(), entry.firstOffset()));
                }
                if (entry.lastStableOffset() >= to) {
                    return true;
                }
            }
            return false;
        } finally {
            handle.release();
        }
    }

    private Entry read(DiskFile from, int number) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(ENTRY_BYTES);
        if (from.read(bytes, (long) number * ENTRY_BYTES) != ENTRY_BYTES || bytes.getShort(0) != VERSION) {
            throw new DamagedLogException("no entry " + number + " in " + file.path());
        }
        return new Entry(bytes.getLong(2), bytes.getLong(10), bytes.getLong(18), bytes.getLong(26));
    }
}
