// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What the launcher has the JVM record into its AOT cache: a start as users do it, with an hour's worth of clients in a second. The clients run in
 * a process of their own: their classes have no place in the broker's cache.
 */
final class Training {
    private static final int CLIENT_TIMEOUT_S = 300;

    private Training() {}

    /** Returns the exit code. */
    static int run() throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("ottla-train");
        try {
            train(directory);
        } finally {
            delete(directory);
        }
        return 0;
    }

    private static void train(Path directory) throws IOException, InterruptedException {
        // What calls the C library is a tenth of all classes, and would be loaded at every start for what only some brokers come to need, seconds later.
        StartOptions start = StartOptions.plain(new String[] {"start", "--port", "0", "--data", directory.toString(), "--override", "ottla.flush.together=false"});
        JdkProviders.settle();
        RunningBroker broker = RunningBroker.start(start.config());
        try {
            System.out.println(broker.readyLine());
            runClients(broker.ottla().bootstrapServers());
        } finally {
            broker.ottla().close();
        }
    }

    private static void runClients(String bootstrapServers) throws IOException, InterruptedException {
        Process client = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                "-cp", System.getProperty("java.class.path"), TrainingClient.class.getName(), bootstrapServers).inheritIO().start();
        if (!client.waitFor(CLIENT_TIMEOUT_S, TimeUnit.SECONDS)) {
            client.destroyForcibly();
            throw new Failure("the training client did not end within " + CLIENT_TIMEOUT_S + " s");
        }
        if (client.exitValue() != 0) {
            throw new Failure("the training client ended with code " + client.exitValue());
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            paths.sorted(Comparator.reverseOrder()).forEach(Training::deleteOne);
        }
    }

    private static void deleteOne(Path path) {
        try {
            Files.delete(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
