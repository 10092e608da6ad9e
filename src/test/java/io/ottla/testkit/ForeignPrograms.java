// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * Programs that may not be installed: a test that needs one is skipped with the reason, or fails where the environment variable
 * {@code OTTLA_REQUIRE_CLIENTS} says that nothing may be skipped.
 */
public final class ForeignPrograms {
    private static final Path SCRIPTS = Path.of("src/test/clients");
    private static final Map<String, String> PYTHON_WITH = new ConcurrentHashMap<>();

    private ForeignPrograms() {
    }

    /** Starts a script of {@code src/test/clients/python} with a Python that has the module. */
    public static ChildProcess python(String module, String script, String... arguments) {
        List<String> command = new ArrayList<>(List.of(pythonWith(module), "-W", "ignore", SCRIPTS.resolve("python").resolve(script).toString()));
        command.addAll(List.of(arguments));
        return ChildProcess.start(command);
    }

    /** Starts a script of {@code src/test/clients/node} with Node.js and the packages beside it, which {@code .ci/clients} installs. */
    public static ChildProcess node(String script, String... arguments) {
        String node = find("node").orElseGet(() -> missing("node is not installed"));
        Path modules = Path.of("target/clients-node/node_modules").toAbsolutePath();
        if (!Files.isDirectory(modules)) {
            missing("there is no " + modules + ", .ci/clients makes it");
        }
        List<String> command = new ArrayList<>(List.of("env", "NODE_PATH=" + modules, node, SCRIPTS.resolve("node").resolve(script).toString()));
        command.addAll(List.of(arguments));
        return ChildProcess.start(command);
    }

    /** Starts a subcommand of the program in {@code src/test/clients/go}, which {@code .ci/clients} builds. */
    public static ChildProcess franzGo(String subcommand, String... arguments) {
        Path program = Path.of("target/clients-go/franz_go").toAbsolutePath();
        if (!isUpToDate(program, SCRIPTS.resolve("go"))) {
            missing(program + " is missing or older than its sources, .ci/clients builds it");
        }
        List<String> command = new ArrayList<>(List.of(program.toString(), subcommand));
        command.addAll(List.of(arguments));
        return ChildProcess.start(command);
    }

    private static boolean isUpToDate(Path program, Path sources) {
        if (!Files.isExecutable(program)) {
            return false;
        }
        try (Stream<Path> files = Files.list(sources)) {
            FileTime built = Files.getLastModifiedTime(program);
            return files.noneMatch(file -> lastModified(file).compareTo(built) > 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FileTime lastModified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts a program of the PATH. */
    public static ChildProcess program(String name, String... arguments) {
        List<String> command = new ArrayList<>(List.of(find(name).orElseGet(() -> missing(name + " is not installed"))));
        command.addAll(List.of(arguments));
        return ChildProcess.start(command);
    }

    private static String pythonWith(String module) {
        String python = PYTHON_WITH.computeIfAbsent(module, key -> pythons().stream().filter(candidate -> has(candidate, key)).findFirst().orElse(""));
        return python.isEmpty() ? missing("no Python with the module " + module + " among " + pythons()) : python;
    }

    private static List<String> pythons() {
        List<String> candidates = new ArrayList<>();
        Optional.ofNullable(System.getenv("OTTLA_PYTHON")).ifPresent(candidates::add);
        Path made = Path.of("target/clients-python/bin/python").toAbsolutePath();
        if (Files.isExecutable(made)) {
            candidates.add(made.toString());
        }
        find("python3").ifPresent(candidates::add);
        return candidates;
    }

    private static boolean has(String python, String module) {
        try (ChildProcess process = ChildProcess.start(List.of(python, "-c", "import " + module))) {
            return process.awaitExit(Eventually.DEADLINE) == 0;
        }
    }

    private static Optional<String> find(String name) {
        for (String directory : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
            Path candidate = Path.of(directory, name);
            if (Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
                return Optional.of(candidate.toString());
            }
        }
        return Optional.empty();
    }

    private static String missing(String reason) {
        if ("1".equals(System.getenv("OTTLA_REQUIRE_CLIENTS"))) {
            return Assertions.fail(reason + ", and OTTLA_REQUIRE_CLIENTS=1");
        }
        return Assumptions.abort(reason);
    }
}
