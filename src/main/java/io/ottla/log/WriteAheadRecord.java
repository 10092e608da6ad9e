// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;

/**
 * What one round of {@link GroupCommit} writes ahead: bytes of some partitions, one after another, each with what says where they belong.
 *
 * <pre>
 * magic int32 | length int32, of all | sequence int64 | checksum of the entries int32 | checksum of these 20 bytes int32 | entries
 * entry: topic id 16 bytes | partition int32 | base offset of the segment int64 | position in it int32 | length int32 | bytes
 * </pre>
 */
final class WriteAheadRecord {
    static final int HEADER_BYTES = 24;
    static final int ENTRY_BYTES = 36;
    private static final int MAGIC = 0x4f57414c;

    /**
     * Where an entry's bytes are.
     *
     * @param at          their position in the write-ahead log
     * @param segmentBase base offset of the segment that they belong to
     * @param position    where in that
     * @param length      how many
     */
    record Entry(long at, long segmentBase, int position, int length) {
        int end() {
            return position + length;
        }
    }

    /** Takes note of an entry. */
    interface Visitor {
        void entry(PartitionKey key, Entry entry);
    }

    private WriteAheadRecord() {}

    /** Begins an entry; its bytes follow. */
    static void putEntry(ByteBuffer record, PartitionKey key, long segmentBase, int position, int length) {
        record.putLong(key.topicId().getMostSignificantBits()).putLong(key.topicId().getLeastSignificantBits()).putInt(key.index());
        record.putLong(segmentBase).putInt(position).putInt(length);
    }

    /** The checksum of the entries of a record that is in the buffer from position 0 to its limit. */
    static int checksum(ByteBuffer record) {
        return crc(record, HEADER_BYTES, record.limit());
    }

    /** Completes the record, which is in the buffer from position 0 to its limit. */
    static void putHeader(ByteBuffer record, long sequence, int checksum) {
        record.putInt(0, MAGIC).putInt(4, record.limit()).putLong(8, sequence).putInt(16, checksum);
        record.putInt(20, crc(record, 0, 20));
    }

    /** The length of the record at {@code start}, or 0 if there is no whole one. */
    static int length(ByteBuffer bytes, int start) {
        if (bytes.limit() - start < HEADER_BYTES || bytes.getInt(start) != MAGIC || bytes.getInt(start + 20) != crc(bytes, start, start + 20)) {
            return 0;
        }
        int length = bytes.getInt(start + 4);
        boolean whole = length >= HEADER_BYTES && length <= bytes.limit() - start && bytes.getInt(start + 16) == crc(bytes, start + HEADER_BYTES, start + length);
        return whole ? length : 0;
    }

    static long sequence(ByteBuffer bytes, int start) {
        return bytes.getLong(start + 8);
    }

    /**
     * Visits the entries of the record at {@code start}, which is whole.
     *
     * @param base where in the file the buffer's first byte is
     */
    static void visit(ByteBuffer bytes, int start, int length, long base, Visitor visitor) {
        int at = start + HEADER_BYTES;
        while (at < start + length) {
            PartitionKey key = new PartitionKey(new Uuid(bytes.getLong(at), bytes.getLong(at + 8)), bytes.getInt(at + 16));
            int entryLength = bytes.getInt(at + 32);
            visitor.entry(key, new Entry(base + at + ENTRY_BYTES, bytes.getLong(at + 20), bytes.getInt(at + 28), entryLength));
            at += ENTRY_BYTES + entryLength;
        }
    }

    private static int crc(ByteBuffer bytes, int from, int to) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().limit(to).position(from));
        return (int) crc.getValue();
    }
}
