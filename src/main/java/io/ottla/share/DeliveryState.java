// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

/**
 * Where a record is on its way through a share group (KIP-932).
 *
 * <pre>
 *   AVAILABLE --fetched--> ACQUIRED --accepted--> ACKNOWLEDGED
 *       ^                     |  |
 *       +--released, lock over+  +--rejected, out of deliveries--> ARCHIVED
 *                                                |                    ^
 *                                                +--> ARCHIVING ------+ once its dead letter is written (KIP-1191)
 * </pre>
 */
enum DeliveryState {
    AVAILABLE(0),
    ACQUIRED(1),
    ACKNOWLEDGED(2),
    ARCHIVING(3),
    ARCHIVED(4);

    /** As Kafka stores it. */
    final byte code;

    DeliveryState(int code) {
        this.code = (byte) code;
    }

    /** Nothing more will happen to the record. */
    boolean isFinal() {
        return this == ACKNOWLEDGED || this == ARCHIVED;
    }

    /** @throws IllegalArgumentException for a code that is not stored */
    static DeliveryState of(byte code) {
        for (DeliveryState state : values()) {
            if (state.code == code) {
                return state;
            }
        }
        throw new IllegalArgumentException("delivery state " + code);
    }
}
