// SPDX-License-Identifier: Apache-2.0
package io.ottla.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.RecordsSend;

/**
 * Whole record batches kept somewhere, ready to be sent without being looked at. The range is fixed: it never changes
 * after it was read, even when its log is truncated at the front, compacted or deleted. Must be released once, after
 * the last byte was sent or when it is dropped; reading after that fails.
 */
public interface StoredRecords extends BaseRecords {
    /** No records. */
    StoredRecords EMPTY = new InMemoryRecords(ByteBuffer.allocate(0));

    /**
     * Sends bytes [{@code from}, {@link #sizeInBytes()}) or as many as the target takes now; returns how many.
     * Throws when the storage fails under way: the connection must then be closed, as part of the reply is gone.
     */
    long writeTo(WritableByteChannel target, int from) throws IOException;

    /** Copies bytes from {@code from} on until {@code target} is full or the records end. */
    void copyTo(ByteBuffer target, int from) throws IOException;

    /** Bytes [{@code from}, {@code from + sizeBytes}) alone, to be released in place of these, which must no longer be used. */
    StoredRecords part(int from, int sizeBytes);

    /** Gives back what keeps the bytes readable. Harmless when repeated. */
    void release();

    @Override
    default RecordsSend<? extends BaseRecords> toSend() {
        throw new UnsupportedOperationException("records are sent by writeTo");
    }
}
