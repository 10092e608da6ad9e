// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The file system as the log needs it: names and contents become durable only when asked
 * ({@link DiskFile#force()}, {@link #syncDirectory(Path)}). Safe for any thread.
 */
public interface Disk {
    /** Whether a file must, may or must not exist when it is opened. */
    enum OpenMode { READ, READ_WRITE, CREATE, CREATE_NEW }

    DiskFile open(Path path, OpenMode mode) throws IOException;

    /** The names in a directory in no special order; empty if the directory does not exist. */
    List<String> list(Path directory) throws IOException;

    boolean exists(Path path);

    boolean isDirectory(Path path);

    /** Creates the directory and its missing parents. */
    void createDirectories(Path directory) throws IOException;

    /** Renames atomically, replacing a file at the target. */
    void move(Path from, Path to) throws IOException;

    /** Deletes a file or an empty directory; harmless if absent. */
    void delete(Path path) throws IOException;

    /** Makes the entries of a directory (creations, renames, deletions) durable. */
    void syncDirectory(Path directory) throws IOException;

    /** A way to make all files of the file system that a directory is on durable at once; null where there is none that says what failed. */
    FileSystemSync fileSystemSync(Path directory);

    /** Bytes that this process may still write below {@code path}. */
    long usableBytes(Path path) throws IOException;

    /** Locks a file against other processes and other brokers of this process; throws if somebody else holds it. */
    AutoCloseable lock(Path path) throws IOException;
}
