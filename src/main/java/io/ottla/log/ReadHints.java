// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.util.concurrent.atomic.AtomicReferenceArray;

/** Where sequential readers will read next, so that they need no index. A handful per partition; losing one costs a look-up. Safe for any thread. */
final class ReadHints {
    private static final int SLOTS = 8;

    private final AtomicReferenceArray<LogPosition> slots = new AtomicReferenceArray<>(SLOTS);

    void put(LogPosition position) {
        if (position.segment() != null) {
            int slot = slot(position.offset());
            LogPosition known = slots.get(slot);
            if (known == null || known.offset() != position.offset() || known.segment() != position.segment()) {
                slots.set(slot, position);
            }
        }
    }

    /** Where the batch that starts with {@code offset} is, or null if that is not remembered. */
    LogPosition find(long offset) {
        LogPosition hint = slots.get(slot(offset));
        return hint != null && hint.offset() == offset && !hint.segment().retired() ? hint : null;
    }

    private static int slot(long offset) {
        return (int) (offset * 0x9E3779B97F4A7C15L >>> 61);
    }
}
