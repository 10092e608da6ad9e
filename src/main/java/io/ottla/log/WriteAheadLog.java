// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.log.WriteAheadRecord.Entry;
import io.ottla.world.Clock;
import io.ottla.world.Disk;
import io.ottla.world.Disk.OpenMode;
import io.ottla.world.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One file of fixed size that makes small appends to many segments durable with one flush, which costs half of what it costs to flush a
 * file that grows. The segments get the same bytes at once, and are flushed themselves later ("settled"): only after a power cut is
 * anything read from here. Where there is no room because they are not settled yet, and before there is a need for the file, partitions
 * are flushed as without it. Safe for any thread.
 *
 * <p>Records are written one after another, and each is flushed after it was written: so none is durable before those that it follows.
 */
final class WriteAheadLog {
    private static final Logger LOG = LoggerFactory.getLogger(WriteAheadLog.class);
    static final String FILE = "write-ahead-log";
    /** Not more of one partition at a time: a longer write costs more than the flush that it saves. */
    static final int MOST_BYTES = 128 * 1024;
    private static final int MOST_RECORD_BYTES = 1 << 20;
    private static final int ZEROS_BYTES = 1 << 20;
    /** As many rounds overlap. */
    private static final int SLOTS = 2;
    private static final long BUSY_NANOS = 1_000_000_000;
    private static final long RETRY_NANOS = 60_000_000_000L;
    private static final long CLEAR_SECONDS = 60;
    /** About so many have bytes in one piece. */
    private static final int MOST_PARTITIONS = 64;
    /** Where there is less room than for so many of it, it is left to records. */
    private static final int SPARE_SIZES = 4;

    /** One partition's part of a record. */
    interface Source {
        PartitionKey key();

        /** How many bytes {@link #putEntry} puts. */
        int entryBytes();

        /** Puts an entry, as {@link WriteAheadRecord} says. */
        void putEntry(ByteBuffer record) throws IOException;

        /** Has the partition flushed; {@link WriteAheadLog#settled} is called when that is done. */
        void settle();
    }

    /** What a round writes with. A failed flush is reported once to each open file: so each has its own. */
    private record Slot(DiskFile file, ByteBuffer buffer) {}

    private final Disk disk;
    private final Path path;
    private final Clock clock;
    private final Workers workers;
    private final int pieceBytes;
    private final int busyFlushes;

    private final ReentrantLock lock = new ReentrantLock();
    // All below is guarded by the lock.
    private final Condition changed = lock.newCondition();
    private final Map<PartitionKey, Source> sources = new HashMap<>();
    private final ArrayDeque<Slot> slots = new ArrayDeque<>();
    private WriteAheadPieces pieces;
    private long nextSequence = 1;
    /** How many slots there are; none if the file is an earlier process's, in which nothing is written any more. */
    private int made;
    private boolean preparing;
    private boolean broken;
    private boolean closed;
    private int flushes;
    private long countedSinceNanos;
    private long retryNanos;
    /** For reading. Null until there is a need for the file. */
    private volatile DiskFile file;
    private volatile boolean usable;

    private WriteAheadLog(Disk disk, Clock clock, Workers workers, LogSettings settings) {
        this.disk = disk;
        this.clock = clock;
        this.workers = workers;
        path = settings.directory().resolve(FILE);
        pieceBytes = settings.writeAhead().pieceBytes();
        busyFlushes = settings.flushMode() == FlushMode.DISK ? settings.writeAhead().busyFlushes() : Integer.MAX_VALUE;
        countedSinceNanos = clock.monotonicNanos();
        retryNanos = countedSinceNanos;
    }

    /** Opens what an earlier process has left, if it was not closed cleanly. */
    static WriteAheadLog open(Disk disk, Clock clock, Workers workers, LogSettings settings) throws IOException {
        WriteAheadLog log = new WriteAheadLog(disk, clock, workers, settings);
        if (disk.exists(log.path)) {
            log.scan();
        }
        return log;
    }

    private void scan() throws IOException {
        DiskFile found = disk.open(path, OpenMode.READ_WRITE);
        WriteAheadPieces there = new WriteAheadPieces((int) Math.min(found.size() / WriteAheadPieces.COUNT, Integer.MAX_VALUE));
        ByteBuffer bytes = ByteBuffer.allocateDirect(there.pieceBytes());
        for (int i = 0; i < WriteAheadPieces.COUNT; i++) {
            found.read(bytes.clear(), (long) i * there.pieceBytes());
            nextSequence = Math.max(nextSequence, there.scan(i, bytes.flip()));
        }
        // Of records that were not whole, later ones may be there: their numbers must not come again.
        nextSequence += (long) WriteAheadPieces.COUNT * there.pieceBytes();
        pieces = there;
        file = found;
    }

    /** Forgets partitions that are no more. Called before any partition is opened. */
    void keepOnly(Supplier<Collection<LocalPartition>> existing) {
        if (file == null) {
            return;
        }
        Set<PartitionKey> keys = existing.get().stream().map(LocalPartition::key).collect(Collectors.toSet());
        lock.lock();
        try {
            pieces.keepOnly(keys);
            dropFileIfIdle();
        } finally {
            lock.unlock();
        }
    }

    /** Whether there is something that the partition's segments may lack. */
    boolean holds(PartitionKey key) {
        return !entries(key).isEmpty();
    }

    /** What was written for a partition since it was last flushed, oldest first. */
    List<Entry> entries(PartitionKey key) {
        if (file == null) {
            return List.of();
        }
        lock.lock();
        try {
            return file == null ? List.of() : pieces.entries(key);
        } finally {
            lock.unlock();
        }
    }

    /** Fills the buffer with bytes of an entry, from {@code from} on. */
    void read(Entry entry, int from, ByteBuffer target) throws IOException {
        int wanted = target.remaining();
        DiskFile there = file;
        if (there == null || there.read(target, entry.at() + from) < wanted) {
            throw new IOException(path + " is shorter than it was");
        }
    }

    /** All that was written for a partition is in its segments, durably, or it is no more. */
    void settled(PartitionKey key) {
        if (file == null) {
            return;
        }
        lock.lock();
        try {
            if (file == null) {
                return;
            }
            pieces.settled(key);
            sources.remove(key);
            if (made == 0 || broken) {
                dropFileIfIdle();
            } else {
                usable = pieces.hasRoom();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether there is room. */
    boolean usable() {
        return usable;
    }

    /** Whether it is worth trying to {@link #write} for this partition: one that comes seldom costs a flush of its segment all the same, and a write here besides. */
    boolean takes(PartitionKey key) {
        if (!usable) {
            return false;
        }
        lock.lock();
        try {
            return usable && pieces.takes(key, MOST_PARTITIONS);
        } finally {
            lock.unlock();
        }
    }

    /** How long a record may be. */
    int mostRecordBytes() {
        return Math.min(MOST_RECORD_BYTES, pieceBytes);
    }

    /**
     * Makes what these partitions have to say durable; false if it can't, and they have to be flushed.
     *
     * @param group their entries fit into {@link #mostRecordBytes}
     */
    boolean write(List<? extends Source> group) {
        Slot slot = takeSlot();
        if (slot == null) {
            return false;
        }
        try {
            ByteBuffer record = slot.buffer().clear().position(WriteAheadRecord.HEADER_BYTES);
            for (Source source : group) {
                source.putEntry(record);
            }
            if (!append(slot, group, WriteAheadRecord.checksum(record.flip()))) {
                return false;
            }
            slot.file().force();
            return true;
        } catch (IOException | RuntimeException | Error e) {
            failed(e);
            return false;
        } finally {
            giveBack(slot);
        }
    }

    private Slot takeSlot() {
        lock.lock();
        try {
            return usable ? slots.pollFirst() : null;
        } finally {
            lock.unlock();
        }
    }

    private void giveBack(Slot slot) {
        lock.lock();
        try {
            slots.addFirst(slot);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean append(Slot slot, List<? extends Source> group, int checksum) throws IOException {
        boolean another;
        lock.lock();
        try {
            another = !pieces.fits(slot.buffer().limit());
            if (broken || another && !pieces.goOn(nextSequence)) {
                usable = !broken && pieces.hasRoom();
                return false;
            }
            WriteAheadRecord.putHeader(slot.buffer(), nextSequence, checksum);
            try {
                slot.file().write(slot.buffer().rewind(), pieces.end());
            } catch (IOException | RuntimeException | Error e) {
                // What follows would not be found.
                broken = true;
                throw e;
            }
            pieces.written(slot.buffer());
            group.forEach(source -> sources.put(source.key(), source));
            nextSequence++;
        } finally {
            lock.unlock();
        }
        if (another) {
            settle(true);
        }
        return true;
    }

    /** Has all partitions flushed of which something is only here. */
    void settleAll() {
        settle(false);
    }

    private void settle(boolean onlyFullPieces) {
        List<Source> due;
        lock.lock();
        try {
            due = onlyFullPieces ? pieces.inFullPieces().stream().map(sources::get).filter(Objects::nonNull).toList() : List.copyOf(sources.values());
        } finally {
            lock.unlock();
        }
        // One that has to wait for its partition's lock holds up no other.
        due.forEach(source -> workers.submit(source::settle));
    }

    private void failed(Throwable cause) {
        LOG.error("event=write_ahead_failed file={} action=partitions_are_flushed_without_it reason=\"{}\"", path, cause.toString());
        lock.lock();
        try {
            broken = true;
            usable = false;
        } finally {
            lock.unlock();
        }
        settleAll();
    }

    /** Counts a flush: when there are many, it is time for the file. */
    void counted() {
        if (file != null || busyFlushes == Integer.MAX_VALUE) {
            return;
        }
        lock.lock();
        try {
            long now = clock.monotonicNanos();
            flushes++;
            if (flushes >= busyFlushes) {
                if (now - countedSinceNanos <= BUSY_NANOS && now - retryNanos >= 0 && file == null && !preparing && !closed) {
                    preparing = true;
                    workers.submit(this::prepare);
                }
                flushes = 0;
                countedSinceNanos = now;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Writes the file once, so that writing in it changes no length and takes no new blocks. */
    private void prepare() {
        DiskFile fresh = null;
        try {
            long size = (long) WriteAheadPieces.COUNT * pieceBytes;
            if (disk.usableBytes(path.getParent()) < SPARE_SIZES * size) {
                throw new IOException("the disk is too full for it");
            }
            fresh = disk.open(path, OpenMode.CREATE);
            ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(ZEROS_BYTES, size));
            for (long at = 0; at < size; at += zeros.limit()) {
                fresh.write(zeros.clear().limit((int) Math.min(zeros.capacity(), size - at)), at);
            }
            fresh.force();
            disk.syncDirectory(path.getParent());
            prepared(fresh, openSlots());
        } catch (IOException e) {
            notPrepared(fresh, e);
        }
    }

    private List<Slot> openSlots() throws IOException {
        List<Slot> opened = new ArrayList<>();
        try {
            for (int i = 0; i < SLOTS; i++) {
                opened.add(new Slot(disk.open(path, OpenMode.READ_WRITE), ByteBuffer.allocateDirect(mostRecordBytes())));
            }
            return opened;
        } catch (IOException e) {
            for (Slot slot : opened) {
                slot.file().close();
            }
            throw e;
        }
    }

    private void prepared(DiskFile fresh, List<Slot> opened) {
        lock.lock();
        try {
            pieces = new WriteAheadPieces(pieceBytes);
            slots.addAll(opened);
            made = opened.size();
            file = fresh;
            preparing = false;
            usable = true;
        } finally {
            lock.unlock();
        }
        LOG.debug("event=write_ahead_begins file={}", path);
    }

    private void notPrepared(DiskFile fresh, IOException cause) {
        LOG.warn("event=write_ahead_not_prepared file={} action=tried_again_later reason=\"{}\"", path, cause.getMessage());
        try {
            if (fresh != null) {
                fresh.close();
                disk.delete(path);
            }
        } catch (IOException e) {
            LOG.warn("event=delete_failed file={} action=written_anew_later reason=\"{}\"", path, e.getMessage());
        }
        lock.lock();
        try {
            preparing = false;
            retryNanos = clock.monotonicNanos() + RETRY_NANOS;
        } finally {
            lock.unlock();
        }
    }

    /** Gives the file up if nothing in it is needed, and nobody writes. Called under the lock. */
    private void dropFileIfIdle() {
        if (file == null || !pieces.empty() || slots.size() < made) {
            return;
        }
        try {
            closeFiles();
            disk.delete(path);
        } catch (IOException e) {
            LOG.warn("event=delete_failed file={} action=written_anew_later reason=\"{}\"", path, e.getMessage());
        }
        pieces = null;
        made = 0;
        usable = false;
        boolean gaveUp = broken;
        broken = false;
        file = null;
        retryNanos = clock.monotonicNanos() + (gaveUp ? RETRY_NANOS : 0);
    }

    private void closeFiles() throws IOException {
        file.close();
        for (Slot slot = slots.pollFirst(); slot != null; slot = slots.pollFirst()) {
            slot.file().close();
        }
    }

    /** Waits until nothing is only here, and gives the file up: what comes next must not find anything in it. */
    void clear() throws IOException {
        settleAll();
        lock.lock();
        try {
            long left = TimeUnit.SECONDS.toNanos(CLEAR_SECONDS);
            dropFileIfIdle();
            while (file != null) {
                if (left <= 0) {
                    throw new IOException(path + " holds what some partition's segments may lack: see in the log which is offline");
                }
                left = changed.awaitNanos(left);
                dropFileIfIdle();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    /** Called when every partition is closed. What could not be flushed is kept for the next start. */
    void close() throws IOException {
        lock.lock();
        try {
            closed = true;
            usable = false;
            if (file == null) {
                return;
            }
            dropFileIfIdle();
            if (file != null) {
                closeFiles();
            } else {
                disk.syncDirectory(path.getParent());
            }
        } finally {
            lock.unlock();
        }
    }
}
