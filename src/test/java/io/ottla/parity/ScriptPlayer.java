// SPDX-License-Identifier: Apache-2.0
package io.ottla.parity;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Plays scenarios in all their versions, and puts the answers of all versions together. */
final class ScriptPlayer {
    private final String bootstrapServers;
    private final long pauseMs;
    private final String runId = letters(System.nanoTime() & 0xfffff, 4);
    private int runs;

    ScriptPlayer(String bootstrapServers, long pauseMs) {
        this.bootstrapServers = bootstrapServers;
        this.pauseMs = pauseMs;
    }

    /** For each step the lines of its answers. */
    List<List<String>> play(Script.Scenario scenario) {
        Map<Short, List<String>> byVersion = new LinkedHashMap<>();
        for (short version : scenario.versions().isEmpty() ? List.of((short) 0) : scenario.versions()) {
            Names names = new Names("r" + runId + letters(runs++, 3));
            try (ScenarioRun run = new ScenarioRun(bootstrapServers, scenario, version, names, pauseMs)) {
                byVersion.put(version, run.play());
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(scenario.title() + " in version " + version + ": " + e, e);
            }
        }
        List<List<String>> lines = new ArrayList<>();
        for (int step = 0; step < scenario.steps().size(); step++) {
            lines.add(answers(byVersion, step, scenario));
        }
        return lines;
    }

    /** Always as long, because some answers hold the length of a name. */
    private static String letters(long number, int length) {
        String letters = Long.toString(number, 36);
        return "0".repeat(length - letters.length()) + letters;
    }

    private static List<String> answers(Map<Short, List<String>> byVersion, int step, Script.Scenario scenario) {
        Map<String, List<Short>> versions = new LinkedHashMap<>();
        byVersion.forEach((version, answers) -> {
            if (answers.get(step) != null) {
                versions.computeIfAbsent(answers.get(step), text -> new ArrayList<>()).add(version);
            }
        });
        List<String> lines = new ArrayList<>();
        versions.forEach((text, same) -> {
            String label = scenario.api() == null || versions.size() == 1 ? "" : "v" + ranges(same) + " ";
            lines.addAll(List.of(("  " + label + "=> " + text).split("\n")));
        });
        return lines;
    }

    private static String ranges(List<Short> versions) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < versions.size(); i++) {
            int first = versions.get(i);
            while (i + 1 < versions.size() && versions.get(i + 1) == versions.get(i) + 1) {
                i++;
            }
            text.append(text.isEmpty() ? "" : ",").append(first).append(versions.get(i) == first ? "" : "-" + versions.get(i));
        }
        return text.toString();
    }
}
