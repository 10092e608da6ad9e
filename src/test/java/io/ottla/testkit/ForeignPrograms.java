// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * Programs that may not be installed: a test that needs one is skipped with the reason, or fails where the environment variable
 * {@code OTTLA_REQUIRE_CLIENTS} says that nothing may be skipped.
 */
public final class ForeignPrograms {
    private static final Path SCRIPTS = Path.of("src/test/clients");
    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);
    private static final Map<String, String> PYTHON_WITH = new ConcurrentHashMap<>();

    private ForeignPrograms() {
    }

    /** Starts a script of {@code src/test/clients/python} with a Python that has the module. */
    public static ChildProcess python(String module, String script, String... arguments) {
        List<String> command = new ArrayList<>(List.of(pythonWith(module), "-W", "ignore", SCRIPTS.resolve("python").resolve(script).toString()));
        command.addAll(List.of(arguments));
        return ChildProcess.start(command);
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
            return process.awaitExit(START_TIMEOUT) == 0;
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
