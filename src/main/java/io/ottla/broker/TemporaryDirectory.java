// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A data directory that lives as long as an embedded broker. */
final class TemporaryDirectory {
    private TemporaryDirectory() {}

    static Path create() {
        try {
            return Files.createTempDirectory("ottla-");
        } catch (IOException e) {
            throw new StartFailed("no temporary directory can be made: " + e.getMessage(), e);
        }
    }

    static void delete(Path directory) {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("temporary directory " + directory + " can't be deleted", e);
        }
    }
}
