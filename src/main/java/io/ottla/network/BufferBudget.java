// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much memory unfinished frames and unsent replies of all connections may hold together. Without a bound a few clients with
 * large frames would take the memory that everybody else's requests need. Small buffers may use all of it, large ones three
 * quarters, so that large frames do not keep small ones out. Safe for any thread.
 */
final class BufferBudget {
    static final int SMALL_BYTES = 64 * 1024;

    private final long limitBytes;
    private final AtomicLong usedBytes = new AtomicLong();

    BufferBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** False if others hold too much. */
    boolean reserve(int bytes) {
        if (usedBytes.addAndGet(bytes) > limit(bytes)) {
            usedBytes.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    BudgetExceeded exceeded(int bytes) {
        return new BudgetExceeded("no memory for " + bytes + " bytes: clients' unfinished frames and unread replies hold what they may, "
                + limit(bytes) + " bytes");
    }

    private long limit(int bytes) {
        return bytes <= SMALL_BYTES ? limitBytes : limitBytes / 4 * 3;
    }

    void release(int bytes) {
        usedBytes.addAndGet(-bytes);
    }

    long usedBytes() {
        return usedBytes.get();
    }

    /** The connection that asked has to go. */
    static final class BudgetExceeded extends RuntimeException {
        private static final long serialVersionUID = 1;

        private BudgetExceeded(String message) {
            super(message, null, false, false);
        }
    }
}
