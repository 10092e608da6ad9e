// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Linux's {@code syncfs(2)}, for which Java has no method of its own. */
final class SyncFs implements FileSystemSync {
    private static final Logger LOG = LoggerFactory.getLogger(SyncFs.class);

    /** Those of which it is known that they flush the device, and report failures. */
    private static final Set<String> FILE_SYSTEMS = Set.of("ext4", "xfs", "btrfs");

    /** Before Linux 5.8 a write-back that failed was not reported. */
    private static final int MAJOR = 5;
    private static final int MINOR = 8;

    private static final int WRITABLE = 2;
    private static final int EROFS = 30;

    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO_VALUE = CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private final MethodHandle syncfs;
    private final MethodHandle faccessat;
    private final MethodHandle close;
    private final Path directory;
    /** Open for as long as this is used: a failure is reported to those who were there when it happened. */
    private final int descriptor;

    private SyncFs(Path directory) throws IOException {
        this.directory = directory;
        syncfs = function("syncfs", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), ERRNO);
        faccessat = function("faccessat",
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), ERRNO);
        close = function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        descriptor = open(directory);
    }

    /** For the file system that {@code directory} is on, or null where this is not to be had. */
    static SyncFs of(Path directory) {
        if (!SyncFs.class.getModule().isNativeAccessEnabled() || !System.getProperty("os.name").equals("Linux")
                || !reportsFailures(System.getProperty("os.version"))) {
            return null;
        }
        try {
            return FILE_SYSTEMS.contains(Files.getFileStore(directory).type()) && allOnOneDevice(directory) ? new SyncFs(directory) : null;
        } catch (IOException | UnsupportedOperationException e) {
            LOG.warn("event=syncfs_not_used directory={} action=files_are_flushed_one_by_one reason=\"{}\"", directory, e.getMessage());
            return null;
        }
    }

    /** Whether nothing in the directory is a mount point, or a link to somewhere else: a sync of its file system would pass that over. */
    private static boolean allOnOneDevice(Path directory) throws IOException {
        Object device = Files.getAttribute(directory, "unix:dev");
        try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
            for (Path child : children) {
                if (!isOn(device, child)) {
                    return false;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return true;
    }

    private static boolean isOn(Object device, Path file) throws IOException {
        try {
            return device.equals(Files.getAttribute(file, "unix:dev"));
        } catch (NoSuchFileException gone) {
            return true;
        }
    }

    /** @param version as {@code uname -r} has it */
    static boolean reportsFailures(String version) {
        String[] parts = version.split("[^0-9]", 3);
        if (parts.length < 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
            return false;
        }
        int major = Integer.parseInt(parts[0]);
        return major > MAJOR || major == MAJOR && Integer.parseInt(parts[1]) >= MINOR;
    }

    private static MethodHandle function(String name, FunctionDescriptor types, Linker.Option... options) throws IOException {
        Linker linker = Linker.nativeLinker();
        MemorySegment address = linker.defaultLookup().find(name).orElseThrow(() -> new IOException("the C library has no " + name));
        return linker.downcallHandle(address, types, options);
    }

    private static int open(Path directory) throws IOException {
        FunctionDescriptor types = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
        MethodHandle open = function("open", types, ERRNO, Linker.Option.firstVariadicArg(2));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(CAPTURED);
            int readOnly = 0;
            int opened = (int) open.invokeExact(errno, arena.allocateFrom(directory.toString()), readOnly);
            if (opened < 0) {
                throw failure("open", directory, errno);
            }
            return opened;
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IOException(e);
        }
    }

    @Override
    public void sync() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(CAPTURED);
            int result = (int) syncfs.invokeExact(errno, descriptor);
            if (result != 0) {
                throw failure("syncfs", directory, errno);
            }
            failIfReadOnly(arena, errno);
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IOException(e);
        }
    }

    /** Of a file system that nobody may write to (any more), Linux syncs nothing and says that all is well. */
    private void failIfReadOnly(Arena arena, MemorySegment errno) throws Throwable {
        int flags = 0;
        int result = (int) faccessat.invokeExact(errno, descriptor, arena.allocateFrom("."), WRITABLE, flags);
        if (result != 0 && (int) ERRNO_VALUE.get(errno, 0L) == EROFS) {
            throw failure("access", directory, errno);
        }
    }

    private static IOException failure(String call, Path directory, MemorySegment errno) {
        return new IOException(call + " of " + directory + " failed with errno " + (int) ERRNO_VALUE.get(errno, 0L));
    }

    @Override
    public void close() {
        try {
            int result = (int) close.invokeExact(descriptor);
            if (result != 0) {
                LOG.warn("event=close_failed directory={} action=ignored", directory);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
