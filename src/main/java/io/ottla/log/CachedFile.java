// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Disk.OpenMode;
import java.io.IOException;
import java.nio.file.Path;

/** A file that is opened when it is needed and may be closed in between. Safe for any thread. */
final class CachedFile {
    private final OpenFiles files;
    private final Path directory;
    private String name;
    private FileHandle handle;
    private volatile boolean recentlyUsed;
    private volatile boolean pinned;
    private boolean closed;

    CachedFile(OpenFiles files, Path directory, String name) {
        this.files = files;
        this.directory = directory;
        this.name = name;
    }

    synchronized Path path() {
        return directory.resolve(name);
    }

    synchronized String name() {
        return name;
    }

    /** The open file, retained for the caller, who must release it. Once closed it stays so: another may have its name by now. */
    FileHandle acquire() throws IOException {
        try {
            return open();
        } catch (IOException e) {
            if (!files.makeRoomAfter(e)) {
                throw e;
            }
            return open();
        }
    }

    private FileHandle open() throws IOException {
        FileHandle result;
        boolean fresh = false;
        synchronized (this) {
            if (closed) {
                throw new IOException(path() + " has left the log");
            }
            if (handle == null) {
                handle = new FileHandle(files.disk().open(path(), OpenMode.READ_WRITE));
                fresh = true;
            }
            result = handle;
            result.retain();
        }
        recentlyUsed = true;
        if (fresh) {
            files.opened(this);
        }
        return result;
    }

    /** As {@link #create}, where bytes will soon wait for a flush, so that {@link #acquirePinned} will find it open. */
    void createToBePinned() throws IOException {
        if (files.pins()) {
            files.awaitRoom();
        }
        create();
    }

    /** Creates the file, which must not exist, and keeps it open. */
    void create() throws IOException {
        try {
            createNew();
        } catch (IOException e) {
            if (!files.makeRoomAfter(e)) {
                throw e;
            }
            createNew();
        }
    }

    private void createNew() throws IOException {
        synchronized (this) {
            handle = new FileHandle(files.disk().open(path(), OpenMode.CREATE_NEW));
        }
        recentlyUsed = true;
        files.opened(this);
    }

    boolean exists() {
        return files.disk().exists(path());
    }

    /**
     * As {@link #acquire}, and keeps the file open until {@link #unpin}, while it has bytes that are not flushed: errors of late writes are
     * reported to open files only.
     */
    FileHandle acquirePinned() throws IOException {
        if (!files.pins()) {
            return acquire();
        }
        if (!isOpen()) {
            files.awaitRoom();
        }
        boolean before = pinned;
        pinned = true;
        try {
            return acquire();
        } catch (IOException e) {
            pinned = before;
            throw e;
        }
    }

    private synchronized boolean isOpen() {
        return handle != null;
    }

    void unpin() {
        if (pinned) {
            pinned = false;
            files.unpinned();
        }
    }

    /** Whether the file may be closed now; each call uses up one second chance. */
    boolean evictable() {
        boolean used = recentlyUsed;
        recentlyUsed = false;
        return !pinned && !used;
    }

    /** Closes the file once nobody reads it; it has left the count already. */
    void evict() {
        FileHandle last;
        synchronized (this) {
            last = handle;
            handle = null;
        }
        if (last != null) {
            last.release();
        }
    }

    void close() {
        pinned = false;
        synchronized (this) {
            closed = true;
        }
        files.closed(this);
        evict();
    }

    /** Renames the file in its directory; those who read it go on undisturbed. */
    synchronized void rename(String newName) throws IOException {
        files.disk().move(path(), directory.resolve(newName));
        name = newName;
    }

    void delete() throws IOException {
        close();
        files.disk().delete(path());
    }
}
