// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyncFsTest {
    @TempDir
    Path directory;

    @Test
    void itIsUsedWhereItReportsFailures() {
        for (String version : new String[] {"5.8.0-generic", "5.10", "6.1.0-18-amd64", "10.0"}) {
            assertTrue(SyncFs.reportsFailures(version), version);
        }
        for (String version : new String[] {"5.7.19", "4.18.0-513.el8.x86_64", "3.10.0", "", "strange", "5"}) {
            assertFalse(SyncFs.reportsFailures(version), version);
        }
    }

    @Test
    void theFileSystemIsSyncedAgainAndAgainUntilItIsClosed() throws Exception {
        boolean known = System.getProperty("os.name").equals("Linux") && SyncFs.reportsFailures(System.getProperty("os.version"))
                && Set.of("ext4", "xfs", "btrfs").contains(Files.getFileStore(directory).type());
        FileSystemSync sync = new LocalDisk().fileSystemSync(directory);
        assertEquals(known, sync != null);
        if (sync != null) {
            Files.writeString(directory.resolve("file"), "text");
            sync.sync();
            sync.sync();
            sync.close();
        }
    }

    @Test
    void itIsNotUsedWhereAPartitionMayLieOnAnotherFileSystem() throws Exception {
        Path elsewhere = Path.of("/proc");
        if (Files.isDirectory(elsewhere)) {
            Files.createSymbolicLink(directory.resolve("t-0"), elsewhere);
            assertNull(new LocalDisk().fileSystemSync(directory));
        }
    }

    @Test
    void itIsNotUsedOnFileSystemsThatMayNotReachADevice() {
        Path process = Path.of("/proc/self");
        if (Files.isDirectory(process)) {
            assertNull(new LocalDisk().fileSystemSync(process));
        }
    }

    /** Needs root, for a file system of its own. What was written before an error made ext4 read-only would count as durable. */
    @Test
    void aFileSystemThatTurnedReadOnlyIsNotSaidToBeSynced() throws Exception {
        SmallDisk disk = SmallDisk.mount(directory, 16).orElse(null);
        Assumptions.assumeTrue(disk != null, "not allowed to mount a file system");
        try (disk; FileSystemSync sync = new LocalDisk().fileSystemSync(disk.root())) {
            Assumptions.assumeTrue(sync != null, "not of a kind that is synced as a whole");
            sync.sync();
            Assumptions.assumeTrue(disk.turnReadOnly(), "cannot be mounted anew");
            assertThrows(IOException.class, sync::sync);
        }
    }
}
