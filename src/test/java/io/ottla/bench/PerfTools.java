// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.KafkaClassPath;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** Kafka's own performance tools, each run in a JVM of its own, with their defaults. */
final class PerfTools {
    private static final Duration TIMEOUT = Duration.ofMinutes(10);
    private static final Pattern PRODUCED = Pattern.compile("(\\d+) records sent, ([\\d.]+) records/sec \\(([\\d.]+) MB/sec\\).*");
    private static final int FETCH_MB_PER_SECOND = 8;
    private static final List<String> JVM = List.of("-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error");

    private PerfTools() {}

    static void createTopic(Server server, String topic, int partitions) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", server.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
        }
    }

    /** Runs producer-perf-test as fast as it goes and returns MB (2^20 bytes) a second. */
    static double produce(Server server, String topic, long records, int sizeBytes) {
        List<String> output = run("org.apache.kafka.tools.ProducerPerformance", "--bootstrap-server", server.bootstrapServers(),
                "--topic", topic, "--num-records", Long.toString(records), "--record-size", Integer.toString(sizeBytes), "--throughput", "-1");
        Matcher last = PRODUCED.matcher(output.getLast());
        if (!last.matches() || Long.parseLong(last.group(1)) != records) {
            throw new IllegalStateException("producer-perf-test did not send " + records + " records: " + output);
        }
        return Double.parseDouble(last.group(3));
    }

    /** Runs consumer-perf-test over all of a topic and returns MB (2^20 bytes) a second, without the time to join the group. */
    static double consume(Server server, String topic, long records) {
        List<String> output = run("org.apache.kafka.tools.ConsumerPerformance", "--bootstrap-server", server.bootstrapServers(),
                "--topic", topic, "--num-records", Long.toString(records), "--hide-header", "--timeout", "60000");
        String[] fields = output.getLast().split(",\\s*");
        if (fields.length <= FETCH_MB_PER_SECOND || Long.parseLong(fields[4]) < records) {
            throw new IllegalStateException("consumer-perf-test did not get " + records + " records: " + output);
        }
        return Double.parseDouble(fields[FETCH_MB_PER_SECOND]);
    }

    private static List<String> run(String main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(JVM);
        command.addAll(List.of("-cp", KafkaClassPath.TOOLS.get(), main));
        command.addAll(List.of(arguments));
        try (ChildProcess tool = ChildProcess.start(command)) {
            return tool.awaitSuccess(TIMEOUT);
        }
    }
}
