// SPDX-License-Identifier: Apache-2.0
package io.ottla.wire;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * One record batch (message format v2) seen through its bytes: nothing is copied, and a view is moved from batch to batch.
 * It trusts nothing: first ask {@link #sizeProblem} whether a batch is there at all. Not safe for many threads at once.
 *
 * <p>Layout (KIP-98): base offset 8, length 4, leader epoch 4, magic 1, CRC32C 4 (over all that follows), attributes 2,
 * last offset delta 4, base timestamp 8, max timestamp 8, producer id 8, producer epoch 2, base sequence 4, record count 4.
 */
public final class BatchView {
    /** Bytes before the first record. */
    public static final int HEADER_BYTES = 61;
    /** Bytes of base offset and length, which the length does not count. */
    public static final int PREFIX_BYTES = 12;
    /** The CRC covers the batch from here on. */
    public static final int CRC_COVERS_FROM = 21;
    public static final byte MAGIC = 2;
    public static final long NO_TIMESTAMP = -1;
    public static final long NO_PRODUCER_ID = -1;
    public static final int NO_SEQUENCE = -1;

    private static final int LENGTH = 8;
    private static final int LEADER_EPOCH = 12;
    private static final int MAGIC_AT = 16;
    private static final int CRC = 17;
    private static final int ATTRIBUTES = 21;
    private static final int LAST_OFFSET_DELTA = 23;
    private static final int BASE_TIMESTAMP = 27;
    private static final int MAX_TIMESTAMP = 35;
    private static final int PRODUCER_ID = 43;
    private static final int PRODUCER_EPOCH = 51;
    private static final int BASE_SEQUENCE = 53;
    private static final int COUNT = 57;

    private static final int COMPRESSION_MASK = 0x07;
    private static final int LOG_APPEND_TIME_BIT = 0x08;
    private static final int TRANSACTIONAL_BIT = 0x10;
    private static final int CONTROL_BIT = 0x20;
    private static final int DELETE_HORIZON_BIT = 0x40;

    private CRC32C crc;
    private ByteBuffer buffer;
    private int start;

    public BatchView() {}

    public BatchView(ByteBuffer buffer, int position) {
        at(buffer, position);
    }

    /** Looks at the batch that starts at the absolute {@code position} of {@code buffer}. */
    public BatchView at(ByteBuffer buffer, int position) {
        this.buffer = buffer;
        start = position;
        return this;
    }

    /** Moves to the batch that follows, which must be in the same buffer. */
    public BatchView next() {
        start += sizeBytes();
        return this;
    }

    /** Where the batch starts in its buffer. */
    public int position() {
        return start;
    }

    public ByteBuffer buffer() {
        return buffer;
    }

    /** Why the bytes up to the buffer's limit are no whole v2 batch by size and magic, or null if they are. */
    public String sizeProblem() {
        int available = buffer.limit() - start;
        if (available < PREFIX_BYTES + 5) {
            return "only " + available + " bytes remain";
        }
        if (magic() != MAGIC) {
            return "magic " + magic() + " instead of " + MAGIC;
        }
        int length = buffer.getInt(start + LENGTH);
        if (length < HEADER_BYTES - PREFIX_BYTES || length > available - PREFIX_BYTES) {
            return "length " + length + " where " + (available - PREFIX_BYTES) + " bytes remain";
        }
        return null;
    }

    public long baseOffset() {
        return buffer.getLong(start);
    }

    /** Bytes of the whole batch, prefix included. */
    public int sizeBytes() {
        return buffer.getInt(start + LENGTH) + PREFIX_BYTES;
    }

    public int leaderEpoch() {
        return buffer.getInt(start + LEADER_EPOCH);
    }

    public byte magic() {
        return buffer.get(start + MAGIC_AT);
    }

    public int storedCrc() {
        return buffer.getInt(start + CRC);
    }

    public short attributes() {
        return buffer.getShort(start + ATTRIBUTES);
    }

    /** The id of the compression type (0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; more is unknown). */
    public int compressionId() {
        return attributes() & COMPRESSION_MASK;
    }

    public boolean logAppendTime() {
        return (attributes() & LOG_APPEND_TIME_BIT) != 0;
    }

    public boolean transactional() {
        return (attributes() & TRANSACTIONAL_BIT) != 0;
    }

    public boolean control() {
        return (attributes() & CONTROL_BIT) != 0;
    }

    /** True if the base timestamp holds the time from which compaction may drop the batch's tombstones (KIP-534). */
    public boolean hasDeleteHorizon() {
        return (attributes() & DELETE_HORIZON_BIT) != 0;
    }

    public int lastOffsetDelta() {
        return buffer.getInt(start + LAST_OFFSET_DELTA);
    }

    public long lastOffset() {
        return baseOffset() + lastOffsetDelta();
    }

    public long nextOffset() {
        return lastOffset() + 1;
    }

    public long baseTimestamp() {
        return buffer.getLong(start + BASE_TIMESTAMP);
    }

    public long maxTimestamp() {
        return buffer.getLong(start + MAX_TIMESTAMP);
    }

    public long producerId() {
        return buffer.getLong(start + PRODUCER_ID);
    }

    public boolean hasProducerId() {
        return producerId() > NO_PRODUCER_ID;
    }

    public short producerEpoch() {
        return buffer.getShort(start + PRODUCER_EPOCH);
    }

    public int baseSequence() {
        return buffer.getInt(start + BASE_SEQUENCE);
    }

    /** The last record's sequence; sequences go on at 0 after 2^31-1. */
    public int lastSequence() {
        int base = baseSequence();
        return base == NO_SEQUENCE ? NO_SEQUENCE : (int) ((base + (long) lastOffsetDelta()) & Integer.MAX_VALUE);
    }

    public int count() {
        return buffer.getInt(start + COUNT);
    }

    /** Where the first record starts in the buffer. */
    public int recordsPosition() {
        return start + HEADER_BYTES;
    }

    public int recordsSizeBytes() {
        return sizeBytes() - HEADER_BYTES;
    }

    public boolean crcMatches() {
        return computeCrc() == storedCrc();
    }

    /** Stamps what the log decides; neither is covered by the CRC. */
    public void stamp(long baseOffset, int leaderEpoch) {
        buffer.putLong(start, baseOffset);
        buffer.putInt(start + LEADER_EPOCH, leaderEpoch);
    }

    /** Sets the max timestamp and whose clock it is by, and the CRC with it; does nothing if they are so already. */
    public void setMaxTimestamp(long timestampMs, boolean logAppendTime) {
        if (maxTimestamp() == timestampMs && logAppendTime() == logAppendTime) {
            return;
        }
        int attributes = attributes() & ~LOG_APPEND_TIME_BIT | (logAppendTime ? LOG_APPEND_TIME_BIT : 0);
        buffer.putShort(start + ATTRIBUTES, (short) attributes);
        buffer.putLong(start + MAX_TIMESTAMP, timestampMs);
        buffer.putInt(start + CRC, computeCrc());
    }

    /** Ends the making of a batch whose other fields are there: its size, how its records are compressed, and the CRC. */
    public void complete(int sizeBytes, int compressionId) {
        buffer.putInt(start + LENGTH, sizeBytes - PREFIX_BYTES);
        buffer.putShort(start + ATTRIBUTES, (short) (attributes() & ~COMPRESSION_MASK | compressionId));
        buffer.putInt(start + CRC, computeCrc());
    }

    private int computeCrc() {
        int position = buffer.position();
        int limit = buffer.limit();
        if (crc == null) {
            crc = new CRC32C();
        }
        crc.reset();
        buffer.limit(start + sizeBytes()).position(start + ATTRIBUTES);
        crc.update(buffer);
        buffer.limit(limit).position(position);
        return (int) crc.getValue();
    }
}
