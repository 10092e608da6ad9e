// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as a process of its own: what it prints, how it ends. */
class StartTest {
    private static final int CLOCK_TICK_MS = 20;
    private static final Pattern READY = Pattern.compile("ready on (localhost:\\d+), data in (.*), in (\\d+) ms");

    @TempDir
    Path root;

    @Test
    void itSaysOneLineWhenItIsReadyAndSigtermStopsIt() {
        long start = System.nanoTime();
        try (ChildProcess broker = start("--port", "0", "--data", root.resolve("data").toString())) {
            Matcher ready = awaitReady(broker);
            assertEquals(root.resolve("data").toString(), ready.group(2));
            assertTrue(Long.parseLong(ready.group(3)) <= (System.nanoTime() - start) / 1_000_000 + CLOCK_TICK_MS, ready.group());
            broker.terminate();
            assertEquals(0, broker.awaitExit(Eventually.DEADLINE), broker.errors().toString());
            assertEquals(1, broker.output().size(), broker.output().toString());
            assertEquals(List.of(), broker.errors());
        }
    }

    @Test
    void ctrlCStopsIt() throws IOException, InterruptedException {
        try (ChildProcess broker = start("--port", "0", "--data", root.resolve("data").toString())) {
            awaitReady(broker);
            new ProcessBuilder("kill", "-INT", Long.toString(broker.pid())).start().waitFor();
            assertEquals(0, broker.awaitExit(Eventually.DEADLINE), broker.errors().toString());
        }
    }

    @Test
    void whatWasSentBeforeAKillIsThereAfterTheNextStart() {
        String data = root.resolve("data").toString();
        try (ChildProcess broker = start("--port", "0", "--data", data)) {
            try (Clients clients = new Clients(awaitReady(broker).group(1))) {
                clients.sendNumbers("kept", 0, 1, 10);
            }
            broker.kill();
        }
        try (ChildProcess broker = start("--port", "0", "--data", data);
                Clients clients = new Clients(awaitReady(broker).group(1)); KafkaConsumer<String, String> consumer = clients.consumer(null)) {
            consumer.assign(List.of(new TopicPartition("kept", 0)));
            assertEquals(10, Clients.poll(consumer, 10).size());
        }
    }

    @Test
    void aPortInUseIsOneLine() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("localhost"))) {
            String said = failure(1, "--port", Integer.toString(taken.getLocalPort()), "--data", root.resolve("data").toString());
            assertTrue(said.contains(Integer.toString(taken.getLocalPort())), said);
        }
    }

    @Test
    void aDataDirectoryInUseIsOneLineAndItsOwnerGoesOn() {
        String data = root.resolve("data").toString();
        try (ChildProcess broker = start("--port", "0", "--data", data)) {
            String address = awaitReady(broker).group(1);
            String said = failure(1, "--port", "0", "--data", data);
            assertTrue(said.contains(data), said);
            try (Clients clients = new Clients(address)) {
                clients.sendNumbers("still-here", 0, 1, 1);
            }
        }
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsOneLine() throws IOException {
        Path file = Files.createFile(root.resolve("file"));
        String said = failure(1, "--port", "0", "--data", file.resolve("data").toString());
        assertTrue(said.contains(file.toString()), said);
    }

    @Test
    void wrongUsageIsOneLine() {
        assertEquals("ottla: Unknown option: '--prot=0' (see: ottla start --help)", failure(2, "--prot=0"));
        assertEquals("ottla: Invalid value for option '--port': 'x' is not an int (see: ottla start --help)", failure(2, "--port", "x"));
        assertEquals("ottla: --override: 'a' is not NAME=VALUE", failure(1, "--override", "a"));
        assertEquals("ottla: --log-level: 'loud' is none of error, warn, info, debug, trace", failure(1, "--log-level", "loud"));
    }

    @Test
    void wrongConfigurationIsOneLine() throws IOException {
        Path config = Files.writeString(root.resolve("a.properties"), "num.partition=3\n");
        assertEquals("ottla: unknown configuration name: num.partition (did you mean num.partitions?)", failure(1, "--config", config.toString()));
        assertEquals("ottla: --config: there is no file " + root.resolve("none"), failure(1, "--config", root.resolve("none").toString()));
        assertEquals("ottla: Invalid value ram for configuration ottla.flush: String must be one of: disk, os", failure(1, "--flush", "ram"));
    }

    @Test
    void optionsWinOverTheFileAndOverridesOverBoth() throws IOException {
        Path config = Files.writeString(root.resolve("a.properties"), """
                listeners=PLAINTEXT://localhost:1
                log.dirs=/nonexistent/at/all
                num.partitions=2
                """);
        try (ChildProcess broker = start("--config", config.toString(), "--port", "1", "--data", root.resolve("data").toString(),
                "--override", "listeners=PLAINTEXT://localhost:0", "--override", "num.partitions=5")) {
            try (Clients clients = new Clients(awaitReady(broker).group(1))) {
                assertEquals(5, clients.producer().partitionsFor("new").size());
            }
        }
    }

    @Test
    void helpAndVersionAreAnswered() {
        assertTrue(output("help").contains("Usage: ottla"));
        assertTrue(output("help", "start").contains("--flush=disk|os"));
        assertTrue(output("start", "--help").contains("--override=NAME=VALUE"));
        assertTrue(output("version", "--help").contains("Usage: ottla version"));
        assertTrue(output("version").matches("(?s)ottla .*, Kafka protocol 4\\.\\d+\\.\\d+, Java 2\\d.*"));
        assertTrue(output().contains("Usage: ottla"));
    }

    @Test
    void whatHasNoEffectIsSaidAtLevelInfo() {
        try (ChildProcess broker = start("--port", "0", "--data", root.resolve("data").toString(), "--log-level", "info", "--override", "num.io.threads=3")) {
            awaitReady(broker);
            Eventually.until(() -> broker.errors().toString(), () -> broker.errors().stream()
                    .anyMatch(line -> line.endsWith("INFO [main] BrokerConfig - config=num.io.threads has no effect in one process")));
        }
    }

    @Test
    void theTrainingThatTheLauncherRecordsGoesThrough() {
        try (ChildProcess process = ChildProcess.java(Main.class, "train")) {
            process.awaitSuccess(Eventually.DEADLINE.multipliedBy(3));
        }
    }

    private static ChildProcess start(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "start";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return ChildProcess.java(Main.class, all);
    }

    private static Matcher awaitReady(ChildProcess broker) {
        Matcher ready = READY.matcher(broker.awaitLine(Eventually.DEADLINE, line -> line.startsWith("ready")));
        assertTrue(ready.matches(), ready.toString());
        return ready;
    }

    /** The one line that it says on standard error when it ends with the code. */
    private static String failure(int code, String... arguments) {
        try (ChildProcess broker = start(arguments)) {
            assertEquals(code, broker.awaitExit(Eventually.DEADLINE), broker.errors().toString());
            assertEquals(List.of(), broker.output());
            assertEquals(1, broker.errors().size(), broker.errors().toString());
            return broker.errors().getFirst();
        }
    }

    private static String output(String... arguments) {
        try (ChildProcess process = ChildProcess.java(Main.class, arguments)) {
            return String.join("\n", process.awaitSuccess(Eventually.DEADLINE));
        }
    }
}
