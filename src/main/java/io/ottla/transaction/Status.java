// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import java.util.HashMap;
import java.util.Map;

/**
 * Where a transactional id stands, with Kafka's numbers and names.
 *
 * <pre>
 *   EMPTY --add--> ONGOING --end--> PREPARE_COMMIT --markers written--> COMPLETE_COMMIT --add--> ONGOING
 *     ^               +--end, late, new start--> PREPARE_ABORT --markers written--> COMPLETE_ABORT --add--> ONGOING
 *     +------------------------------ new start ------------------------------ COMPLETE_...
 * </pre>
 *
 * The last two are never reached here: a new start prepares the abort in one step, and an unused id is simply removed.
 */
enum Status {
    EMPTY(0, "Empty"),
    ONGOING(1, "Ongoing"),
    PREPARE_COMMIT(2, "PrepareCommit"),
    PREPARE_ABORT(3, "PrepareAbort"),
    COMPLETE_COMMIT(4, "CompleteCommit"),
    COMPLETE_ABORT(5, "CompleteAbort"),
    DEAD(6, "Dead"),
    PREPARE_EPOCH_FENCE(7, "PrepareEpochFence");

    private static final Map<String, Status> BY_LABEL = new HashMap<>();

    static {
        for (Status status : values()) {
            BY_LABEL.put(status.label, status);
        }
    }

    private final byte code;
    private final String label;

    Status(int code, String label) {
        this.code = (byte) code;
        this.label = label;
    }

    /** As in {@code __transaction_state}. */
    byte code() {
        return code;
    }

    /** As operators see it. */
    String label() {
        return label;
    }

    /** The status with this code; fails for one that does not exist. */
    static Status of(byte code) {
        if (code < 0 || code >= values().length) {
            throw new IllegalArgumentException("transaction status " + code + " does not exist");
        }
        return values()[code];
    }

    /** The status with this label, or null. */
    static Status labelled(String label) {
        return BY_LABEL.get(label);
    }

    /** True while the end is decided and markers are still to be written. */
    boolean prepared() {
        return this == PREPARE_COMMIT || this == PREPARE_ABORT;
    }

    boolean complete() {
        return this == COMPLETE_COMMIT || this == COMPLETE_ABORT;
    }
}
