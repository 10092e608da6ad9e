// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Disk;
import io.ottla.world.Disk.OpenMode;
import io.ottla.world.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The catalog's events in a file: length 4, CRC32C 4, payload. Each is durable when {@link #append} returns. A torn last
 * record is cut when the file is opened; damage before it refuses to open. After the last record come zeros: room on the disk
 * that only those events use up that may give back more, so that topics can be deleted when the disk is full. An event that could
 * neither be written nor taken back leaves the journal in doubt: what follows needs {@link #settle} first. Called under the
 * catalog's lock.
 */
final class CatalogJournal {
    private static final Logger LOG = LoggerFactory.getLogger(CatalogJournal.class);
    private static final int HEADER_BYTES = 8;
    private static final int MAX_RECORD_BYTES = 16 << 20;
    private static final int MIN_REWRITE_BYTES = 1 << 20;
    private static final int RESERVE_BYTES = 32 << 10;

    private final Disk disk;
    private final Path path;
    private DiskFile file;
    /** Where the last record ends. */
    private long end;
    /** Where the zeros after it end. */
    private long room;
    private long rewrittenBytes;
    private boolean torn;
    /** Bytes after the last record that may hold an event that was refused. */
    private int doubtfulBytes;
    /** Whether a crash would leave this file under its name. */
    private boolean entryDurable;

    private CatalogJournal(Disk disk, Path path) throws IOException {
        this.disk = disk;
        this.path = path;
        file = disk.open(path, OpenMode.CREATE);
        // It may have been put in the place of another by a process that was killed before that was durable.
        syncEntry();
    }

    private void syncEntry() throws IOException {
        if (!entryDurable) {
            disk.syncDirectory(path.getParent());
            entryDurable = true;
        }
    }

    static CatalogJournal open(Disk disk, Path path) throws IOException {
        return new CatalogJournal(disk, path);
    }

    /** Reads all events; called once, before {@link #cutTail}. */
    List<CatalogEvent> replay() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.size()));
        file.read(bytes, 0);
        bytes.flip();
        List<CatalogEvent> events = new ArrayList<>();
        int at = 0;
        for (byte[] payload = payload(bytes, at); payload != null; payload = payload(bytes, at)) {
            events.add(CatalogEvent.decode(payload));
            at += HEADER_BYTES + payload.length;
        }
        end = at;
        rewrittenBytes = at;
        room = bytes.limit();
        torn = !isZeros(bytes, at);
        if (torn) {
            refuseDamage(bytes, at);
        } else if (room > end) {
            clearRoom();
        }
        return events;
    }

    private static boolean isZeros(ByteBuffer bytes, int from) {
        for (int at = from; at < bytes.limit(); at++) {
            if (bytes.get(at) != 0) {
                return false;
            }
        }
        return true;
    }

    private void refuseDamage(ByteBuffer bytes, int at) throws IOException {
        for (int later = at + 1; later < bytes.limit(); later++) {
            byte[] payload = payload(bytes, later);
            if (payload != null && payload.length > 0) {
                throw new DamagedLogException(path + " is damaged at byte " + at + ": restore it from a copy");
            }
        }
    }

    /** Cuts what is left of a record that was never whole; called once, before the first append. False if there is none. */
    boolean cutTail() throws IOException {
        boolean cut = torn;
        if (torn) {
            LOG.warn("event=catalog_tail_cut file={} byte={} of={} reason=\"no whole record follows\"", path, end, room);
            file.truncate(end);
            file.force();
            room = end;
            torn = false;
        }
        return cut;
    }

    /** The record's payload, or null if no whole record is at {@code at}. */
    private static byte[] payload(ByteBuffer bytes, int at) {
        if (bytes.limit() - at < HEADER_BYTES) {
            return null;
        }
        int length = bytes.getInt(at);
        if (length <= 0 || length > bytes.limit() - at - HEADER_BYTES) {
            return null;
        }
        byte[] payload = new byte[length];
        bytes.get(at + HEADER_BYTES, payload);
        return crc(payload) == bytes.getInt(at + 4) ? payload : null;
    }

    private static int crc(byte[] payload) {
        CRC32C crc = new CRC32C();
        crc.update(payload);
        return (int) crc.getValue();
    }

    /** @throws IOException the event is not in the journal, unless that is {@link #inDoubt} */
    void append(CatalogEvent event) throws IOException {
        checkSettled();
        syncEntry();
        ByteBuffer record = record(event);
        int size = record.remaining();
        makeRoom(end + size, event.makesRoom());
        try {
            file.write(record, end);
            file.force();
        } catch (IOException e) {
            unwrite(size, e);
            throw e;
        }
        end += size;
    }

    /** Keeps zeros ahead of the records. */
    private void makeRoom(long needed, boolean mayUseReserve) throws IOException {
        if (room - needed >= RESERVE_BYTES / 2) {
            return;
        }
        try {
            long from = Math.max(room, needed);
            file.write(ByteBuffer.allocate(RESERVE_BYTES), from);
            room = from + RESERVE_BYTES;
        } catch (IOException e) {
            if (!mayUseReserve || needed > room) {
                throw e;
            }
        }
    }

    /** What failed and was taken back before the process ended must not turn up later. On a full disk even zeros may find no room. */
    private void clearRoom() throws IOException {
        try {
            clear(room - end);
        } catch (IOException e) {
            file.truncate(end);
            file.force();
            room = end;
        }
    }

    private void clear(long sizeBytes) throws IOException {
        file.write(ByteBuffer.allocate(Math.toIntExact(sizeBytes)), end);
        file.force();
    }

    private void unwrite(int size, IOException cause) {
        try {
            clear(size);
        } catch (IOException e) {
            doubtfulBytes = size;
            cause.addSuppressed(e);
        }
    }

    private void checkSettled() {
        if (inDoubt()) {
            throw new IllegalStateException(path + " is in doubt");
        }
    }

    /** True if an event that {@link #append} has failed for may be there at the next start all the same. */
    boolean inDoubt() {
        return doubtfulBytes > 0;
    }

    /**
     * Ends the doubt, if there is one: the file is replaced by one that holds just {@code events}, as what a disk says of a file after an
     * error is not to be relied on. Where there is no room for that, what is doubtful is overwritten.
     *
     * @throws IOException the doubt remains
     */
    void settle(List<CatalogEvent> events) throws IOException {
        if (!inDoubt()) {
            return;
        }
        try {
            rewrite(events);
        } catch (IOException e) {
            if (!entryDurable) {
                // A crash may bring the old file back.
                throw e;
            }
            overwriteDoubtful(e);
        }
        doubtfulBytes = 0;
    }

    private void overwriteDoubtful(IOException cause) throws IOException {
        try {
            clear(doubtfulBytes);
        } catch (IOException e) {
            e.addSuppressed(cause);
            throw e;
        }
    }

    private static ByteBuffer record(CatalogEvent event) {
        byte[] payload = CatalogEvent.encode(event);
        if (payload.length > MAX_RECORD_BYTES) {
            throw new IllegalArgumentException("catalog event of " + payload.length + " bytes");
        }
        return ByteBuffer.allocate(HEADER_BYTES + payload.length).putInt(payload.length).putInt(crc(payload)).put(payload).flip();
    }

    boolean empty() {
        return end == 0;
    }

    /** True if the file has become much larger than what it says. */
    boolean worthRewriting() {
        return end > MIN_REWRITE_BYTES && end > 4 * rewrittenBytes;
    }

    /** Replaces the file atomically by one that holds just {@code events}. */
    void rewrite(List<CatalogEvent> events) throws IOException {
        List<ByteBuffer> records = events.stream().map(CatalogJournal::record).toList();
        ByteBuffer all = ByteBuffer.allocate(records.stream().mapToInt(ByteBuffer::remaining).sum());
        records.forEach(all::put);
        DiskFile old = file;
        file = replaced(all.flip());
        entryDurable = false;
        end = all.limit();
        room = end;
        rewrittenBytes = end;
        old.close();
        syncEntry();
    }

    private DiskFile replaced(ByteBuffer bytes) throws IOException {
        Path temporary = path.resolveSibling(path.getFileName() + LogFileNames.TEMPORARY);
        DiskFile fresh = disk.open(temporary, OpenMode.CREATE);
        try {
            fresh.truncate(0);
            fresh.write(bytes.duplicate(), 0);
            fresh.force();
            disk.move(temporary, path);
            return fresh;
        } catch (IOException e) {
            fresh.close();
            throw e;
        }
    }

    void close() throws IOException {
        file.close();
    }
}
