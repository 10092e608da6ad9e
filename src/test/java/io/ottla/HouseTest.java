// SPDX-License-Identifier: Apache-2.0
package io.ottla;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The plan of the house, read off the sources: which room may import which, and what a room must have. */
class HouseTest {
    private static final Path SOURCES = Path.of("src/main/java/io/ottla");
    private static final Pattern OWN_IMPORT = Pattern.compile("^import (?:static )?io\\.ottla\\.(\\w+)\\.", Pattern.MULTILINE);
    private static final Pattern KAFKA_MESSAGES = Pattern.compile("^import (?:static )?org\\.apache\\.kafka\\.common\\.message\\.", Pattern.MULTILINE);

    private static final Map<String, Set<String>> MAY_IMPORT = new HashMap<>();

    static {
        MAY_IMPORT.put("world", Set.of());
        MAY_IMPORT.put("wire", Set.of("world"));
        MAY_IMPORT.put("topic", Set.of("wire"));
        MAY_IMPORT.put("log", Set.of("topic", "wire", "world"));
        MAY_IMPORT.put("coordinator", Set.of("topic", "wire", "world"));
        MAY_IMPORT.put("group", Set.of("coordinator", "topic", "wire"));
        MAY_IMPORT.put("transaction", Set.of("coordinator", "topic", "wire"));
        MAY_IMPORT.put("share", Set.of("group", "coordinator", "topic", "wire"));
        MAY_IMPORT.put("streams", Set.of("group", "coordinator", "topic", "wire"));
        MAY_IMPORT.put("network", Set.of("wire", "world"));
        MAY_IMPORT.put("api", Set.of("network", "group", "share", "streams", "transaction", "topic", "wire"));
        MAY_IMPORT.put("broker", Set.of("world", "wire", "topic", "log", "coordinator", "group", "share", "streams", "transaction", "network", "api"));
        MAY_IMPORT.put("junit", Set.of("broker"));
        MAY_IMPORT.put("cli", Set.of("world", "wire", "topic", "log", "coordinator", "group", "share", "streams", "transaction", "network", "api", "broker"));
    }

    /** Kafka's message classes are named only where requests are handled. */
    private static final Set<String> MAY_NAME_MESSAGES = Set.of("wire", "network", "api", "group", "share", "streams", "transaction");

    @Test
    void importsRunDownward() {
        Set<String> wrong = new TreeSet<>();
        for (Path file : javaFiles()) {
            String room = room(file);
            Set<String> allowed = MAY_IMPORT.get(room);
            assertTrue(allowed != null, () -> "room " + room + " is not in the plan");
            Matcher imports = OWN_IMPORT.matcher(read(file));
            while (imports.find()) {
                String target = imports.group(1);
                if (!target.equals(room) && !allowed.contains(target)) {
                    wrong.add(SOURCES.relativize(file) + " imports " + target);
                }
            }
        }
        assertEquals(Set.of(), wrong);
    }

    @Test
    void kafkaMessagesStayWhereRequestsAreHandled() {
        Set<String> wrong = new TreeSet<>();
        for (Path file : javaFiles()) {
            if (!MAY_NAME_MESSAGES.contains(room(file)) && KAFKA_MESSAGES.matcher(read(file)).find()) {
                wrong.add(SOURCES.relativize(file).toString());
            }
        }
        assertEquals(Set.of(), wrong);
    }

    @Test
    void everyRoomSaysWhatItIsFor() {
        for (Path directory : directories()) {
            if (directory.equals(SOURCES)) {
                continue;
            }
            List<Path> children = list(directory);
            boolean holdsFiles = children.stream().anyMatch(Files::isRegularFile);
            boolean holdsPackages = children.stream().anyMatch(Files::isDirectory);
            assertTrue(holdsFiles ^ holdsPackages, () -> directory + " must hold files or packages, not both");
            if (holdsFiles) {
                String info = read(directory.resolve("package-info.java"));
                assertTrue(Pattern.compile("/\\*\\*\\s*(\\*\\s*)?\\S.*\\.").matcher(info).find(), () -> directory + " has no sentence");
            }
        }
    }

    @Test
    void everyFileNamesItsLicense() {
        Set<String> wrong = new TreeSet<>();
        for (Path file : javaFiles()) {
            if (!read(file).startsWith("// SPDX-License-Identifier: Apache-2.0\n")) {
                wrong.add(SOURCES.relativize(file).toString());
            }
        }
        assertEquals(Set.of(), wrong);
    }

    private static String room(Path file) {
        return SOURCES.relativize(file).getName(0).toString();
    }

    private static List<Path> javaFiles() {
        try (Stream<Path> walk = Files.walk(SOURCES)) {
            List<Path> files = new ArrayList<>(walk.filter(path -> path.toString().endsWith(".java")).toList());
            assertTrue(!files.isEmpty(), "no sources found");
            return files;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> directories() {
        try (Stream<Path> walk = Files.walk(SOURCES)) {
            return walk.filter(Files::isDirectory).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> list(Path directory) {
        try (Stream<Path> children = Files.list(directory)) {
            return children.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
