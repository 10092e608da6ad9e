// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The real launcher in a project of stand-ins: a Maven that writes a jar of a few bytes, and JDKs that are shell scripts. All of them
 * write what they were asked for to a journal. So the launcher's decisions show without the time that the real ones take.
 */
final class FakeProject {

    final Path home;
    final Path journal;
    private final Path root;
    private final Map<String, String> environment = new TreeMap<>();

    FakeProject(Path root) throws IOException {
        this.root = root;
        home = root.resolve("a project");
        journal = root.resolve("journal");
        Files.createDirectories(home.resolve("src/main/java"));
        Files.writeString(home.resolve("src/main/java/A.java"), "class A {}\n");
        Files.writeString(home.resolve("pom.xml"), "<project/>\n");
        Files.createFile(journal);
        script(home.resolve("mvnw"), """
                echo "mvn $*" >>'%s'
                [ ! -e '%s/break-the-build' ] || { echo '[ERROR] A.java does not compile'; exit 1; }
                for argument; do case $argument in -Dottla.target=*) target=${argument#-Dottla.target=} ;; esac; done
                sleep 0.2
                mkdir -p "$target/lib"
                cat "${0%%/*}"/src/main/java/*.java >"$target/ottla.jar"
                echo library >"$target/lib/a.jar"
                """.formatted(journal, root));
        script(home.resolve("ottla"), Files.readString(Path.of("ottla")));
        environment.put("PATH", System.getenv("PATH"));
        environment.put("HOME", root.resolve("somebody").toString());
    }

    /** Adds a stand-in for a JDK of a version, and returns its folder. */
    Path jdk(String name, String version) throws IOException {
        Path jdk = root.resolve(name);
        Files.createDirectories(jdk.resolve("bin"));
        Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"Somebody\"\nJAVA_VERSION=\"" + version + "\"\n");
        script(jdk.resolve("bin/javac"), "exit 1\n");
        script(jdk.resolve("bin/java"), """
                echo "%1$s $*" >>'%2$s'
                for argument; do
                  case $argument in
                    -XX:AOTCacheOutput=*)
                      [ ! -e '%3$s/break-the-training' ] || { echo 'the JVM crashed'; exit 134; }
                      echo cache >"${argument#-XX:AOTCacheOutput=}"
                      ;;
                  esac
                done
                """.formatted(name, journal, root));
        return jdk;
    }

    FakeProject with(String variable, Object value) {
        environment.put(variable, value.toString());
        return this;
    }

    /** The first of {@code folders} are searched for programs first. */
    FakeProject path(Path... folders) {
        StringBuilder path = new StringBuilder();
        for (Path folder : folders) {
            path.append(folder).append(':');
        }
        environment.put("PATH", path + System.getenv("PATH"));
        return this;
    }

    FakeProject breakThe(String what) throws IOException {
        Files.createFile(root.resolve("break-the-" + what));
        return this;
    }

    FakeProject edit(String from, String to) throws IOException {
        Path launcher = home.resolve("ottla");
        String text = Files.readString(launcher);
        if (!text.contains(from)) {
            throw new AssertionError("the launcher has no '" + from + "'");
        }
        Files.writeString(launcher, text.replace(from, to));
        return this;
    }

    ChildProcess start(String... arguments) {
        return start(home.resolve("ottla"), arguments);
    }

    ChildProcess start(Path launcher, String... arguments) {
        List<String> command = new ArrayList<>(List.of("env", "-i"));
        environment.forEach((name, value) -> command.add(name + "=" + value));
        command.add(launcher.toString());
        command.addAll(List.of(arguments));
        return ChildProcess.start(command);
    }

    /** Runs the launcher, which must end with the code, and returns its standard error. */
    List<String> run(int expectedCode, String... arguments) {
        try (ChildProcess process = start(arguments)) {
            int code = process.awaitExit(Eventually.DEADLINE);
            if (code != expectedCode) {
                throw new AssertionError("exit code " + code + ": " + process.output() + process.errors());
            }
            return process.errors();
        }
    }

    /** What was asked of Maven and of the JDKs since the last call. */
    List<String> journal() throws IOException {
        List<String> lines = Files.readAllLines(journal);
        Files.writeString(journal, "");
        return lines;
    }

    private static void script(Path file, String body) throws IOException {
        Files.writeString(file, body.startsWith("#!") ? body : "#!/bin/sh\n" + body);
        if (!file.toFile().setExecutable(true)) {
            throw new IOException("cannot make executable: " + file);
        }
    }
}
