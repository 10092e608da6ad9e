// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How many files, sockets included, the operating system lets this process have open (RLIMIT_NOFILE). */
public final class OpenFileLimit {
    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final String LINE = "Max open files";
    /** What most systems allow at the least, for where it cannot be found out. */
    private static final int USUAL = 4096;

    private OpenFileLimit() {}

    public static int get() {
        if (!Files.isReadable(LIMITS)) {
            return USUAL;
        }
        try {
            return Files.readAllLines(LIMITS).stream().filter(line -> line.startsWith(LINE)).mapToInt(OpenFileLimit::soft).findFirst().orElse(USUAL);
        } catch (IOException e) {
            return USUAL;
        }
    }

    private static int soft(String line) {
        String soft = line.substring(LINE.length()).strip().split("\\s+")[0];
        return soft.matches("\\d{1,9}") ? Integer.parseInt(soft) : Integer.MAX_VALUE;
    }
}
