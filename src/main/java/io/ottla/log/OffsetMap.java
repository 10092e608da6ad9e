// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The latest offset of each key, by 128 bits of the key's digest: a sender who could make two keys meet would lose another's
 * records. Bounded; used by one thread.
 */
final class OffsetMap {
    private static final int FIRST_SLOTS = 1024;

    private final int maxKeys;
    private final MessageDigest digest = md5();
    private final byte[] hash = new byte[16];
    private long[] high = new long[FIRST_SLOTS];
    private long[] low = new long[FIRST_SLOTS];
    /** Offset plus 1; 0 for an empty slot. */
    private long[] offsets = new long[FIRST_SLOTS];
    private int keys;

    OffsetMap(int maxKeys) {
        this.maxKeys = maxKeys;
    }

    private static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }

    boolean hasRoomFor(int more) {
        return keys + (long) more <= maxKeys;
    }

    boolean isEmpty() {
        return keys == 0;
    }

    /** Notes that {@code key} was last seen at {@code offset}. */
    void put(ByteBuffer key, long offset) {
        if (keys * 4L >= offsets.length * 3L) {
            grow();
        }
        int slot = slot(key);
        keys += offsets[slot] == 0 ? 1 : 0;
        high[slot] = first();
        low[slot] = second();
        offsets[slot] = offset + 1;
    }

    /** The latest offset of {@code key}, or -1. */
    long get(ByteBuffer key) {
        return offsets[slot(key)] - 1;
    }

    private int slot(ByteBuffer key) {
        digest.update(key.duplicate());
        byte[] bytes = digest.digest();
        System.arraycopy(bytes, 0, hash, 0, hash.length);
        return slot(first(), second());
    }

    private int slot(long first, long second) {
        int mask = offsets.length - 1;
        int slot = (int) first & mask;
        while (offsets[slot] != 0 && (high[slot] != first || low[slot] != second)) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private long first() {
        return ByteBuffer.wrap(hash).getLong(0);
    }

    private long second() {
        return ByteBuffer.wrap(hash).getLong(8);
    }

    private void grow() {
        long[] oldHigh = high;
        long[] oldLow = low;
        long[] oldOffsets = offsets;
        high = new long[oldOffsets.length * 2];
        low = new long[oldOffsets.length * 2];
        offsets = new long[oldOffsets.length * 2];
        for (int i = 0; i < oldOffsets.length; i++) {
            if (oldOffsets[i] != 0) {
                int slot = slot(oldHigh[i], oldLow[i]);
                high[slot] = oldHigh[i];
                low[slot] = oldLow[i];
                offsets[slot] = oldOffsets[i];
            }
        }
    }
}
