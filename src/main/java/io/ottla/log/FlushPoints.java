// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.PartitionId;
import io.ottla.world.Disk;
import io.ottla.world.Disk.OpenMode;
import io.ottla.world.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;

/**
 * The flush points of all partitions, in one file. A slot is written after each flush but not itself flushed: what it says
 * is true whenever it reaches the disk, and an older one only makes recovery look at more. After the process was killed it
 * is exact. Each slot has two halves that never cross a sector: writes go to the half that is not known to be durable, so
 * that the last durable one survives whatever happens to them. Safe for any thread.
 */
final class FlushPoints {
    private static final int HALF_BYTES = 128;
    private static final int SLOT_BYTES = 2 * HALF_BYTES;
    private static final int CRC_AT = HALF_BYTES - 4;
    private static final int WRITE_AT = 84;
    /** No file system has smaller blocks. */
    private static final int BLOCK_BYTES = 512;
    private static final ByteBuffer EMPTY_BLOCK = ByteBuffer.allocate(BLOCK_BYTES).asReadOnlyBuffer();
    private static final int USED = 0x4f464c31;
    /** Of a partition that is deleted. */
    private static final int FREED = 0x4f464c32;
    /** Slot 0 says that this is the file, so that one that was emptied is not taken for new. */
    private static final int HEADER = 0x4f464c30;

    /** A half that may be neither what it was nor what it was meant to be, as its write failed. */
    private record Unwritten(long position, byte[] bytes, long write) {}

    /** A partition's slot, and what it said when the file was opened; null if nothing. */
    record Slot(int number, FlushPoint point) {}

    private final DiskFile file;
    private final BitSet used = new BitSet();
    private final Map<PartitionKey, Slot> found = new HashMap<>();
    /** How often each slot was written: a half with a larger number is newer. */
    private long[] writes = new long[64];
    /** For each slot, twice the number of the force that will cover its last write, plus the half that it went to. */
    private long[] covering = new long[64];
    private long nextForce = 1;
    private long forced;
    private boolean lost;
    /** By slot. */
    private final Map<Integer, Unwritten> unwritten = new HashMap<>();
    /** Where halves are that were never written so. */
    private final List<Long> damaged = new ArrayList<>();

    private FlushPoints(DiskFile file) {
        this.file = file;
    }

    static FlushPoints open(Disk disk, Path path) throws IOException {
        boolean fresh = !disk.exists(path);
        FlushPoints points = new FlushPoints(disk.open(path, OpenMode.CREATE));
        if (fresh) {
            disk.syncDirectory(path.getParent());
        }
        points.readAll();
        points.lost |= !points.used.get(0);
        points.used.set(0);
        return points;
    }

    /** True if some of what was written may be gone: the file is new or damaged, and {@link #complete} was not called since. */
    synchronized boolean lost() {
        return lost;
    }

    /** Says durably that nothing is missing any more: each partition with records has its point. */
    synchronized void complete() throws IOException {
        for (long position : damaged) {
            file.write(ByteBuffer.allocate(HALF_BYTES), position);
        }
        damaged.clear();
        if (writes[0] == 0) {
            ByteBuffer header = ByteBuffer.allocate(HALF_BYTES).putInt(HEADER);
            file.write(header.putInt(CRC_AT, crc(header)).rewind(), 0);
        }
        file.force();
        lost = false;
    }

    private void readAll() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.size()));
        file.read(bytes, 0);
        writeAgain(bytes.duplicate().flip());
        int halves = bytes.position() / HALF_BYTES;
        PartitionKey firstHalf = null;
        for (int half = 0; half < halves; half++) {
            firstHalf = half % 2 == 0 ? null : firstHalf;
            ByteBuffer slot = bytes.slice(half * HALF_BYTES, HALF_BYTES);
            if (isEmpty(slot)) {
                continue;
            }
            if (slot.getInt(CRC_AT) != crc(slot)) {
                lost = true;
                damaged.add((long) half * HALF_BYTES);
            } else if (slot.getInt(0) == USED || slot.getInt(0) == FREED) {
                note(half / 2, half % 2, slot, firstHalf);
                firstHalf = slot.getInt(0) == USED ? keyOf(slot) : null;
            } else if (slot.getInt(0) == HEADER) {
                used.set(0);
            }
        }
    }

    /**
     * A flush may have failed before the process ended: only what is written again is known to reach the disk. Where nothing
     * was ever written there may be a hole, which a full disk could not fill.
     */
    private void writeAgain(ByteBuffer bytes) throws IOException {
        int from = 0;
        for (int at = 0; at < bytes.limit(); at += BLOCK_BYTES) {
            if (isEmpty(bytes.slice(at, Math.min(BLOCK_BYTES, bytes.limit() - at)))) {
                file.write(bytes.slice(from, at - from), from);
                from = at + BLOCK_BYTES;
            }
        }
        if (from < bytes.limit()) {
            file.write(bytes.slice(from, bytes.limit() - from), from);
        }
        if (bytes.hasRemaining()) {
            file.force();
        }
    }

    private static boolean isEmpty(ByteBuffer block) {
        int first = block.mismatch(EMPTY_BLOCK);
        return first < 0 || first == block.limit();
    }

    private static PartitionKey keyOf(ByteBuffer slot) {
        return new PartitionKey(new Uuid(slot.getLong(4), slot.getLong(12)), slot.getInt(20));
    }

    /** @param firstHalf whose point the first half says, if this is the second; null if nobody's */
    private void note(int number, int half, ByteBuffer slot, PartitionKey firstHalf) {
        makeRoom(number);
        long write = slot.getLong(WRITE_AT);
        if (write > writes[number]) {
            writes[number] = write;
            covering[number] = half;
            used.set(number, slot.getInt(0) == USED);
            if (half == 1 && firstHalf != null) {
                found.remove(firstHalf);
            }
            if (slot.getInt(0) == USED) {
                found.put(keyOf(slot), new Slot(number, decode(slot)));
            }
        }
    }

    private static FlushPoint decode(ByteBuffer slot) {
        return new FlushPoint(slot.getLong(24), slot.getLong(32), slot.getInt(40), slot.getLong(44), slot.getLong(52), slot.getLong(60), slot.getInt(68),
                slot.getInt(72), slot.getInt(76), slot.get(80) != 0, slot.get(81) != 0, slot.get(82) != 0, slot.getLong(92), slot.getInt(100));
    }

    private void makeRoom(int number) {
        if (number >= writes.length) {
            writes = Arrays.copyOf(writes, Math.max(number + 1, writes.length * 2));
            covering = Arrays.copyOf(covering, writes.length);
        }
    }

    /** The slot of a partition: the one it had before, or a free one. */
    synchronized Slot claim(PartitionId id) {
        Slot known = found.remove(PartitionKey.of(id));
        if (known != null) {
            return known;
        }
        int number = used.nextClearBit(0);
        used.set(number);
        makeRoom(number);
        return new Slot(number, null);
    }

    /** Writes the flush point of a partition that is yet to be created, and will find it when it claims its slot. */
    synchronized void prepare(PartitionId id, FlushPoint point) throws IOException {
        int number = claim(id).number();
        write(number, id, point);
        found.put(PartitionKey.of(id), new Slot(number, point));
    }

    /** Frees the slots that nobody claimed: their topics are gone. */
    synchronized void freeUnclaimed() throws IOException {
        for (Slot slot : found.values()) {
            free(slot.number());
        }
        found.clear();
    }

    /** Writes a partition's flush point. */
    synchronized void write(int number, PartitionId id, FlushPoint point) throws IOException {
        ByteBuffer slot = Scratch.take(HALF_BYTES);
        slot.putInt(USED).putLong(id.topicId().getMostSignificantBits()).putLong(id.topicId().getLeastSignificantBits()).putInt(id.index());
        slot.putLong(point.segmentBase()).putLong(point.offset()).putInt(point.position()).putLong(point.logStart());
        slot.putLong(point.maxTimestamp()).putLong(point.maxTimestampOffset()).putInt(point.leaderEpoch());
        slot.putInt(point.indexEntries()).putInt(point.timeEntries()).put((byte) (point.producers() ? 1 : 0)).put((byte) (point.clean() ? 1 : 0));
        slot.put((byte) (point.gaps() ? 1 : 0)).put((byte) 0);
        slot.putLong(writes[number] + 1).putLong(point.cleanedTo()).putInt(point.abortedCheck());
        write(number, slot);
    }

    private void write(int number, ByteBuffer slot) throws IOException {
        while (slot.position() < CRC_AT) {
            slot.putInt(0);
        }
        slot.putInt(crc(slot)).flip();
        long write = writes[number] + 1;
        long last = covering[number];
        long half = last / 2 <= forced ? 1 - last % 2 : last % 2;
        covering[number] = nextForce * 2 + half;
        long position = (long) number * SLOT_BYTES + half * HALF_BYTES;
        try {
            file.write(slot, position);
        } catch (IOException e) {
            byte[] bytes = new byte[HALF_BYTES];
            slot.rewind().get(bytes);
            unwritten.put(number, new Unwritten(position, bytes, write));
            throw e;
        }
        written(number, position, write);
    }

    private void written(int number, long position, long write) {
        unwritten.remove(number);
        damaged.remove(position);
        writes[number] = write;
    }

    /** What could not be written must not be taken for durable, nor the other half for one that may be overwritten. */
    private void writeUnwritten() throws IOException {
        for (int number : List.copyOf(unwritten.keySet())) {
            Unwritten half = unwritten.get(number);
            file.write(ByteBuffer.wrap(half.bytes()), half.position());
            written(number, half.position(), half.write());
        }
    }

    /**
     * Frees a slot whose partition was deleted. It is not emptied: whoever has it next has to write with larger numbers than stand
     * there, and these must be known even if a power cut brings them back.
     */
    synchronized void free(int number) throws IOException {
        used.clear(number);
        ByteBuffer slot = Scratch.take(HALF_BYTES).putInt(FREED);
        while (slot.position() < WRITE_AT) {
            slot.putInt(0);
        }
        write(number, slot.putLong(writes[number] + 1));
    }

    /** Makes all that was written durable. */
    void force() throws IOException {
        long covers;
        synchronized (this) {
            writeUnwritten();
            covers = nextForce++;
        }
        file.force();
        synchronized (this) {
            forced = Math.max(forced, covers);
        }
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
