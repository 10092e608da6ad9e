// SPDX-License-Identifier: Apache-2.0
package io.ottla.wire;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.xerial.snappy.SnappyError;

/**
 * Walks over the records of one batch, compressed or not, without making an object for any of them: keys and values are
 * skipped, sizes and structure are checked. Distrusts every byte. Memory is bounded by one chunk, whatever the batch claims
 * to hold; time can be bounded by what is decompressed. Not safe for many threads.
 */
public final class RecordCursor implements AutoCloseable {
    private static final int CHUNK_BYTES = 16 * 1024;
    private static final int MAX_VARINT_BYTES = 5;
    private static final int MAX_VARLONG_BYTES = 10;

    private final BufferSupplier decompressionBuffers = BufferSupplier.create();
    private final BatchView batch = new BatchView();
    private ByteBuffer window;
    private ByteBuffer chunk;
    private InputStream decompressed;
    private int maxRecordBytes;
    private long maxBytes;
    private long bytes;
    private int recordRemaining;
    private int index;
    private int count;

    private long timestampDelta;
    private int offsetDelta;
    private int keySizeBytes;

    /**
     * Starts before the first record of {@code view}'s batch.
     *
     * @param maxRecordBytes records that claim to be larger are refused when the batch is compressed
     */
    public RecordCursor over(BatchView view, int maxRecordBytes) {
        return over(view, maxRecordBytes, Long.MAX_VALUE);
    }

    /**
     * Starts before the first record of {@code view}'s batch.
     *
     * @param maxBytes once more than this has been decompressed, there is {@link TooLong}
     */
    public RecordCursor over(BatchView view, int maxRecordBytes, long maxBytes) {
        batch.at(view.buffer(), view.position());
        this.maxRecordBytes = maxRecordBytes;
        this.maxBytes = maxBytes;
        bytes = 0;
        index = 0;
        count = batch.count();
        ByteBuffer records = batch.buffer().slice(batch.recordsPosition(), batch.recordsSizeBytes());
        if (batch.compressionId() == 0) {
            decompressed = null;
            window = records;
        } else {
            CompressionType type = CompressionType.forId(batch.compressionId());
            decompressed = open(type, records);
            window = emptyChunk();
        }
        return this;
    }

    private InputStream open(CompressionType type, ByteBuffer records) {
        if (type == CompressionType.SNAPPY) {
            SnappyFrames.check(records);
        }
        try {
            return Compression.of(type).build().wrapForInput(records, BatchView.MAGIC, decompressionBuffers);
        } catch (KafkaException e) {
            throw new InvalidRecordException("Batch cannot be decompressed as " + type.name + ": " + e.getMessage());
        }
    }

    private ByteBuffer emptyChunk() {
        if (chunk == null) {
            chunk = ByteBuffer.allocate(CHUNK_BYTES);
        }
        return chunk.clear().limit(0);
    }

    /**
     * Moves to the next record; false after the last one.
     *
     * @throws InvalidRecordException if the bytes are no record, or bytes remain after the last record
     * @throws TooLong if that cannot be said without more decompression than was allowed
     */
    public boolean next() {
        if (index >= count) {
            if (hasMore()) {
                throw new InvalidRecordException("Incorrect declared batch size, records still remaining in file");
            }
            return false;
        }
        recordRemaining = MAX_VARINT_BYTES;
        int size = readVarint();
        if (size < 0 || decompressed == null && size > window.remaining()) {
            throw new InvalidRecordException("Invalid record size: " + size);
        }
        if (decompressed != null && size > maxRecordBytes) {
            throw new InvalidRecordException("Record body size " + size + " exceeds the maximum allowed decompressed size " + maxRecordBytes);
        }
        recordRemaining = size;
        readFields();
        if (recordRemaining != 0) {
            throw new InvalidRecordException("Invalid record size: expected " + size + " bytes, but " + recordRemaining + " remain after its fields");
        }
        index++;
        return true;
    }

    private void readFields() {
        readByte(); // attributes, of which none are in use
        timestampDelta = readVarlong();
        offsetDelta = readVarint();
        keySizeBytes = readVarint();
        skip(keySizeBytes);
        skip(readVarint());
        int headers = readVarint();
        if (headers < 0 || headers > recordRemaining) {
            throw new InvalidRecordException("Found invalid number of record headers " + headers);
        }
        for (int i = 0; i < headers; i++) {
            int nameSize = readVarint();
            if (nameSize < 0) {
                throw new InvalidRecordException("Invalid negative header key size " + nameSize);
            }
            skip(nameSize);
            skip(readVarint());
        }
    }

    /** The index of the record that {@link #next} moved to. */
    public int index() {
        return index - 1;
    }

    /** How much has been decompressed; 0 if the batch is not compressed. */
    public long decompressedBytes() {
        return bytes;
    }

    public int offsetDelta() {
        return offsetDelta;
    }

    /** The record's own time, whoever's clock stamped the batch. */
    public long createTimestamp() {
        return batch.baseTimestamp() + timestampDelta;
    }

    public boolean hasKey() {
        return keySizeBytes >= 0;
    }

    private byte readByte() {
        if (--recordRemaining < 0) {
            throw new InvalidRecordException("Record is shorter than its fields");
        }
        if (!window.hasRemaining() && !refill()) {
            throw new InvalidRecordException("Found fewer records than the batch's count " + count);
        }
        return window.get();
    }

    private int readVarint() {
        long value = readUnsignedVarint(MAX_VARINT_BYTES) & 0xffffffffL;
        return (int) (value >>> 1) ^ -(int) (value & 1);
    }

    private long readVarlong() {
        long value = readUnsignedVarint(MAX_VARLONG_BYTES);
        return (value >>> 1) ^ -(value & 1);
    }

    private long readUnsignedVarint(int maxBytes) {
        long value = 0;
        for (int i = 0; i < maxBytes; i++) {
            byte b = readByte();
            value |= (long) (b & 0x7f) << (7 * i);
            if (b >= 0) {
                return value;
            }
        }
        throw new InvalidRecordException("Varint is too long");
    }

    /** Skips {@code size} bytes of the record; negative sizes stand for null. */
    private void skip(int size) {
        if (size <= 0) {
            return;
        }
        recordRemaining -= size;
        if (recordRemaining < 0) {
            throw new InvalidRecordException("Record is shorter than its fields");
        }
        int left = size;
        while (left > window.remaining()) {
            left -= window.remaining();
            window.position(window.limit());
            if (!refill()) {
                throw new InvalidRecordException("Found fewer records than the batch's count " + count);
            }
        }
        window.position(window.position() + left);
    }

    private boolean hasMore() {
        return window.hasRemaining() || refill();
    }

    private boolean refill() {
        if (decompressed == null) {
            return false;
        }
        if (bytes > maxBytes) {
            throw new TooLong();
        }
        try {
            int read = decompressed.read(chunk.array(), 0, chunk.capacity());
            chunk.position(0).limit(Math.max(read, 0));
            bytes += chunk.limit();
            return read > 0;
        } catch (IOException | RuntimeException | SnappyError e) {
            // The libraries answer broken input with all kinds of throwables: zstd's and lz4's are unchecked, snappy's is an Error.
            throw new InvalidRecordException("Batch cannot be decompressed: " + e.getMessage(), e);
        }
    }

    /** The batch holds more than was to be decompressed of it. */
    public static final class TooLong extends RuntimeException {
        private static final long serialVersionUID = 1;

        private TooLong() {
            super(null, null, false, false);
        }
    }

    /** Gives up the batch, keeping the buffers for the next. */
    @Override
    public void close() {
        try {
            if (decompressed != null) {
                decompressed.close();
            }
        } catch (IOException e) {
            throw new InvalidRecordException("Batch cannot be decompressed: " + e.getMessage(), e);
        } finally {
            decompressed = null;
            window = null;
        }
    }
}
