// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherTest {
    @TempDir
    Path root;
    private FakeProject project;

    @BeforeEach
    void standIns() throws IOException {
        project = new FakeProject(root);
        project.with("JAVA_HOME", project.jdk("jdk-25", "25.0.3"));
    }

    @Test
    void theFirstStartBuildsAndTrainsAndLaterOnesOnlyStart() throws IOException {
        List<String> said = project.run(0, "start", "--port", "7");
        assertEquals(List.of("ottla: building, log in " + project.home + "/target/build.log", "ottla: preparing fast starts"), said);
        List<String> first = project.journal();
        assertEquals(1, count(first, "mvn "), first.toString());
        assertEquals(1, count(first, "AOTCacheOutput"), first.toString());
        assertTrue(first.getLast().endsWith("ottla.jar io.ottla.cli.Main start --port 7"), first.toString());

        assertEquals(List.of(), project.run(0, "version"));
        List<String> second = project.journal();
        assertEquals(1, second.size(), second.toString());
        assertTrue(second.getFirst().matches("jdk-25 -XX:AOTCache=.*\\.aot .* -cp .*/ottla\\.jar io\\.ottla\\.cli\\.Main version"), second.toString());
    }

    @Test
    void trainingAndUseHaveTheSameFlags() throws IOException {
        project.run(0, "version");
        List<String> journal = project.journal();
        String training = journal.stream().filter(line -> line.contains("AOTCacheOutput")).findFirst().orElseThrow();
        assertEquals(flags(training), flags(journal.getLast()));
        assertTrue(flags(training).contains("-XX:+UseSerialGC"));
    }

    @Test
    void aChangedSourceIsBuiltAndTheOldBuildStaysForThoseWhoRunIt() throws IOException {
        project.run(0, "version");
        String firstJar = jar(project.journal().getLast());
        Files.writeString(project.home.resolve("src/main/java/A.java"), "class A { int changed; }\n");
        project.run(0, "version");
        List<String> journal = project.journal();
        assertEquals(1, count(journal, "mvn "), journal.toString());
        assertFalse(firstJar.equals(jar(journal.getLast())), journal.toString());
        assertEquals("class A {}\n", Files.readString(Path.of(firstJar)));
    }

    @Test
    void aDeletedSourceIsNoticed() throws IOException {
        Files.writeString(project.home.resolve("src/main/java/B.java"), "class B {}\n");
        project.run(0, "version");
        project.journal();
        Files.delete(project.home.resolve("src/main/java/B.java"));
        project.run(0, "version");
        assertEquals(1, count(project.journal(), "mvn "));
    }

    @Test
    void aJarThatMavenBuiltIsTakenAsItIs() throws IOException {
        project.run(0, "version");
        project.journal();
        Files.writeString(project.home.resolve("target/ottla.jar"), "built by hand\n");
        Files.setLastModifiedTime(project.home.resolve("target/ottla.jar"), FileTime.from(Instant.now().plusSeconds(1)));
        project.run(0, "version");
        List<String> journal = project.journal();
        assertEquals(0, count(journal, "mvn "), journal.toString());
        assertEquals("built by hand\n", Files.readString(Path.of(jar(journal.getLast()))));
    }

    @Test
    void anotherJdkGetsACacheOfItsOwn() throws IOException {
        project.run(0, "version");
        String first = aot(project.journal().getLast());
        project.with("JAVA_HOME", project.jdk("jdk-26", "26-ea")).run(0, "version");
        List<String> journal = project.journal();
        assertEquals(0, count(journal, "mvn "), journal.toString());
        assertTrue(journal.getLast().startsWith("jdk-26 "), journal.toString());
        assertFalse(first.equals(aot(journal.getLast())), journal.toString());
    }

    @Test
    void anUpdatedJdkInTheSamePlaceGetsACacheOfItsOwn() throws IOException {
        project.run(0, "version");
        String first = aot(project.journal().getLast());
        project.jdk("jdk-25", "25.0.4");
        Files.setLastModifiedTime(root.resolve("jdk-25/release"), FileTime.from(Instant.EPOCH));
        project.run(0, "version");
        assertFalse(first.equals(aot(project.journal().getLast())));
    }

    @Test
    void anOldJavaHomeIsPassedOver() throws IOException {
        Path newer = project.jdk("jdk-27", "27.0.1");
        Path links = Files.createDirectories(root.resolve("links"));
        Files.createSymbolicLink(links.resolve("java"), root.resolve("alternatives-java"));
        Files.createSymbolicLink(root.resolve("alternatives-java"), newer.resolve("bin/java"));
        project.with("JAVA_HOME", project.jdk("jdk-17", "17.0.15")).path(links).run(0, "version");
        assertTrue(project.journal().getLast().startsWith("jdk-27 "));
    }

    @Test
    void withoutAJdkItSaysWhatIsMissing() throws IOException {
        List<String> said = project.edit("least=25", "least=999").run(2, "start");
        assertEquals(List.of("ottla: no JDK 999 or newer found: not in JAVA_HOME, not on the PATH, not in the usual folders (one is at https://adoptium.net)"), said);
        assertEquals(List.of(), project.journal());
    }

    @Test
    void itSaysWhichJdkItFoundWithoutBuilding() throws IOException {
        try (ChildProcess process = project.start("--print-jdk")) {
            assertEquals(List.of(root.resolve("jdk-25").toString()), process.awaitSuccess(Eventually.DEADLINE));
        }
        assertEquals(List.of(), project.journal());
    }

    @Test
    void itWorksThroughLinksAndFromAnywhere() throws IOException {
        Path link = Files.createSymbolicLink(Files.createDirectories(root.resolve("bin dir")).resolve("ottla"), Path.of("../hop"));
        Files.createSymbolicLink(root.resolve("hop"), project.home.resolve("ottla"));
        try (ChildProcess process = project.start(link, "version")) {
            assertEquals(0, process.awaitExit(Eventually.DEADLINE), process.errors().toString());
        }
        project.path(link.getParent());
        try (ChildProcess process = project.start(Path.of("sh"), "-c", "cd / && ottla version")) {
            assertEquals(0, process.awaitExit(Eventually.DEADLINE), process.errors().toString());
        }
        assertEquals(1, count(project.journal(), "mvn "));
    }

    @Test
    void aProjectThatMayNotBeWrittenToIsBuiltInTheUsersCache() throws IOException {
        Files.writeString(project.home.resolve("target"), "not a folder, so nothing can be written below it");
        project.run(0, "version");
        List<String> first = project.journal();
        assertEquals(1, count(first, "mvn "), first.toString());
        assertTrue(first.getLast().contains(root.resolve("somebody/.cache/ottla").toString()), first.toString());
        project.run(0, "version");
        assertEquals(1, project.journal().size());

        List<String> said = project.with("XDG_CACHE_HOME", project.home.resolve("pom.xml")).run(1, "version");
        assertEquals(1, said.size(), said.toString());
        assertTrue(said.getFirst().endsWith("can be written to, so there is nowhere to build"), said.toString());
    }

    @Test
    void startsAtTheSameTimeBuildOnce() throws IOException {
        startAtTheSameTime(4);
    }

    private void startAtTheSameTime(int count) throws IOException {
        List<ChildProcess> starts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            starts.add(project.start("version"));
        }
        for (ChildProcess start : starts) {
            assertEquals(0, start.awaitExit(Eventually.DEADLINE), start.errors().toString());
        }
        List<String> journal = project.journal();
        assertEquals(1, count(journal, "mvn "), journal.toString());
        assertEquals(1, count(journal, "AOTCacheOutput"), journal.toString());
        assertEquals(count, journal.stream().filter(line -> line.contains("-XX:AOTCache=") && !line.contains("AOTMode")).count(), journal.toString());
        assertNothingLeftBehind();
    }

    @Test
    void theLockOfADeadBuilderIsTakenOverByOne() throws IOException, InterruptedException {
        Process dead = new ProcessBuilder("true").start();
        dead.waitFor();
        Path lock = Files.createDirectories(project.home.resolve("target/run/lock"));
        Files.writeString(lock.resolve("pid"), dead.pid() + "\n");
        startAtTheSameTime(8);
    }

    @Test
    void aFailedBuildSaysWhyAndLeavesNothing() throws IOException {
        List<String> said = project.breakThe("build").run(1, "start");
        assertEquals("[ERROR] A.java does not compile", said.get(1));
        assertEquals("ottla: the build failed, see " + project.home + "/target/build.log", said.get(2));
        assertNothingLeftBehind();
    }

    @Test
    void aFailedTrainingOnlyMakesStartsSlower() throws IOException {
        List<String> said = project.breakThe("training").run(0, "version");
        assertEquals("ottla: starts will be slower, see " + project.home + "/target/train.log", said.getLast());
        assertFalse(project.journal().getLast().contains("AOTCache"));
        assertEquals(List.of(), project.run(0, "version"));
        assertEquals(1, project.journal().size());
    }

    @Test
    void onlyTheNewestBuildsAreKept() throws IOException {
        for (int i = 0; i < 5; i++) {
            Files.writeString(project.home.resolve("src/main/java/A.java"), "class A { int a" + i + "; }\n");
            project.run(0, "version");
        }
        try (Stream<Path> runs = Files.list(project.home.resolve("target/run"))) {
            assertEquals(3, runs.filter(Files::isDirectory).count());
        }
    }

    @Test
    void theUsersOwnJavaOptionsComeLast() throws IOException {
        project.with("OTTLA_JAVA_OPTS", "-Xmx2g -Da=b").run(0, "version");
        assertTrue(project.journal().getLast().contains(" -Xmx2g -Da=b -cp "));
    }

    private void assertNothingLeftBehind() throws IOException {
        try (Stream<Path> files = Files.list(project.home.resolve("target/run"))) {
            List<String> names = files.map(file -> file.getFileName().toString()).filter(name -> !name.equals("state") && name.length() < 64).toList();
            assertEquals(List.of(), names);
        }
    }

    private static long count(List<String> lines, String part) {
        return lines.stream().filter(line -> line.contains(part)).count();
    }

    private static String flags(String line) {
        return line.replaceAll("^\\S+ |-XX:(AOT|ErrorFile)\\S*=.*?(?= -|$)| -cp .*", "").trim();
    }

    private static String jar(String line) {
        return line.replaceAll(".* -cp (.*/ottla\\.jar) .*", "$1");
    }

    private static String aot(String line) {
        return line.replaceAll(".*-XX:AOTCache=(.*\\.aot) .*", "$1");
    }
}
