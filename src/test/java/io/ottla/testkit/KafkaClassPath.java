// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;

/**
 * Class paths of Apache Kafka's own programs, each for a JVM of its own: they bring other versions of what Ottla uses. Resolved by Maven
 * from the small poms in {@code src/test/maven} and remembered under {@code target}.
 */
public enum KafkaClassPath {
    /** The command-line tools, version 4.3.1, with main classes such as {@code org.apache.kafka.tools.TopicCommand}. */
    TOOLS("kafka-tools"),

    /** Kafka Streams, version 4.3.1. */
    STREAMS("kafka-streams"),

    /** Kafka Connect and its file connectors, version 4.3.1. */
    CONNECT("kafka-connect"),

    /** The broker, version 4.4.0, with the main class {@code kafka.Kafka}. */
    BROKER("kafka-broker");

    private static final long RESOLVE_TIMEOUT_MIN = 10;

    private final String name;

    KafkaClassPath(String name) {
        this.name = name;
    }

    /** Resolves the class path if no earlier call did; processes that ask at the same time wait for each other. */
    public synchronized String get() {
        Path pom = Path.of("src/test/maven", name + ".xml").toAbsolutePath();
        Path file = Path.of("target", name + ".classpath").toAbsolutePath();
        try {
            Files.createDirectories(file.getParent());
            try (FileChannel lockFile = FileChannel.open(file.resolveSibling(name + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = lockFile.lock()) {
                if (!upToDate(file, pom)) {
                    resolve(pom, file);
                }
                return Files.readString(file).trim();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot resolve " + pom, e);
        }
    }

    private static boolean upToDate(Path file, Path pom) throws IOException {
        if (!Files.exists(file) || Files.getLastModifiedTime(file).compareTo(Files.getLastModifiedTime(pom)) < 0) {
            return false;
        }
        for (String jar : Files.readString(file).trim().split(File.pathSeparator)) {
            if (!Files.exists(Path.of(jar))) {
                return false;
            }
        }
        return true;
    }

    private static void resolve(Path pom, Path file) throws IOException {
        Path log = file.resolveSibling(file.getFileName() + ".log");
        Process maven = new ProcessBuilder(Path.of("mvnw").toAbsolutePath().toString(), "-q", "-B", "-f", pom.toString(),
                "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:build-classpath", "-Dmdep.outputFile=" + file)
                .redirectErrorStream(true).redirectOutput(log.toFile()).start();
        try {
            if (!maven.waitFor(RESOLVE_TIMEOUT_MIN, TimeUnit.MINUTES)) {
                maven.destroyForcibly();
                throw new IOException("Maven did not end within " + RESOLVE_TIMEOUT_MIN + " minutes: " + log);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (maven.exitValue() != 0) {
            throw new IOException("Maven failed: " + Files.readString(log));
        }
    }
}
