// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.PartitionId;
import io.ottla.world.Disk;
import io.ottla.world.Disk.OpenMode;
import io.ottla.world.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;

/**
 * The flush points of all partitions, in one file of slots that never cross a sector. A slot is written after each flush but
 * not itself flushed: what it says is true whenever it reaches the disk, and an older one only makes recovery look at more.
 * After the process was killed it is exact. Safe for any thread.
 */
final class FlushPoints {
    private static final int SLOT_BYTES = 128;
    private static final int CRC_AT = SLOT_BYTES - 4;
    private static final int USED = 0x4f464c31;

    private record Key(Uuid topicId, int index) {}

    /** A partition's slot, and what it said when the file was opened; null if nothing. */
    record Slot(int number, FlushPoint point) {}

    private final DiskFile file;
    private final BitSet used = new BitSet();
    private final Map<Key, Slot> found = new HashMap<>();

    private FlushPoints(DiskFile file) {
        this.file = file;
    }

    static FlushPoints open(Disk disk, Path path) throws IOException {
        FlushPoints points = new FlushPoints(disk.open(path, OpenMode.CREATE));
        points.readAll();
        return points;
    }

    private void readAll() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.size()));
        file.read(bytes, 0);
        for (int number = 0; (number + 1) * SLOT_BYTES <= bytes.position(); number++) {
            ByteBuffer slot = bytes.slice(number * SLOT_BYTES, SLOT_BYTES);
            if (slot.getInt(0) == USED && slot.getInt(CRC_AT) == crc(slot)) {
                used.set(number);
                found.put(new Key(new Uuid(slot.getLong(4), slot.getLong(12)), slot.getInt(20)), new Slot(number, decode(slot)));
            }
        }
    }

    private static FlushPoint decode(ByteBuffer slot) {
        return new FlushPoint(slot.getLong(24), slot.getLong(32), slot.getInt(40), slot.getLong(44), slot.getLong(52), slot.getLong(60), slot.getInt(68), slot.getInt(72) != 0);
    }

    /** The slot of a partition: the one it had before, or a free one. */
    synchronized Slot claim(PartitionId id) {
        Slot known = found.remove(new Key(id.topicId(), id.index()));
        if (known != null) {
            return known;
        }
        int number = used.nextClearBit(0);
        used.set(number);
        return new Slot(number, null);
    }

    /** Frees the slots that nobody claimed: their topics are gone. */
    synchronized void freeUnclaimed() throws IOException {
        for (Slot slot : found.values()) {
            clear(slot.number());
        }
        found.clear();
    }

    /** Writes a partition's flush point. */
    void write(int number, PartitionId id, FlushPoint point) throws IOException {
        ByteBuffer slot = Scratch.take(SLOT_BYTES);
        slot.putInt(USED).putLong(id.topicId().getMostSignificantBits()).putLong(id.topicId().getLeastSignificantBits()).putInt(id.index());
        slot.putLong(point.segmentBase()).putLong(point.offset()).putInt(point.position()).putLong(point.logStart());
        slot.putLong(point.maxTimestamp()).putLong(point.maxTimestampOffset()).putInt(point.leaderEpoch()).putInt(point.producers() ? 1 : 0);
        while (slot.position() < CRC_AT) {
            slot.putInt(0);
        }
        slot.putInt(crc(slot)).flip();
        file.write(slot, (long) number * SLOT_BYTES);
    }

    /** Frees a slot whose partition was deleted. */
    synchronized void free(int number) throws IOException {
        clear(number);
    }

    private void clear(int number) throws IOException {
        file.write(ByteBuffer.allocate(SLOT_BYTES), (long) number * SLOT_BYTES);
        used.clear(number);
    }

    /** Makes all that was written durable. */
    void force() throws IOException {
        file.force();
    }

    void close() throws IOException {
        file.close();
    }

    private static int crc(ByteBuffer slot) {
        CRC32C crc = new CRC32C();
        crc.update(slot.duplicate().position(0).limit(CRC_AT));
        return (int) crc.getValue();
    }
}
