// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import io.ottla.broker.BrokerConfig;
import io.ottla.broker.Ottla;
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
    /** Enough for what is checked beside a start of so few records; what is not done by then is done as well without training. */
    private static final int RECOVERY_MS = 500;

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
        Path stopped = directory.resolve("stopped");
        Path killed = directory.resolve("killed");
        JdkProviders.settle();
        RunningBroker broker = RunningBroker.start(config(stopped));
        try {
            System.out.println(broker.readyLine());
            runClients(broker.ottla().bootstrapServers());
            copy(stopped, killed);
        } finally {
            broker.ottla().close();
        }
        startAgain(stopped);
        startAgain(killed);
    }

    private static BrokerConfig config(Path data) {
        // What calls the C library is a tenth of all classes, and would be loaded at every start for what only some brokers come to need, seconds later.
        return StartOptions.plain(new String[] {"start", "--port", "0", "--data", data.toString(), "--override", "ottla.flush.together=false"}).config();
    }

    /** Most starts find something to read. */
    private static void startAgain(Path data) throws InterruptedException {
        try (Ottla broker = Ottla.start(config(data))) {
            System.out.println("once more on " + broker.bootstrapServers());
            Thread.sleep(RECOVERY_MS);
        }
    }

    /** What a broker that is killed now leaves. */
    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Files.copy(path, to.resolve(from.relativize(path)));
            }
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
