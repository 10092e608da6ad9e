// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Disk;
import io.ottla.world.Disk.OpenMode;
import io.ottla.world.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Files that are read and written as a whole. */
final class SmallFiles {
    private SmallFiles() {}

    static ByteBuffer read(Disk disk, Path path) throws IOException {
        try (DiskFile file = disk.open(path, OpenMode.READ)) {
            ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.size()));
            file.read(bytes, 0);
            return bytes.flip();
        } catch (ArithmeticException tooLarge) {
            throw new IOException(path + " is far too large to be what it should be", tooLarge);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(path + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Writes the bytes in place; neither they nor the directory entry are durable yet. */
    static void write(Disk disk, Path path, ByteBuffer bytes) throws IOException {
        try (DiskFile file = disk.open(path, OpenMode.CREATE)) {
            file.write(bytes.duplicate(), 0);
            file.truncate(bytes.remaining());
        }
    }

    /** Replaces a file atomically and durably. */
    static void replace(Disk disk, Path path, ByteBuffer bytes) throws IOException {
        Path temporary = path.resolveSibling(path.getFileName() + LogFileNames.TEMPORARY);
        try (DiskFile file = disk.open(temporary, OpenMode.CREATE)) {
            file.truncate(0);
            file.write(bytes.duplicate(), 0);
            file.force();
        }
        disk.move(temporary, path);
        disk.syncDirectory(path.getParent());
    }
}
