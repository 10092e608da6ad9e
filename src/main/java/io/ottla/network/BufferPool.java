// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;

/**
 * Buffers for frames that arrive in pieces and replies that leave in pieces, in powers of two. Owned by one event loop. What it
 * keeps is bounded, and so is what it takes outside the heap: the JVM answers a lack of that memory with collections and pauses, on
 * the loop's thread. Larger buffers, and those past that bound, come from the heap and are left to the collector.
 */
final class BufferPool {
    private static final int SMALLEST_SHIFT = 10;
    private static final int LARGEST_SHIFT = 21;
    private static final long KEEP_BYTES = 8L << 20;

    private final BufferBudget budget;
    private final long maxDirectBytes;
    private final BooleanSupplier makeRoom;

    @SuppressWarnings({"unchecked", "rawtypes"})
    private final ArrayDeque<ByteBuffer>[] free = new ArrayDeque[LARGEST_SHIFT + 1];

    private long keptBytes;
    /** Of what is taken and what is kept. */
    private long directBytes;

    /** @param makeRoom has some buffers given back, if it can, and says whether it could */
    BufferPool(BufferBudget budget, long maxDirectBytes, BooleanSupplier makeRoom) {
        this.budget = budget;
        this.maxDirectBytes = maxDirectBytes;
        this.makeRoom = makeRoom;
        for (int shift = SMALLEST_SHIFT; shift <= LARGEST_SHIFT; shift++) {
            free[shift] = new ArrayDeque<>();
        }
    }

    /**
     * A cleared buffer with at least {@code capacity} bytes, to be given back.
     *
     * @throws BufferBudget.BudgetExceeded if the connections hold too much already
     */
    ByteBuffer take(int capacity) {
        int shift = shift(capacity);
        int bytes = shift > LARGEST_SHIFT ? capacity : 1 << shift;
        if (!budget.reserve(bytes) && !(makeRoom.getAsBoolean() && budget.reserve(bytes))) {
            throw budget.exceeded(bytes);
        }
        try {
            return shift > LARGEST_SHIFT ? ByteBuffer.allocate(bytes) : take(shift, bytes);
        } catch (OutOfMemoryError e) {
            budget.release(bytes);
            throw e;
        }
    }

    private ByteBuffer take(int shift, int bytes) {
        ByteBuffer buffer = free[shift].pollLast();
        if (buffer != null) {
            keptBytes -= bytes;
            return buffer.clear();
        }
        if (directBytes + bytes > maxDirectBytes) {
            return ByteBuffer.allocate(bytes);
        }
        buffer = ByteBuffer.allocateDirect(bytes);
        directBytes += bytes;
        return buffer;
    }

    /** Takes back a buffer of {@link #take}. */
    void give(ByteBuffer buffer) {
        int bytes = buffer.capacity();
        budget.release(bytes);
        if (!buffer.isDirect()) {
            return;
        }
        if (keptBytes + bytes <= KEEP_BYTES) {
            keptBytes += bytes;
            free[shift(bytes)].addLast(buffer);
        } else {
            directBytes -= bytes;
        }
    }

    private static int shift(int capacity) {
        return Math.max(SMALLEST_SHIFT, 32 - Integer.numberOfLeadingZeros(capacity - 1));
    }
}
