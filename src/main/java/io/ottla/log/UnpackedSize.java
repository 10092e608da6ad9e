// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.wire.BatchView;
import io.ottla.wire.RecordCursor;
import org.apache.kafka.common.InvalidRecordException;

/**
 * Whether a batch holds more than may be in the heap at once, where each of its records is an object. Compaction leaves such a batch as it
 * is: what it would replace stays, and so does what is replaced in it. Finds out without unpacking it into memory. For one thread.
 */
final class UnpackedSize {
    static final long MOST_BYTES = 64 << 20;
    private static final int OBJECT_BYTES = 200;

    private final RecordCursor cursor = new RecordCursor();

    boolean tooLarge(BatchView batch) {
        if (batch.compressionId() == 0) {
            return false;
        }
        long most = MOST_BYTES - (long) OBJECT_BYTES * batch.count();
        if (most < 0) {
            return true;
        }
        try (RecordCursor records = cursor.over(batch, Integer.MAX_VALUE, most)) {
            while (records.next()) {
                continue;
            }
            return false;
        } catch (RecordCursor.TooLong e) {
            return true;
        } catch (InvalidRecordException e) {
            // Whoever reads it says what is wrong with it.
            return false;
        }
    }
}
