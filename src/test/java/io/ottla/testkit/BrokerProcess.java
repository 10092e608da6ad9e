// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Ottla in a process of its own, on a port that stays the same when it is started again, so that it can be killed under its clients. */
public final class BrokerProcess implements AutoCloseable {
    private final Path data;
    private final int port;
    private final List<String> overrides;
    private ChildProcess process;

    /** @param overrides broker configs as {@code name=value} */
    public BrokerProcess(Path data, String... overrides) {
        this.data = data;
        this.port = FreePort.find();
        this.overrides = List.of(overrides);
    }

    public String bootstrapServers() {
        return "localhost:" + port;
    }

    /** Starts it without waiting until it is ready. */
    public void start() {
        List<String> arguments = new ArrayList<>(List.of("start", "--port", Integer.toString(port), "--data", data.toString()));
        for (String override : overrides) {
            arguments.addAll(List.of("--override", override));
        }
        process = ChildProcess.java(System.getProperty("java.class.path"), "io.ottla.cli.Main", List.of("-Xmx512m"), arguments);
    }

    /** Waits until it accepts connections. */
    public void awaitReady() {
        process.awaitLine(Eventually.DEADLINE, line -> line.startsWith("ready on"));
    }

    /** What it wrote to standard error since the last start. */
    public List<String> log() {
        return process.errors();
    }

    /** As {@code kill -9} does. */
    public void kill() {
        process.kill();
    }

    /** Asks it to end, and waits until it has. */
    public void stop() {
        process.terminate();
        process.awaitExit(Eventually.DEADLINE);
    }

    @Override
    public void close() {
        if (process != null) {
            process.close();
        }
    }
}
