// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.Eventually;
import io.ottla.world.Disk;
import io.ottla.world.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How many files the log has open, whatever waits to be flushed. */
class OpenFilesTest {
    private static final Path FOLDER = Path.of("/sim");
    private static final int LIMIT = 2;
    private static final int MOST = 4;

    private final SimulatedDisk disk = new SimulatedDisk(new Random(1));
    private final OpenFiles files = new OpenFiles(disk, LIMIT, MOST, true, () -> { }, TimeUnit.HOURS.toNanos(1));

    private CachedFile file(String name) throws IOException {
        disk.createDirectories(FOLDER);
        CachedFile file = new CachedFile(files, FOLDER, name);
        file.create();
        return file;
    }

    private static void write(CachedFile file) throws IOException {
        FileHandle handle = file.acquirePinned();
        handle.file().write(ByteBuffer.allocate(1), 0);
        handle.release();
    }

    @Test
    void filesThatAreNotFlushedStayOpenBeyondTheLimit() throws IOException {
        for (int i = 0; i < MOST; i++) {
            write(file("unflushed-" + i));
        }
        assertEquals(MOST, files.count());
    }

    @Test
    void whoNeedsOneMoreWaitsUntilAFlushIsDone() throws Exception {
        CachedFile last = file("last");
        last.evict();
        files.closed(last);
        assertWaitsForAFlush(() -> write(last));
    }

    @Test
    void whoBeginsASegmentWaitsUntilAFlushIsDone() throws Exception {
        Segment segment = new Segment(files, FOLDER, 0, 0, Segment.Existing.NONE);
        assertWaitsForAFlush(segment::create);
    }

    private interface Step {
        void run() throws IOException;
    }

    private void assertWaitsForAFlush(Step step) throws Exception {
        CachedFile[] unflushed = new CachedFile[MOST];
        for (int i = 0; i < MOST; i++) {
            unflushed[i] = file("unflushed-" + i);
            write(unflushed[i]);
        }
        CompletableFuture<Throwable> done = new CompletableFuture<>();
        Thread writer = Thread.ofPlatform().start(() -> {
            try {
                step.run();
                done.complete(null);
            } catch (Throwable e) {
                done.complete(e);
            }
        });
        Eventually.until(() -> "the writer is " + writer.getState(), () -> writer.getState() == Thread.State.TIMED_WAITING || !writer.isAlive());
        assertEquals(MOST, files.count());
        unflushed[1].unpin();
        assertNull(done.get(Eventually.DEADLINE.toSeconds(), TimeUnit.SECONDS));
        assertTrue(files.count() <= MOST, () -> files.count() + " are open");
    }

    @Test
    void whoNeedsOneMoreHasFlushedWhatNobodyWaitsFor() throws IOException {
        disk.createDirectories(FOLDER);
        List<CachedFile> unflushed = new ArrayList<>();
        OpenFiles asking = new OpenFiles(disk, LIMIT, LIMIT, true, () -> unflushed.forEach(CachedFile::unpin), TimeUnit.HOURS.toNanos(1));
        for (int i = 0; i <= LIMIT; i++) {
            CachedFile file = new CachedFile(asking, FOLDER, "asking-" + i);
            if (i < LIMIT) {
                file.create();
                unflushed.add(file);
            } else {
                disk.open(file.path(), Disk.OpenMode.CREATE).close();
            }
            write(file);
        }
        assertTrue(asking.count() <= LIMIT, () -> asking.count() + " are open");
    }

    @Test
    void aDiskThatFlushesNothingHoldsNobodyUpForEver() throws IOException {
        OpenFiles hasty = new OpenFiles(disk, LIMIT, LIMIT, true, () -> { }, 1);
        disk.createDirectories(FOLDER);
        for (int i = 0; i <= LIMIT; i++) {
            CachedFile file = new CachedFile(hasty, FOLDER, "hasty-" + i);
            file.create();
            write(file);
        }
        assertEquals(LIMIT + 1, hasty.count());
    }
}
