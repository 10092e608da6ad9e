// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.world.Disk;
import io.ottla.world.DiskFile;
import io.ottla.world.LocalDisk;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hundred gigabytes in two hundred segments, most of them holes: a start looks at the end only, after kill -9 too. */
class LargeDirectoryTest {
    private static final int SEGMENTS = 200;
    private static final long SEGMENT_BYTES = 512L << 20;
    private static final int MAX_BYTES_READ = 100_000;

    @TempDir
    Path clean;

    @TempDir
    Path killed;

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final AtomicLong bytesRead = new AtomicLong();

    @Test
    void aStartReadsWhatIsNotFlushedHoweverMuchThereIs() throws IOException {
        try (LocalCatalog catalog = open(clean, new LocalDisk())) {
            Partition partition = catalog.create("t", 1, Map.of("internal.segment.bytes", "200")).partitions().getFirst();
            for (int i = 0; i < SEGMENTS * 2; i++) {
                partition.append(Batches.of("v"), AppendOrigin.CLIENT);
            }
            Batches.awaitDurable(partition);
            copy(clean, killed);
        }
        for (Path directory : List.of(clean, killed)) {
            enlarge(directory);
            bytesRead.set(0);
            try (LocalCatalog catalog = open(directory, counting())) {
                Partition partition = catalog.topics().get("t").partitions().getFirst();
                assertEquals(SEGMENTS * 2, partition.offsets().logEnd());
                partition.append(Batches.of("more"), AppendOrigin.CLIENT);
                Batches.awaitDurable(partition);
                assertTrue(partition.describe().sizeBytes() > 90L << 30, () -> "size " + partition.describe().sizeBytes());
                assertEquals(1, Batches.batches(partition.read(SEGMENTS * 2, 1000, true, ReadLimit.HIGH_WATERMARK)).size());
                assertTrue(bytesRead.get() < MAX_BYTES_READ, () -> bytesRead + " bytes were read");
            }
        }
    }

    private LocalCatalog open(Path directory, Disk disk) throws IOException {
        return LocalCatalog.open(LogSettings.in(directory), disk, clock, new ManualTimers(clock));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).filter(file -> !file.getFileName().toString().equals(".lock")).toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
    }

    private static void enlarge(Path directory) throws IOException {
        List<Path> logs;
        try (Stream<Path> files = Files.list(directory.resolve("t-0"))) {
            logs = files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
        }
        for (Path log : logs.subList(0, logs.size() - 1)) {
            try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
                file.setLength(SEGMENT_BYTES);
            }
        }
    }

    private Disk counting() {
        return proxy(Disk.class, new LocalDisk(), DiskFile.class);
    }

    /** Counts what is read from files, whoever opens them. */
    private <T> T proxy(Class<T> type, T target, Class<?> counted) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
            int before = method.getName().equals("read") ? ((ByteBuffer) arguments[0]).position() : 0;
            Object result;
            try {
                result = method.invoke(target, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
            if (method.getName().equals("read")) {
                bytesRead.addAndGet(((ByteBuffer) arguments[0]).position() - before);
            }
            return counted != null && counted.isInstance(result) ? proxy(DiskFile.class, (DiskFile) result, null) : result;
        }));
    }
}
