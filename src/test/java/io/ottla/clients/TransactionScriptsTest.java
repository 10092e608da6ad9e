// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.TransactionScript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Each script in {@code transactions} holds requests and the answers that Apache Kafka 4.4.0 gave to them; with
 * {@code -Dottla.test.bootstrap=HOST:PORT -Dottla.test.record=true} they are asked of a real one anew, and with {@code -Dottla.test.slow=true}
 * those that take minutes are run, too.
 */
@ExtendWith(BrokerUnderTest.Extension.class)
class TransactionScriptsTest {
    private static final Path SCRIPTS = Path.of("src/test/resources/io/ottla/clients/transactions");
    /** Takes minutes: 160,000 requests, each durable. */
    private static final String SLOW = "exhaustion.txt";

    @TestFactory
    Stream<DynamicTest> answersAsKafkaDoes(BrokerUnderTest broker) throws IOException {
        try (Stream<Path> files = Files.list(SCRIPTS)) {
            return files.sorted().filter(file -> Boolean.getBoolean("ottla.test.slow") || !file.endsWith(SLOW)).toList().stream().map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> run(file, broker)));
        }
    }

    /** The first line that differs, with the request before it. */
    private static String firstDifference(String expected, String actual) {
        List<String> expectedLines = expected.lines().toList();
        List<String> actualLines = actual.lines().toList();
        for (int i = 0; i < Math.max(expectedLines.size(), actualLines.size()); i++) {
            String wanted = i < expectedLines.size() ? expectedLines.get(i) : "the end";
            String got = i < actualLines.size() ? actualLines.get(i) : "the end";
            if (!wanted.equals(got)) {
                return "line " + (i + 1) + ", after \"" + expectedLines.get(Math.max(0, i - 1)) + "\": Kafka answered \"" + wanted + "\", this broker \"" + got + '"';
            }
        }
        return "";
    }

    private static void run(Path file, BrokerUnderTest broker) throws IOException {
        String script = Files.readString(file);
        try (TransactionScript run = new TransactionScript(broker.bootstrapServers())) {
            String answered = run.run(script);
            if (Boolean.getBoolean("ottla.test.record")) {
                Files.writeString(file, answered);
            } else {
                assertEquals("", firstDifference(script, answered));
            }
        }
    }
}
