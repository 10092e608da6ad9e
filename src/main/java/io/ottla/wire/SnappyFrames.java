// SPDX-License-Identifier: Apache-2.0
package io.ottla.wire;

import java.nio.ByteBuffer;
import org.apache.kafka.common.InvalidRecordException;

/**
 * The framing that snappy-java puts around its blocks: a header of 16 bytes, then blocks, each with its length in 4 bytes.
 * Without the header all is one block, as librdkafka writes it.
 * The library allocates by these lengths without a look at how much there is, so they are checked first.
 */
final class SnappyFrames {
    private static final int HEADER_BYTES = 16;
    private static final int MAX_LENGTH_BYTES = 5;
    /** A snappy copy element takes 2 bytes at least and stands for 64 at most. */
    private static final int MAX_EXPANSION = 32;
    private static final long MAGIC = 0x82534e4150505900L;

    private SnappyFrames() {}

    /** @throws InvalidRecordException if a length cannot be true */
    static void check(ByteBuffer records) {
        if (records.remaining() < HEADER_BYTES || records.getLong(records.position()) != MAGIC) {
            checkBlock(records, records.position(), records.remaining());
            return;
        }
        int at = records.position() + HEADER_BYTES;
        while (at < records.limit()) {
            if (records.limit() - at < 4) {
                throw new InvalidRecordException("Batch cannot be decompressed: a snappy block is cut off");
            }
            int size = records.getInt(at);
            if (size <= 0 || size > records.limit() - at - 4) {
                throw new InvalidRecordException("Batch cannot be decompressed: a snappy block of " + size + " bytes");
            }
            checkBlock(records, at + 4, size);
            at += 4 + size;
        }
    }

    private static void checkBlock(ByteBuffer records, int start, int size) {
        long length = 0;
        for (int i = 0; i < Math.min(size, MAX_LENGTH_BYTES); i++) {
            byte b = records.get(start + i);
            length |= (long) (b & 0x7f) << (7 * i);
            if (b >= 0) {
                break;
            }
        }
        if (length > (long) size * MAX_EXPANSION) {
            throw new InvalidRecordException("Batch cannot be decompressed: a snappy block of " + size + " bytes that claims to hold " + length);
        }
    }
}
