// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;

/** Apache Kafka 4.4.0, one node, in a process of its own: what Ottla's files are compared with. */
public final class KafkaProcess implements AutoCloseable {
    private static final long ANSWER_S = 5;

    private final Path data;
    private final Path properties;
    private final int port = FreePort.find();
    private ChildProcess process;

    /** @param overrides broker configs as {@code name=value} */
    public KafkaProcess(Path data, String... overrides) {
        this.data = data;
        properties = data.resolveSibling(data.getFileName() + ".properties");
        write(overrides);
        run("kafka.tools.StorageTool", "format", "-t", Uuid.randomUuid().toString(), "-c", properties.toString()).awaitSuccess(Eventually.DEADLINE);
    }

    private void write(String... overrides) {
        try {
            Files.writeString(properties, """
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
                    group.initial.rebalance.delay.ms=0
                    %4$s
                    """.formatted(port, FreePort.find(), data, String.join("\n", overrides)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ChildProcess run(String main, String... arguments) {
        return ChildProcess.java(KafkaClassPath.BROKER.get(), main, List.of("-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"), List.of(arguments));
    }

    public Path data() {
        return data;
    }

    public String bootstrapServers() {
        return "localhost:" + port;
    }

    /** Starts it, and waits until it answers. */
    public void start() {
        process = run("kafka.Kafka", properties.toString());
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers()))) {
            Eventually.until(() -> "Apache Kafka to answer: " + process.output() + process.errors(), () -> answers(admin));
        }
    }

    private boolean answers(Admin admin) {
        if (!process.isAlive()) {
            throw new AssertionError("Apache Kafka ended: " + process.output() + process.errors());
        }
        try {
            return !admin.describeCluster().nodes().get(ANSWER_S, TimeUnit.SECONDS).isEmpty();
        } catch (ExecutionException | TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Stops it cleanly. */
    public void stop() {
        process.terminate();
        process.awaitExit(Eventually.DEADLINE);
    }

    /** As {@code kill -9} does. */
    public void kill() {
        process.kill();
    }

    @Override
    public void close() {
        if (process != null) {
            process.close();
        }
    }
}
