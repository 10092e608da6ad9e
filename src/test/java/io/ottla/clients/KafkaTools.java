// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.KafkaClassPath;
import java.util.List;

/** Runs Kafka's own command-line tools, each in a JVM with their class path, as the shell scripts of a Kafka distribution do. */
final class KafkaTools {

    private KafkaTools() {
    }

    /** Runs a tool to its end, which must be a success, and returns what it printed, empty lines left out. */
    static List<String> run(String main, String... arguments) {
        try (ChildProcess tool = start(main, arguments)) {
            return tool.awaitSuccess(Eventually.DEADLINE).stream().filter(line -> !line.isBlank()).toList();
        }
    }

    static ChildProcess start(String main, String... arguments) {
        return ChildProcess.java(KafkaClassPath.TOOLS.get(), main, List.of("-Xmx256m"), List.of(arguments));
    }
}
