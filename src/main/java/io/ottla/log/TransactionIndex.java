// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.Fetched.AbortedTransaction;
import io.ottla.world.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

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
    private final long baseOffset;
    private boolean created;
    /** Entries in the file; -1 until somebody asks. */
    private int count;
    private boolean unforced;
    /** Over the segment's base offset and all entries; null if there are none, or they have not been looked at. */
    private CRC32C check;

    TransactionIndex(CachedFile file, long baseOffset, boolean exists) {
        this.file = file;
        this.baseOffset = baseOffset;
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

    /** A number that is another if any entry is: 0 if there is none. What an earlier process wrote must have been looked at before. */
    synchronized int check() {
        if (check == null && count != 0) {
            throw new IllegalStateException(file.path() + " was not looked at");
        }
        return check == null ? 0 : scramble((int) check.getValue());
    }

    /** CRCs are linear: without this, two segments that have got each other's entries would add up to the same. */
    private static int scramble(int crc) {
        int mixed = (crc ^ crc >>> 16) * 0x85EBCA6B;
        mixed = (mixed ^ mixed >>> 13) * 0xC2B2AE35;
        return mixed ^ mixed >>> 16;
    }

    /** Looks at what an earlier process wrote; the same as {@link #check} from then on. */
    synchronized int look() throws IOException {
        check = null;
        if (created) {
            FileHandle handle = file.acquire();
            try {
                for (int i = 0; i < count(handle.file()); i++) {
                    addToCheck(bytes(handle.file(), i));
                }
            } finally {
                handle.release();
            }
        }
        return check();
    }

    private void addToCheck(ByteBuffer entry) {
        if (check == null) {
            check = new CRC32C();
            check.update(ByteBuffer.allocate(Long.BYTES).putLong(baseOffset).flip());
        }
        check.update(entry);
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
        addToCheck(bytes.rewind());
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
            while (count(handle.file()) > 0 && !below(bytes(handle.file(), count - 1), offset)) {
                count--;
            }
            handle.file().truncate((long) count * ENTRY_BYTES);
        } finally {
            handle.release();
        }
        look();
        unforced = true;
    }

    private static boolean below(ByteBuffer bytes, long offset) {
        Entry entry = entry(bytes);
        return bytes.getShort(0) == VERSION && entry.lastOffset() < offset && entry.firstOffset() >= 0 && entry.firstOffset() <= entry.lastOffset();
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
        ByteBuffer bytes = bytes(from, number);
        if (bytes.getShort(0) != VERSION) {
            throw new DamagedLogException("no entry " + number + " in " + file.path());
        }
        return entry(bytes);
    }

    private ByteBuffer bytes(DiskFile from, int number) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(ENTRY_BYTES);
        if (from.read(bytes, (long) number * ENTRY_BYTES) != ENTRY_BYTES) {
            throw new DamagedLogException(file.path() + " ends before entry " + number);
        }
        return bytes.flip();
    }

    private static Entry entry(ByteBuffer bytes) {
        return new Entry(bytes.getLong(2), bytes.getLong(10), bytes.getLong(18), bytes.getLong(26));
    }
}
