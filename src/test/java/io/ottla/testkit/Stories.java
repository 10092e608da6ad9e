// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * Plays the stories under {@code src/test/resources/scenarios}: each step is a line, and below {@code ----} stands what
 * comes of it. With {@code -Dscenarios.rewrite=true} the outcomes are written anew, to be read in the diff.
 */
public final class Stories {
    private static final Path STORIES = Path.of("src/test/resources/scenarios");

    private Stories() {}

    /**
     * A test for each story whose file name is wanted.
     *
     * @param world makes a world for one story: what a step in it leads to
     */
    public static Stream<DynamicTest> play(Predicate<String> wanted, Supplier<Function<String, List<String>>> world) throws IOException {
        try (Stream<Path> files = Files.list(STORIES)) {
            List<Path> stories = files.filter(file -> wanted.test(file.getFileName().toString())).sorted().toList();
            assertFalse(stories.isEmpty(), "there is no such story");
            return stories.stream().map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> play(file, world.get())));
        }
    }

    private static void play(Path file, Function<String, List<String>> world) throws IOException {
        List<String> lines = Files.readAllLines(file);
        String told = tell(lines, world);
        if (Boolean.getBoolean("scenarios.rewrite")) {
            Files.writeString(file, told);
        } else {
            assertEquals(String.join("\n", lines) + "\n", told);
        }
    }

    /** The story again, with the outcomes that its steps really have. */
    private static String tell(List<String> lines, Function<String, List<String>> world) {
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
                world.apply(line).forEach(outcome -> story.append(outcome).append('\n'));
                inOutcome = true;
            }
        }
        return story.toString();
    }
}
