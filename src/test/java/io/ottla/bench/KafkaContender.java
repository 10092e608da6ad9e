// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.KafkaClassPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;

/**
 * Apache Kafka 4.4.0, one node, with the heap and the JVM options of its own start script.
 *
 * @param flushMessages records after which a log is flushed before the answer; Kafka's own default is never
 */
record KafkaContender(String classPath, long flushMessages) implements Contender {
    private static final List<String> JVM = List.of("-Xmx1G", "-Xms1G", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
            "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent", "-Djava.awt.headless=true",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error");

    static KafkaContender resolve() {
        return new KafkaContender(KafkaClassPath.BROKER.get(), Long.MAX_VALUE);
    }

    @Override
    public Contender durable() {
        return new KafkaContender(classPath, 1);
    }

    @Override
    public String name() {
        return "kafka";
    }

    @Override
    public void prepare(Path directory, int port) throws IOException, InterruptedException {
        Files.writeString(properties(directory), """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@localhost:%2$d
                controller.listener.names=CONTROLLER
                listeners=PLAINTEXT://localhost:%1$d,CONTROLLER://localhost:%2$d
                advertised.listeners=PLAINTEXT://localhost:%1$d
                listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
                log.dirs=%3$s
                offsets.topic.replication.factor=1
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                share.coordinator.state.topic.replication.factor=1
                share.coordinator.state.topic.min.isr=1
                group.initial.rebalance.delay.ms=0
                log.flush.interval.messages=%4$d
                """.formatted(port, Server.freePort(), directory, flushMessages));
        Process format = new ProcessBuilder(java("kafka.tools.StorageTool", "format", "-t", Uuid.randomUuid().toString(),
                "-c", properties(directory).toString())).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        if (format.waitFor() != 0) {
            throw new IOException("StorageTool ended with code " + format.exitValue());
        }
    }

    @Override
    public List<String> command(Path directory, int port) {
        return java("kafka.Kafka", properties(directory).toString());
    }

    private static Path properties(Path directory) {
        return directory.resolveSibling(directory.getFileName() + ".properties");
    }

    private List<String> java(String main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(JVM);
        command.addAll(List.of("-cp", classPath, main));
        command.addAll(List.of(arguments));
        return command;
    }
}
