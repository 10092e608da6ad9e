// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/** How long ago this process was started: the launcher's own time counts, as it becomes the JVM in the same process. */
final class ProcessAge {
    private static final Path SELF = Path.of("/proc/self/stat");
    private static final Path UPTIME = Path.of("/proc/uptime");

    /** The field of /proc/self/stat with the start time, counted from the end of the command's name: see proc_pid_stat(5). */
    private static final int START_TIME_AFTER_NAME = 20;

    /** The kernel's unit of time towards users is 10 ms on every architecture that Java runs on. */
    private static final int MS_PER_TICK = 10;

    private ProcessAge() {}

    /** In ms; exact to 10 ms on Linux. */
    static long millis() {
        try {
            return Files.isReadable(SELF) ? onLinux() : elsewhere();
        } catch (IOException | RuntimeException e) {
            return elsewhere();
        }
    }

    private static long onLinux() throws IOException {
        String stat = Files.readString(SELF);
        String uptime = Files.readString(UPTIME);
        long start = Long.parseLong(stat.substring(stat.lastIndexOf(')') + 1).split(" ")[START_TIME_AFTER_NAME]) * MS_PER_TICK;
        return Math.round(Double.parseDouble(uptime.substring(0, uptime.indexOf(' '))) * 1000) - start;
    }

    /** On Linux the JDK's start time would be off by up to a second, as it counts from a boot time in whole seconds. */
    private static long elsewhere() {
        Instant now = Instant.now();
        return Math.max(0, now.toEpochMilli() - ProcessHandle.current().info().startInstant().orElse(now).toEpochMilli());
    }
}
