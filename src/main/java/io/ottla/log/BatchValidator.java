// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.apache.kafka.common.protocol.Errors.CORRUPT_MESSAGE;
import static org.apache.kafka.common.protocol.Errors.INVALID_RECORD;
import static org.apache.kafka.common.protocol.Errors.INVALID_TIMESTAMP;
import static org.apache.kafka.common.protocol.Errors.MESSAGE_TOO_LARGE;
import static org.apache.kafka.common.protocol.Errors.RECORD_LIST_TOO_LARGE;
import static org.apache.kafka.common.protocol.Errors.UNSUPPORTED_COMPRESSION_TYPE;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.AppendRefused;
import io.ottla.topic.AppendRefused.RecordError;
import io.ottla.topic.AppendTooCostly;
import io.ottla.topic.PartitionId;
import io.ottla.topic.TopicConfig;
import io.ottla.wire.BatchView;
import io.ottla.wire.RecordCursor;
import io.ottla.world.TurnThread;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.record.internal.CompressionType;

/**
 * Checks batches before they are appended, and gives them the timestamps and the compression that their topic asks for.
 * Used by one thread at a time.
 */
final class BatchValidator {
    private static final int MAX_RECORD_ERRORS = 1000;
    private static final int ERRORS_SHOWN = 3;
    private static final int MAX_COMPRESSION_ID = 4;
    /** Bytes up to the magic: fewer are the beginning of a batch and none. */
    private static final int SHORTEST_START_BYTES = BatchView.PREFIX_BYTES + 5;
    /** The shortest message that there ever was, of magic 0, without its prefix. */
    private static final int SHORTEST_MESSAGE_BYTES = 14;
    /** Larger compressed ones hold too much for an event loop in any case. */
    private static final int LOOP_BATCH_BYTES = 256 << 10;
    /** What one batch may hold to be checked on an event loop: about a millisecond's work, which is lost if it holds more. */
    private static final int LOOP_DECOMPRESSED_BYTES = 1 << 20;
    /** How many times as long as that of others the decompression of gzip takes, and compression. */
    private static final int GZIP_EFFORT = 4;
    private static final int COMPRESSION_EFFORT = 8;
    private static final ThreadLocal<BatchValidator> MINE = ThreadLocal.withInitial(BatchValidator::new);

    private final BatchView batch = new BatchView();
    private final RecordCursor records = new RecordCursor();
    private List<RecordError> errors;
    private boolean badTimestamps;

    private PartitionId id;
    private TopicConfig config;
    private long nowMs;

    private BatchValidator() {}

    /** The calling thread's own validator. */
    static BatchValidator mine() {
        return MINE.get();
    }

    /**
     * Checks all batches in {@code batches} and adjusts them in place where that is possible.
     *
     * @return the bytes to append: {@code batches} itself without trailing bytes that are no whole batch, or recompressed ones
     * @throws AppendRefused CORRUPT_MESSAGE, INVALID_RECORD, INVALID_TIMESTAMP, MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, UNSUPPORTED_COMPRESSION_TYPE
     * @throws AppendTooCostly on a loop, before anything is changed
     */
    ByteBuffer check(ByteBuffer batches, AppendOrigin origin, PartitionId partition, TopicConfig topic, long wallMs) {
        id = partition;
        config = topic;
        nowMs = wallMs;
        ByteBuffer accepted = origin.client() ? checkFromClient(batches, origin.onLoop()) : checkFromCoordinator(batches);
        if (accepted.remaining() > config.segmentBytes()) {
            throw new AppendRefused(RECORD_LIST_TOO_LARGE, "Message batch size is " + accepted.remaining() + " bytes in append to partition " + id
                    + ", which exceeds the maximum configured segment size of " + config.segmentBytes() + ".");
        }
        return accepted;
    }

    private ByteBuffer checkFromClient(ByteBuffer batches, boolean onLoop) {
        batch.at(batches, batches.position());
        checkShape(batches);
        int end = batch.position() + batch.sizeBytes();
        checkOnlyOne(batches, end);
        checkWhole();
        checkHeader();
        long maxTimestamp = onLoop ? walkBriefly() : walk(Long.MAX_VALUE);
        batch.setMaxTimestamp(config.logAppendTime() ? nowMs : maxTimestamp, config.logAppendTime());
        return recompressionWanted() ? recompress() : batches.duplicate().limit(end);
    }

    private ByteBuffer checkFromCoordinator(ByteBuffer batches) {
        ByteBuffer accepted = batches.duplicate();
        for (int at = accepted.position(); at < accepted.limit(); at += batch.sizeBytes()) {
            batch.at(accepted, at);
            checkShape(accepted);
            checkWhole();
        }
        if (!accepted.hasRemaining()) {
            throw new AppendRefused(INVALID_RECORD, "Record batch has no batches at all");
        }
        return accepted;
    }

    private void checkShape(ByteBuffer batches) {
        if (!hasWhole(batches, batch)) {
            throw new AppendRefused(INVALID_RECORD, "Produce requests must have at least one whole record batch per partition");
        }
        if (batch.magic() != BatchView.MAGIC) {
            throw new AppendRefused(INVALID_RECORD, "Produce requests are only allowed to contain record batches with magic version 2");
        }
        String problem = batch.sizeProblem();
        if (problem != null) {
            throw corrupt(problem);
        }
    }

    private void checkOnlyOne(ByteBuffer batches, int end) {
        if (hasWhole(batches, new BatchView(batches, end))) {
            throw new AppendRefused(INVALID_RECORD, "Produce requests are only allowed to contain exactly one record batch per partition");
        }
    }

    /** Whether a whole batch of any magic is there; a part of one at the end of a request is ignored, as Kafka does. */
    private boolean hasWhole(ByteBuffer batches, BatchView view) {
        int available = batches.limit() - view.position();
        if (available < SHORTEST_START_BYTES) {
            return false;
        }
        int length = view.sizeBytes() - BatchView.PREFIX_BYTES;
        if (length < SHORTEST_MESSAGE_BYTES) {
            throw corrupt("length " + length);
        }
        if (view.magic() < 0 || view.magic() > BatchView.MAGIC) {
            throw corrupt("magic " + view.magic());
        }
        return length <= available - BatchView.PREFIX_BYTES;
    }

    private AppendRefused corrupt(String problem) {
        return new AppendRefused(CORRUPT_MESSAGE, "Record batch for " + id + " is corrupt: " + problem);
    }

    private void checkWhole() {
        if (batch.sizeBytes() > config.maxMessageBytes()) {
            throw new AppendRefused(MESSAGE_TOO_LARGE, "The record batch size in the append to " + id + " is " + batch.sizeBytes()
                    + " bytes which exceeds the maximum configured value of " + config.maxMessageBytes() + ".");
        }
        if (!batch.crcMatches()) {
            throw new AppendRefused(CORRUPT_MESSAGE, "Record is corrupt (stored crc = " + Integer.toUnsignedString(batch.storedCrc()) + ") in topic partition " + id + ".");
        }
    }

    private void checkHeader() {
        refuseIf(batch.baseOffset() != 0, "The baseOffset of the record batch in the append to " + id + " should be 0, but it is " + batch.baseOffset());
        if (batch.compressionId() > MAX_COMPRESSION_ID) {
            throw new AppendRefused(UNSUPPORTED_COMPRESSION_TYPE, "Unknown compression type id: " + batch.compressionId());
        }
        refuseIf(batch.lastOffsetDelta() < 0, "Batch has an invalid offset range: [0, " + batch.lastOffsetDelta() + "] in topic partition " + id);
        refuseIf(batch.count() <= 0, "Invalid reported count for record batch: " + batch.count() + " in topic partition " + id);
        refuseIf(batch.lastOffsetDelta() != batch.count() - 1, "Inconsistent batch offset range [0, " + batch.lastOffsetDelta()
                + "] and count of records " + batch.count() + " in topic partition " + id);
        refuseIf(batch.control(), "Clients are not allowed to write control records in topic partition " + id);
        refuseIf(batch.hasProducerId() && batch.baseSequence() < 0, "Invalid sequence number " + batch.baseSequence()
                + " in record batch with producerId " + batch.producerId() + " in topic partition " + id);
        refuseIf(batch.hasDeleteHorizon(), "Clients are not allowed to set a delete horizon in topic partition " + id);
    }

    private static void refuseIf(boolean wrong, String message) {
        if (wrong) {
            throw new AppendRefused(INVALID_RECORD, message);
        }
    }

    /** {@link #walk} within what a turn of the calling thread may cost. Whoever waits for a thread without turns is not known: there it may cost nothing. */
    private long walkBriefly() {
        boolean recompressed = recompressionWanted();
        if (batch.compressionId() == 0 && !recompressed) {
            return walk(Long.MAX_VALUE);
        }
        TurnThread turn = TurnThread.current();
        int effort = batch.compressionId() == CompressionType.GZIP.id ? GZIP_EFFORT : 1;
        effort += recompressed ? COMPRESSION_EFFORT : 0;
        long bound = turn == null ? -1 : Math.min(turn.effortLeft(), LOOP_DECOMPRESSED_BYTES) / effort;
        if (batch.sizeBytes() > Math.min(LOOP_BATCH_BYTES, bound)) {
            throw tooCostly();
        }
        try {
            return walk(bound);
        } catch (RecordCursor.TooLong e) {
            throw tooCostly();
        } finally {
            turn.spend(Math.max(batch.sizeBytes(), records.decompressedBytes()) * effort);
        }
    }

    private AppendTooCostly tooCostly() {
        return new AppendTooCostly("a batch of " + batch.sizeBytes() + " bytes for " + id);
    }

    /** Looks at every record; returns the largest timestamp. */
    private long walk(long maxBytes) {
        errors = null;
        badTimestamps = false;
        long maxTimestamp = BatchView.NO_TIMESTAMP;
        try (RecordCursor cursor = records.over(batch, maxRecordBytes(), maxBytes)) {
            while (cursor.next()) {
                checkRecord(cursor);
                maxTimestamp = Math.max(maxTimestamp, cursor.createTimestamp());
            }
        } catch (InvalidRecordException e) {
            throw new AppendRefused(INVALID_RECORD, e.getMessage() + " in topic partition " + id);
        }
        if (errors != null) {
            refuseRecords();
        }
        return maxTimestamp;
    }

    private int maxRecordBytes() {
        return (Integer) config.value("max.decompressed.message.bytes");
    }

    private void checkRecord(RecordCursor cursor) {
        int index = cursor.index();
        if (cursor.offsetDelta() != index) {
            refuse(index, "Inner record " + index + " does not have incremental offsets, expected offset delta " + index + " but found "
                    + cursor.offsetDelta() + " in topic partition " + id + ".");
        } else if (config.compacted() && !cursor.hasKey()) {
            refuse(index, "Compacted topic cannot accept message without key in topic partition " + id + ".");
        } else {
            checkTimestamp(index, cursor.createTimestamp());
        }
    }

    private void checkTimestamp(int index, long timestamp) {
        if (!config.logAppendTime() && timestamp != BatchView.NO_TIMESTAMP) {
            long age = nowMs - timestamp;
            if (age > config.timestampBeforeMaxMs() || -age > config.timestampAfterMaxMs()) {
                refuseTimestamp(index, "Timestamp " + timestamp + " of message with offset " + index + " is out of range. The timestamp should be within ["
                        + (nowMs - config.timestampBeforeMaxMs()) + ", " + (nowMs + config.timestampAfterMaxMs()) + "]");
            }
        } else if (batch.logAppendTime()) {
            refuseTimestamp(index, "Invalid timestamp type in message " + index + ". Producer should not set timestamp type to LogAppendTime.");
        }
    }

    private void refuseTimestamp(int index, String message) {
        badTimestamps = true;
        refuse(index, message);
    }

    private void refuse(int index, String message) {
        if (errors == null) {
            errors = new ArrayList<>();
        }
        if (errors.size() < MAX_RECORD_ERRORS) {
            errors.add(new RecordError(index, message));
        }
    }

    private void refuseRecords() {
        if (badTimestamps) {
            throw new AppendRefused(INVALID_TIMESTAMP, "One or more records have been rejected due to invalid timestamp", errors);
        }
        throw new AppendRefused(INVALID_RECORD, "One or more records have been rejected due to " + errors.size()
                + " record errors in total, and only showing the first three errors at most: " + errors.subList(0, Math.min(ERRORS_SHOWN, errors.size())), errors);
    }

    private boolean recompressionWanted() {
        String wanted = config.compressionType();
        return !wanted.equals("producer") && !wanted.equals(typeName(batch.compressionId()));
    }

    private ByteBuffer recompress() {
        ByteBuffer rebuilt = Recompressor.recompress(batch, config);
        if (rebuilt == null) {
            throw new AppendRefused(MESSAGE_TOO_LARGE, "The record batch in the append to " + id + " becomes larger than the maximum configured value of "
                    + config.maxMessageBytes() + " with compression.type=" + config.compressionType() + ".");
        }
        return rebuilt;
    }

    private static String typeName(int compressionId) {
        return compressionId == 0 ? "uncompressed" : CompressionType.forId(compressionId).name;
    }
}
