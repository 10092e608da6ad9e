// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.ApiException;

/**
 * One ordered log of record batches, wherever it is stored. Safe for any thread; appends are ordered among themselves.
 * Every method but {@link #id()} throws the {@link ApiException} that the client should see when the partition cannot
 * serve: KAFKA_STORAGE_ERROR while it is offline, UNKNOWN_TOPIC_OR_PARTITION once it is deleted.
 */
public interface Partition {
    PartitionId id();

    /** The current offsets. Cheap enough for every request. */
    PartitionOffsets offsets();

    /**
     * Appends the record batches in {@code batches} (v2, as on the wire), all or none. Checks them first, as distrustfully
     * as {@code origin} demands, then stamps base offset and leader epoch in place: the buffer's bytes may change, and the
     * buffer belongs to the caller again on return. The records are written on return, and durable once
     * {@link #whenDurable} says so.
     *
     * @throws AppendRefused nothing was written: CORRUPT_MESSAGE, INVALID_RECORD, MESSAGE_TOO_LARGE,
     *     RECORD_LIST_TOO_LARGE, INVALID_TIMESTAMP, UNSUPPORTED_COMPRESSION_TYPE, OUT_OF_ORDER_SEQUENCE_NUMBER,
     *     INVALID_PRODUCER_EPOCH, UNKNOWN_PRODUCER_ID, INVALID_TXN_STATE, KAFKA_STORAGE_ERROR
     * @throws AppendTooCostly if {@code origin} is {@link AppendOrigin#CLIENT_ON_LOOP}: nothing was written, and the buffer is as it was
     */
    Appended append(ByteBuffer batches, AppendOrigin origin);

    /**
     * Calls back once when everything below {@code offset} is durable, at once on the calling thread if it is already,
     * otherwise from a flushing thread; or with the exception if that can no longer become true. Must not block.
     */
    void whenDurable(long offset, Durable callback);

    /**
     * Reads whole batches from the one that holds {@code offset} on, at most {@code maxBytes} but always the first
     * batch if {@code minOneBatch}. Nothing at or past the limit is ever returned; from an offset at or past it, nothing.
     *
     * @throws org.apache.kafka.common.errors.OffsetOutOfRangeException before the log start or after the log's end
     */
    Fetched read(long offset, int maxBytes, boolean minOneBatch, ReadLimit limit);

    /** Looks for an offset; {@link OffsetQuery.Answer#NONE} where nothing matches. Only durable records count. */
    OffsetQuery.Answer find(OffsetQuery query);

    /** Calls {@code onAdvance} whenever the readable end (high watermark or last stable offset) moves or the partition
     * goes away, from any thread, until the returned handle is closed. Must not block. */
    AutoCloseable watch(Runnable onAdvance);

    /** Moves the log start to {@code offset} (-1: the high watermark) and returns the new one, once that is durable (DeleteRecords). */
    long deleteRecordsBefore(long offset);

    PartitionDescription describe();

    /** Told once whether the offset asked about became durable. */
    @FunctionalInterface
    interface Durable {
        /** {@code failure} is null on success. */
        void done(ApiException failure);
    }
}
