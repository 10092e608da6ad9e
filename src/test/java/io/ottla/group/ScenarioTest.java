// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Plays the stories under {@code src/test/resources/scenarios}: each step is a line, and below {@code ----} stands what
 * comes of it. They are the documentation of how groups behave. With {@code -Dscenarios.rewrite=true} the outcomes are
 * written anew, to be read in the diff.
 */
class ScenarioTest {
    private static final Path STORIES = Path.of("src/test/resources/scenarios");

    @TestFactory
    Stream<DynamicTest> stories() throws IOException {
        try (Stream<Path> files = Files.list(STORIES)) {
            return files.sorted().toList().stream().map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> play(file)));
        }
    }

    private static void play(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        String told = tell(lines);
        if (Boolean.getBoolean("scenarios.rewrite")) {
            Files.writeString(file, told);
        } else {
            assertEquals(String.join("\n", lines) + "\n", told);
        }
    }

    /** The story again, with the outcomes that its steps really have. */
    private static String tell(List<String> lines) {
        Scenario scenario = new Scenario();
        StringBuilder story = new StringBuilder();
        boolean inOutcome = false;
        for (String line : lines) {
            boolean step = !line.isBlank() && !line.startsWith("#") && !inOutcome;
            if (!inOutcome || line.isBlank()) {
                story.append(line).append('\n');
                inOutcome = false;
            }
            if (step && !line.equals("----")) {
                story.append("----\n");
                scenario.step(line).forEach(outcome -> story.append(outcome).append('\n'));
                inOutcome = true;
            }
        }
        return story.toString();
    }
}
