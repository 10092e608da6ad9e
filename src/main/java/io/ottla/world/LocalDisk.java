// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The operating system's file system. Threads that use its files must not be interrupted: an interrupt would close a file
 * under everybody else (see {@link java.nio.channels.InterruptibleChannel}).
 */
public final class LocalDisk implements Disk {
    @Override
    public DiskFile open(Path path, OpenMode mode) throws IOException {
        return explained(() -> new LocalDiskFile(FileChannel.open(path, options(mode))));
    }

    private static Set<StandardOpenOption> options(OpenMode mode) {
        return switch (mode) {
            case READ -> Set.of(StandardOpenOption.READ);
            case READ_WRITE -> Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
            case CREATE -> Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
            case CREATE_NEW -> Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        };
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        return explained(() -> children(directory));
    }

    private static List<String> children(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
            children.forEach(child -> names.add(child.getFileName().toString()));
        } catch (NoSuchFileException | NotDirectoryException notThere) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }

    @Override
    public boolean exists(Path path) {
        return Files.exists(path);
    }

    @Override
    public boolean isDirectory(Path path) {
        return Files.isDirectory(path);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        explained(() -> Files.createDirectories(directory));
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        explained(() -> Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING));
    }

    @Override
    public void delete(Path path) throws IOException {
        explained(() -> Files.deleteIfExists(path));
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = explained(() -> FileChannel.open(directory, StandardOpenOption.READ))) {
            channel.force(true);
        }
    }

    @Override
    public FileSystemSync fileSystemSync(Path directory) {
        return SyncFs.of(directory);
    }

    @Override
    public long usableBytes(Path path) throws IOException {
        return Files.getFileStore(path).getUsableSpace();
    }

    @Override
    public AutoCloseable lock(Path path) throws IOException {
        FileChannel channel = explained(() -> FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE));
        FileLock lock = tryLock(channel);
        if (lock == null) {
            channel.close();
            throw new IOException(path + " is locked by another process or broker");
        }
        return channel;
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldInThisProcess) {
            return null;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private interface Call<T> {
        T run() throws IOException;
    }

    /** Some exceptions of the JDK have a path as their message, and nothing else: logs and clients want to know what is the matter with it. */
    private static <T> T explained(Call<T> call) throws IOException {
        try {
            return call.run();
        } catch (AccessDeniedException e) {
            throw e.getReason() != null ? e : because(new AccessDeniedException(e.getFile(), e.getOtherFile(), "access denied"), e);
        } catch (NoSuchFileException e) {
            throw e.getReason() != null ? e : because(new NoSuchFileException(e.getFile(), e.getOtherFile(), "no such file"), e);
        } catch (FileAlreadyExistsException e) {
            throw e.getReason() != null ? e : because(new FileAlreadyExistsException(e.getFile(), e.getOtherFile(), "exists already"), e);
        }
    }

    private static FileSystemException because(FileSystemException explained, FileSystemException cause) {
        explained.initCause(cause);
        return explained;
    }
}
