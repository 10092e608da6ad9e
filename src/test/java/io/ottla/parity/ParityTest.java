// SPDX-License-Identifier: Apache-2.0
package io.ottla.parity;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.broker.Ottla;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Ottla answers as Apache Kafka 4.4 answered when the scripts were recorded, in every version of every API.
 *
 * <p>To record, start Apache Kafka with node.id=1 and group.initial.rebalance.delay.ms=0 and run this test with
 * {@code -Dottla.parity.record=HOST:PORT}: the answers in the scripts are replaced, and {@code git diff} shows what changed.
 * {@code -Dottla.parity.only=NAME} takes only the scripts with NAME in their file name. A script with a line {@code # Broker: a=1, b=2}
 * is for brokers with these configs.
 */
class ParityTest {
    private static final Path SCRIPTS = Path.of("src/test/resources/parity");
    private static final String RECORD = System.getProperty("ottla.parity.record");
    private static final String ONLY = System.getProperty("ottla.parity.only", "");
    /** A controller and its brokers are not of one mind at once. */
    private static final long PAUSE_WHEN_RECORDING_MS = 120;

    private static final String CONFIGS = "# Broker: ";

    /** By what their configs have beside the usual. */
    private static final Map<String, Ottla> BROKERS = new HashMap<>();
    private static final Map<String, ScriptPlayer> PLAYERS = new HashMap<>();

    private static ScriptPlayer player(List<String> lines) {
        String configs = lines.stream().filter(line -> line.startsWith(CONFIGS)).findFirst().map(line -> line.substring(CONFIGS.length())).orElse("");
        return PLAYERS.computeIfAbsent(configs, ParityTest::start);
    }

    private static ScriptPlayer start(String configs) {
        if (RECORD != null) {
            return new ScriptPlayer(RECORD, PAUSE_WHEN_RECORDING_MS);
        }
        Map<String, String> all = new HashMap<>(Map.of("node.id", "1", "group.initial.rebalance.delay.ms", "0", "ottla.flush", "os"));
        Stream.of(configs.split(", ")).filter(config -> !config.isEmpty()).forEach(config -> all.put(config.split("=")[0], config.split("=")[1]));
        BROKERS.put(configs, Ottla.startTemporary(all));
        return new ScriptPlayer(BROKERS.get(configs).bootstrapServers(), 0);
    }

    @AfterAll
    static void stop() {
        BROKERS.values().forEach(Ottla::close);
    }

    @TestFactory
    Stream<DynamicContainer> answersAsKafka() throws IOException {
        try (Stream<Path> files = Files.list(SCRIPTS)) {
            return files.filter(file -> file.getFileName().toString().contains(ONLY)).sorted().toList().stream().map(ParityTest::container);
        }
    }

    private static DynamicContainer container(Path file) {
        String name = file.getFileName().toString();
        List<String> lines = read(file);
        Script script = Script.parse(lines);
        if (RECORD != null) {
            return DynamicContainer.dynamicContainer(name, List.of(DynamicTest.dynamicTest("recorded", () -> record(file, script, player(lines)))));
        }
        return DynamicContainer.dynamicContainer(name, script.scenarios().stream()
                .map(scenario -> DynamicTest.dynamicTest(scenario.title(), () -> check(scenario, player(lines)))));
    }

    private static void record(Path file, Script script, ScriptPlayer player) throws IOException {
        List<List<List<String>>> answers = new ArrayList<>();
        for (Script.Scenario scenario : script.scenarios()) {
            answers.add(player.play(scenario));
        }
        Files.write(file, script.withAnswers(answers));
    }

    private static void check(Script.Scenario scenario, ScriptPlayer player) {
        List<List<String>> answers = player.play(scenario);
        StringBuilder differences = new StringBuilder();
        for (int i = 0; i < answers.size(); i++) {
            Script.Step step = scenario.steps().get(i);
            if (!step.expected().equals(answers.get(i))) {
                differences.append("\n").append(String.join("\n", step.lines()))
                        .append("\nexpected:\n").append(String.join("\n", step.expected()))
                        .append("\nbut was:\n").append(String.join("\n", answers.get(i))).append("\n");
            }
        }
        assertTrue(differences.isEmpty(), () -> scenario.title() + " is answered differently:\n" + differences);
    }

    private static List<String> read(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
