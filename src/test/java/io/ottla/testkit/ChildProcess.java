// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A program in a process of its own, for what must be able to die with {@code kill -9} or is not Java.
 * What it prints is collected line by line, standard output and standard error apart; closing kills it.
 */
public final class ChildProcess implements AutoCloseable {
    private static final int MAX_LINES = 200_000;
    /** Variables of the environment that a JVM obeys and writes a line about. */
    private static final List<String> SPOKEN_OF = List.of("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS");

    private final List<String> command;
    private final Process process;
    private final List<String> output = new ArrayList<>();
    private final List<String> errors = new ArrayList<>();
    private final Thread outputReader;
    private final Thread errorReader;

    private ChildProcess(List<String> command, Process process) {
        this.command = command;
        this.process = process;
        this.outputReader = Thread.ofPlatform().daemon().start(() -> collect(process.getInputStream(), output));
        this.errorReader = Thread.ofPlatform().daemon().start(() -> collect(process.getErrorStream(), errors));
    }

    public static ChildProcess start(List<String> command) {
        try {
            List<String> whole = new ArrayList<>(ignoresInterrupts() ? List.of("env", "--default-signal=INT") : List.of());
            whole.addAll(command);
            ProcessBuilder builder = new ProcessBuilder(whole);
            SPOKEN_OF.forEach(builder.environment()::remove);
            return new ChildProcess(command, builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(String.join(" ", command), e);
        }
    }

    /** A test run that a shell started in the background ignores SIGINT (bit 2 of SigIgn), and its children would inherit that. */
    private static boolean ignoresInterrupts() throws IOException {
        Path status = Path.of("/proc/self/status");
        return Files.exists(status) && Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0);
    }

    /** Runs a main class of this class path in a JVM like this one. */
    public static ChildProcess java(Class<?> main, String... arguments) {
        return java(System.getProperty("java.class.path"), main.getName(), List.of(), List.of(arguments));
    }

    /** Runs a main class, or a source file with one, with another class path. */
    public static ChildProcess java(String classPath, String main, List<String> jvmOptions, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.io.tmpdir=" + temporaryFiles()));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", classPath, main));
        command.addAll(arguments);
        return start(command);
    }

    /** Whoever is killed leaves what it has there, such as unpacked native libraries. */
    private static Path temporaryFiles() {
        try {
            return Files.createDirectories(Path.of("target", "tmp").toAbsolutePath());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends the text to standard input, which stays open. */
    public ChildProcess write(String text) {
        try {
            process.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(describe(), e);
        }
        return this;
    }

    /** Sends the text to standard input and closes it. */
    public ChildProcess feed(String text) {
        try (OutputStream in = process.getOutputStream()) {
            in.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(describe(), e);
        }
        return this;
    }

    /** Waits for a line of standard output that has come or will come within the time, and returns it. */
    public String awaitLine(Duration within, Predicate<String> wanted) {
        String[] found = new String[1];
        Eventually.until(within, this::describe, () -> {
            boolean over = !process.isAlive() && !outputReader.isAlive();
            found[0] = output().stream().filter(wanted).findFirst().orElse(null);
            if (found[0] == null && over) {
                throw new AssertionError("ended before the line came: " + describe());
            }
            return found[0] != null;
        });
        return found[0];
    }

    /** Waits for the end, which must be in time and with exit code 0, and returns the lines of standard output. */
    public List<String> awaitSuccess(Duration within) {
        int code = awaitExit(within);
        if (code != 0) {
            throw new AssertionError("exit code " + code + ": " + describe());
        }
        return output();
    }

    /** Waits for the end and returns the exit code; a process that does not end in time is killed, and the test fails. */
    public int awaitExit(Duration within) {
        try {
            if (!process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
                kill();
                throw new AssertionError("still running after " + within + ": " + describe());
            }
            outputReader.join();
            errorReader.join();
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Ends it as {@code kill -9} does, and waits until it is gone. */
    public void kill() {
        process.toHandle().destroyForcibly();
        process.onExit().join();
    }

    /** Asks it to end, as {@code kill} does; what it still prints is read, for which {@link Process#destroy()} would be wrong. */
    public void terminate() {
        process.toHandle().destroy();
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public List<String> output() {
        return copy(output);
    }

    public List<String> errors() {
        return copy(errors);
    }

    @Override
    public void close() {
        kill();
    }

    private String describe() {
        return String.join(" ", command.size() > 12 ? command.subList(0, 12) : command)
                + "\n--- output\n" + String.join("\n", last(output())) + "\n--- errors\n" + String.join("\n", last(errors()));
    }

    private static List<String> last(List<String> lines) {
        return lines.subList(Math.max(0, lines.size() - 40), lines.size());
    }

    private static List<String> copy(List<String> lines) {
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }

    private static void collect(InputStream stream, List<String> into) {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                synchronized (into) {
                    if (into.size() < MAX_LINES) {
                        into.add(line);
                    }
                }
            }
        } catch (IOException e) {
            synchronized (into) {
                into.add("(reading ended: " + e.getMessage() + ")");
            }
        }
    }
}
