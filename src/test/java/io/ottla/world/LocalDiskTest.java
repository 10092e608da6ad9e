// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ottla.world.Disk.OpenMode;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalDiskTest {
    private final LocalDisk disk = new LocalDisk();

    @TempDir
    Path directory;

    @Test
    void anErrorSaysWhatIsTheMatterAndNotOnlyWithWhichFile() throws Exception {
        Path missing = directory.resolve("missing");
        Path there = Files.createFile(directory.resolve("there"));
        assertEquals(missing + ": no such file", assertThrows(NoSuchFileException.class, () -> disk.open(missing, OpenMode.READ)).getMessage());
        assertEquals(missing + " -> " + there + ": no such file", assertThrows(NoSuchFileException.class, () -> disk.move(missing, there)).getMessage());
        assertEquals(there + ": exists already", assertThrows(FileAlreadyExistsException.class, () -> disk.createDirectories(there)).getMessage());
    }
}
