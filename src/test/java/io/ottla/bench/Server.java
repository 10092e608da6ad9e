// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;

/** A broker that runs, and what the operating system knows of it (Linux only). Closing stops it and deletes its data. */
final class Server implements AutoCloseable {
    private static final Path ROOT = Path.of("target", "bench").toAbsolutePath();
    private static final long READY_WITHIN_S = 180;
    private static final long STOP_WITHIN_S = 120;
    private static final double TICKS_PER_SECOND = 100;

    /** The fields of /proc/PID/stat with user and system time, counted from the end of the command's name: see proc_pid_stat(5). */
    private static final int USER_TIME_AFTER_NAME = 12;

    private final Contender contender;
    private final Path directory;
    private final int port;
    private long launchedNanos;
    private Process process;

    private Server(Contender contender, Path directory, int port) {
        this.contender = contender;
        this.directory = directory;
        this.port = port;
    }

    /** Starts it in an empty directory, without waiting. */
    static Server launch(Contender contender) throws IOException, InterruptedException {
        Files.createDirectories(ROOT);
        Path directory = Files.createTempDirectory(ROOT, contender.name() + "-data-");
        Server server = new Server(contender, directory, freePort());
        contender.prepare(directory, server.port);
        server.relaunch();
        return server;
    }

    /** Starts it again with the data that it has, without waiting. */
    void relaunch() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(contender.command(directory, port))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.appendTo(ROOT.resolve(contender.name() + ".log").toFile()));
        launchedNanos = System.nanoTime();
        Process started = builder.start();
        process = started;
        // A benchmark that is interrupted leaves no broker behind.
        Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
    }

    /** Stops it as an operator would. */
    void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(STOP_WITHIN_S, TimeUnit.SECONDS)) {
            throw new IllegalStateException(contender.name() + " did not stop within " + STOP_WITHIN_S + " s");
        }
    }

    /** kill -9. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Has the JVM collect its garbage, so that what is resident is what is in use. */
    void collectGarbage() throws IOException, InterruptedException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Process collection = new ProcessBuilder(jcmd, Long.toString(process.pid()), "GC.run").redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        if (collection.waitFor() != 0) {
            throw new IOException("jcmd ended with code " + collection.exitValue());
        }
    }

    Path directory() {
        return directory;
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    String bootstrapServers() {
        return "localhost:" + port;
    }

    /** Since the command was given. */
    double millisSinceLaunch() {
        return (System.nanoTime() - launchedNanos) / 1e6;
    }

    /** Returns once it has answered an ApiVersions request. */
    void awaitReady() throws InterruptedException {
        while (true) {
            try (RawClient client = RawClient.connect(bootstrapServers())) {
                client.call(new ApiVersionsRequestData().setClientSoftwareName("bench").setClientSoftwareVersion("1"), 3, ApiVersionsResponseData.class);
                return;
            } catch (UncheckedIOException e) {
                if (!process.isAlive() || millisSinceLaunch() > TimeUnit.SECONDS.toMillis(READY_WITHIN_S)) {
                    throw new IllegalStateException("the broker is not ready, see the logs in " + ROOT, e);
                }
                Thread.sleep(1);
            }
        }
    }

    /** CPU time that it has used so far, in user and system mode. */
    double cpuSeconds() throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 1).trim().split(" ");
        return (Long.parseLong(fields[USER_TIME_AFTER_NAME - 1]) + Long.parseLong(fields[USER_TIME_AFTER_NAME])) / TICKS_PER_SECOND;
    }

    double residentMegabytes() throws IOException {
        List<String> status = Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status"));
        String line = status.stream().filter(text -> text.startsWith("VmRSS:")).findFirst().orElseThrow();
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(STOP_WITHIN_S, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
        Files.deleteIfExists(directory.resolveSibling(directory.getFileName() + ".properties"));
    }
}
