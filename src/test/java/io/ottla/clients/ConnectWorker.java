// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import io.ottla.testkit.ChildProcess;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.FreePort;
import io.ottla.testkit.KafkaClassPath;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A distributed worker of Kafka Connect in a process of its own, and its REST interface. */
final class ConnectWorker implements AutoCloseable {

    private final HttpClient http = HttpClient.newHttpClient();
    private final String address;
    private final ChildProcess process;

    private ConnectWorker(String address, ChildProcess process) {
        this.address = address;
        this.process = process;
    }

    /** Starts a worker of the cluster {@code group}, with exactly-once sources, and waits until it answers. */
    static ConnectWorker start(Path directory, String bootstrapServers, String group) throws IOException {
        String address = "http://localhost:" + FreePort.find();
        Map<String, String> config = new TreeMap<>(Map.of(
                "bootstrap.servers", bootstrapServers,
                "group.id", group,
                "key.converter", "org.apache.kafka.connect.storage.StringConverter",
                "value.converter", "org.apache.kafka.connect.storage.StringConverter",
                "listeners", address,
                "exactly.once.source.support", "enabled",
                "offset.flush.interval.ms", "300",
                "session.timeout.ms", "6000",
                "heartbeat.interval.ms", "500",
                "scheduled.rebalance.max.delay.ms", "0"));
        List.of("config", "offset", "status").forEach(what -> {
            config.put(what + ".storage.topic", group + "-" + what);
            config.put(what + ".storage.replication.factor", "1");
        });
        config.put("plugin.discovery", "service_load");
        config.put("consumer.session.timeout.ms", "6000");
        config.put("offset.storage.partitions", "2");
        config.put("status.storage.partitions", "2");
        Path file = Files.writeString(directory.resolve("worker-" + address.replaceAll("\\D", "") + ".properties"),
                config.entrySet().stream().map(entry -> entry.getKey() + "=" + entry.getValue()).collect(Collectors.joining("\n")));
        ConnectWorker worker = new ConnectWorker(address, ChildProcess.java(KafkaClassPath.CONNECT.get(), "org.apache.kafka.connect.cli.ConnectDistributed",
                List.of("-Xmx256m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"), List.of(file.toString())));
        Eventually.until(worker::describe, () -> worker.call("GET", "/connectors", "").startsWith("200"));
        return worker;
    }

    /** Creates or replaces a connector. */
    void connector(String name, Map<String, String> config) {
        String json = config.entrySet().stream().map(entry -> "\"" + entry.getKey() + "\": \"" + entry.getValue() + "\"")
                .collect(Collectors.joining(", ", "{", "}"));
        Eventually.until(() -> name + " is not taken: " + describe(), () -> {
            String answer = call("PUT", "/connectors/" + name + "/config", json);
            if (answer.startsWith("400")) {
                throw new AssertionError(answer);
            }
            return answer.startsWith("20");
        });
    }

    /** Waits until the connector and its one task run. */
    void awaitRunning(String name) {
        Eventually.until(() -> call("GET", "/connectors/" + name + "/status", "") + "\n" + describe(), () -> {
            String status = call("GET", "/connectors/" + name + "/status", "");
            if (status.contains("FAILED")) {
                throw new AssertionError(status);
            }
            return status.split("\"RUNNING\"").length == 3;
        });
    }

    /** Status code and body, or why there is none. */
    private String call(String method, String path, String body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + path)).timeout(Eventually.DEADLINE)
                .header("Content-Type", "application/json").method(method, HttpRequest.BodyPublishers.ofString(body)).build();
        try {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() + " " + answer.body();
        } catch (IOException e) {
            return e.toString();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** As {@code kill -9} does. */
    void kill() {
        process.kill();
    }

    private String describe() {
        return "worker at " + address + "\n" + String.join("\n", process.errors().stream().limit(60).toList());
    }

    @Override
    public void close() {
        process.close();
        http.close();
    }
}
