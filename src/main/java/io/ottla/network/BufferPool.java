// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Direct buffers for frames that arrive in pieces and replies that leave in pieces, in powers of two. Owned by one event
 * loop. What it keeps is bounded; larger buffers come from the heap and are left to the collector.
 */
final class BufferPool {
    private static final int SMALLEST_SHIFT = 10;
    private static final int LARGEST_SHIFT = 21;
    private static final long KEEP_BYTES = 8L << 20;

    @SuppressWarnings({"unchecked", "rawtypes"})
    private final ArrayDeque<ByteBuffer>[] free = new ArrayDeque[LARGEST_SHIFT + 1];

    private long keptBytes;

    BufferPool() {
        for (int shift = SMALLEST_SHIFT; shift <= LARGEST_SHIFT; shift++) {
            free[shift] = new ArrayDeque<>();
        }
    }

    /** A cleared buffer with at least {@code capacity} bytes. */
    ByteBuffer take(int capacity) {
        int shift = shift(capacity);
        if (shift > LARGEST_SHIFT) {
            return ByteBuffer.allocate(capacity);
        }
        ByteBuffer buffer = free[shift].pollLast();
        if (buffer == null) {
            return ByteBuffer.allocateDirect(1 << shift);
        }
        keptBytes -= buffer.capacity();
        return buffer.clear();
    }

    void give(ByteBuffer buffer) {
        if (buffer.isDirect() && keptBytes + buffer.capacity() <= KEEP_BYTES) {
            keptBytes += buffer.capacity();
            free[shift(buffer.capacity())].addLast(buffer);
        }
    }

    private static int shift(int capacity) {
        return Math.max(SMALLEST_SHIFT, 32 - Integer.numberOfLeadingZeros(capacity - 1));
    }
}
