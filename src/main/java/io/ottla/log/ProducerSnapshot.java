// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.zip.CRC32C;

/**
 * The bytes of a `.snapshot` file: Kafka's format (version 1), which knows only the last batch of each producer, followed by
 * what Kafka's readers ignore: when each producer was last heard of, so that a restart does not make it young again, and its
 * batches before the last one, so that duplicates are recognised after a restart too.
 */
final class ProducerSnapshot {
    private static final short VERSION = 1;
    private static final int HEADER_BYTES = 2 + 4;
    private static final int ENTRY_BYTES = 8 + 2 + 4 + 8 + 4 + 8 + 4 + 8;
    private static final int BATCH_BYTES = 4 + 8 + 4 + 8;
    /** Only the batches, as it was written at first. */
    private static final int BATCHES_ONLY = 0x4f74746c;
    private static final int EXTENSION = 0x4f74746d;

    private ProducerSnapshot() {}

    static ByteBuffer encode(Collection<ProducerEntry> entries) {
        int size = HEADER_BYTES + 4 + 4;
        for (ProducerEntry entry : entries) {
            size += ENTRY_BYTES + 8 + 1 + Math.max(0, entry.batches().length - 1) * BATCH_BYTES;
        }
        ByteBuffer buffer = ByteBuffer.allocate(size);
        buffer.putShort(VERSION).putInt(0).putInt(entries.size());
        for (ProducerEntry entry : entries) {
            put(buffer, entry);
        }
        buffer.putInt(EXTENSION);
        for (ProducerEntry entry : entries) {
            buffer.putLong(entry.lastUsedMs());
            putEarlier(buffer, entry.batches());
        }
        buffer.flip().putInt(2, crc(buffer));
        return buffer;
    }

    private static void put(ByteBuffer buffer, ProducerEntry entry) {
        ProducerEntry.Batch last = entry.last();
        buffer.putLong(entry.producerId()).putShort(entry.epoch());
        buffer.putInt(last == null ? -1 : last.lastSequence()).putLong(last == null ? -1 : last.lastOffset()).putInt(last == null ? 0 : last.offsetDelta());
        buffer.putLong(entry.lastTimestamp()).putInt(entry.coordinatorEpoch()).putLong(entry.transactionStart());
    }

    private static void putEarlier(ByteBuffer buffer, ProducerEntry.Batch[] batches) {
        int earlier = Math.max(0, batches.length - 1);
        buffer.put((byte) earlier);
        for (int i = 0; i < earlier; i++) {
            ProducerEntry.Batch batch = batches[i];
            buffer.putInt(batch.lastSequence()).putLong(batch.lastOffset()).putInt(batch.offsetDelta()).putLong(batch.timestamp());
        }
    }

    /** Puts what {@code bytes} hold into {@code ledger}; false, and nothing put, if they are damaged. */
    static boolean decode(ByteBuffer bytes, ProducerLedger ledger, long nowMs) {
        if (bytes.remaining() < HEADER_BYTES + 4 || bytes.getShort(0) != VERSION || bytes.getInt(2) != crc(bytes)) {
            return false;
        }
        ByteBuffer buffer = bytes.duplicate().position(HEADER_BYTES);
        int count = buffer.getInt();
        ByteBuffer extension = buffer.duplicate().position(buffer.position() + count * ENTRY_BYTES);
        int kind = extension.remaining() >= 4 ? extension.getInt() : 0;
        boolean extended = kind == EXTENSION || kind == BATCHES_ONLY;
        for (int i = 0; i < count; i++) {
            long lastUsedMs = kind == EXTENSION ? extension.getLong() : nowMs;
            ledger.restore(get(buffer, extended ? extension : null, lastUsedMs));
        }
        return true;
    }

    private static ProducerEntry get(ByteBuffer buffer, ByteBuffer extension, long lastUsedMs) {
        ProducerEntry entry = new ProducerEntry(buffer.getLong(), lastUsedMs);
        short epoch = buffer.getShort();
        int lastSequence = buffer.getInt();
        long lastOffset = buffer.getLong();
        int offsetDelta = buffer.getInt();
        long timestamp = buffer.getLong();
        int coordinatorEpoch = buffer.getInt();
        long transactionStart = buffer.getLong();
        int earlier = extension == null ? 0 : extension.get();
        ProducerEntry.Batch[] batches = new ProducerEntry.Batch[earlier + 1];
        for (int i = 0; i < earlier; i++) {
            batches[i] = new ProducerEntry.Batch(extension.getInt(), extension.getLong(), extension.getInt(), extension.getLong());
        }
        batches[earlier] = new ProducerEntry.Batch(lastSequence, lastOffset, offsetDelta, timestamp);
        boolean none = lastOffset < 0;
        entry.restore(epoch, coordinatorEpoch, timestamp, transactionStart, none ? Arrays.copyOf(batches, 0) : batches);
        return entry;
    }

    private static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().position(HEADER_BYTES));
        return (int) crc.getValue();
    }
}
