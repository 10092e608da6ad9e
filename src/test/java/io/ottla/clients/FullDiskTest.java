// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerProcess;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import io.ottla.testkit.SmallDisk;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real file system under a real broker runs out of room or fails while clients of every kind work. Needs root to mount one. */
class FullDiskTest {
    private static final int DISK_MB = 96;
    private static final int STEPS = 10;
    private static final int MAX_LOG_LINES = 500;

    private static final String VALUE = "v".repeat(900_000);
    private static final Map<String, String> FEW_MS = Map.of("file.delete.delay.ms", "100");

    @TempDir
    Path directory;

    private SmallDisk disk;
    private BrokerProcess broker;

    @BeforeEach
    void mount() {
        disk = SmallDisk.mount(directory, DISK_MB).orElse(null);
        Assumptions.assumeTrue(disk != null, "not allowed to mount a file system");
        broker = new BrokerProcess(disk.root().resolve("data"), "log.cleaner.backoff.ms=500", "offsets.topic.num.partitions=4",
                "transaction.state.log.num.partitions=4", "log.retention.check.interval.ms=1000");
        broker.start();
        broker.awaitReady();
    }

    @AfterEach
    void unmount() {
        if (broker != null) {
            broker.close();
        }
        if (disk != null) {
            disk.close();
        }
    }

    @Test
    void everythingGoesOnOnceThereIsRoomAgainAndNothingAcknowledgedIsLost() {
        try (Clients clients = new Clients(broker.bootstrapServers())) {
            UndauntedClients work = new UndauntedClients(clients);
            try (work) {
                awaitMore(work, STEPS);
                disk.fill();
                awaitFailures(work, List.of("plain", "exact", "pairs", "keys", "commits"));
                disk.free();
                awaitMore(work, STEPS);
                disk.fill();
                awaitFailures(work, List.of("plain", "exact", "pairs", "keys", "commits"));
                broker.kill();
                broker.start();
                broker.awaitReady();
                disk.free();
                awaitMore(work, STEPS);
            }
            assertEquals(List.of(), work.complaints(clients));
            assertTrue(broker.log().size() < MAX_LOG_LINES, () -> "a log of " + broker.log().size() + " lines, such as " + broker.log().subList(0, 100));
            broker.kill();
            broker.start();
            broker.awaitReady();
            assertEquals(List.of(), work.complaints(clients));
        }
    }

    @Test
    void onAFullDiskATopicCanBeDeletedOrShortenedWhichMakesRoom() {
        try (Clients clients = new Clients(broker.bootstrapServers())) {
            List<String> large = List.of(clients.topic("large", 1, FEW_MS), clients.topic("large", 1, Map.of("file.delete.delay.ms", "100", "segment.bytes", "2000000")));
            String other = clients.topic("other", 1);
            try (var producer = clients.producer(Map.of("delivery.timeout.ms", "3000", "request.timeout.ms", "2500", "max.request.size", "1000000"))) {
                try (var patient = clients.producer()) {
                    for (int i = 0; i < 20; i++) {
                        large.forEach(topic -> patient.send(new ProducerRecord<>(topic, VALUE)));
                    }
                }
                disk.fill();
                Eventually.until(() -> "never refused", () -> !sent(producer, other));
                Clients.await(clients.admin().deleteTopics(List.of(large.getFirst())).all());
                Eventually.until(() -> "refused: " + tail(broker.log()), () -> sent(producer, other));
                disk.fill();
                Eventually.until(() -> "never refused", () -> !sent(producer, other));
                Clients.await(clients.admin().incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.TOPIC, large.getLast()),
                        List.of(new AlterConfigOp(new ConfigEntry("retention.bytes", "1000000"), AlterConfigOp.OpType.SET)))).all());
                Eventually.until(() -> "refused: " + tail(broker.log()), () -> sent(producer, other));
            }
        }
    }

    private static boolean sent(Producer<String, String> producer, String topic) {
        try {
            producer.send(new ProducerRecord<>(topic, VALUE.substring(0, 100_000))).get();
            return true;
        } catch (ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aFileSystemThatTurnsReadOnlyIsReadAndServesAgainAfterARepair() throws InterruptedException {
        try (Clients clients = new Clients(broker.bootstrapServers())) {
            UndauntedClients work = new UndauntedClients(clients);
            try (work) {
                awaitMore(work, STEPS);
                // ext4 tells any program whose sync is under way when its journal is given up that all is well: none is (decision 15).
                Assumptions.assumeTrue(work.whileAllRest(disk::breakDown), "this file system cannot be broken");
                awaitFailures(work, List.of("plain", "exact", "pairs", "keys", "commits", "topics"));
                broker.kill();
                disk.repair();
                broker.start();
                broker.awaitReady();
                awaitMore(work, STEPS);
            }
            assertEquals(List.of(), work.complaints(clients));
        }
    }

    /** Each of them gets on by so many steps. */
    private void awaitMore(UndauntedClients work, int steps) {
        Map<String, Long> wanted = new HashMap<>();
        work.works().forEach((name, each) -> wanted.put(name, each.done.get() + steps));
        Eventually.until(() -> work.works() + "\n" + tail(broker.log()), () -> work.works().entrySet().stream()
                .allMatch(entry -> entry.getValue().done.get() >= wanted.get(entry.getKey())));
    }

    private void awaitFailures(UndauntedClients work, List<String> names) {
        Map<String, Long> before = new HashMap<>();
        work.works().forEach((name, each) -> before.put(name, each.failed.get()));
        Eventually.until(() -> work.works() + "\n" + tail(broker.log()), () -> names.stream().allMatch(name -> work.works().get(name).failed.get() > before.get(name)));
    }

    private static String tail(List<String> lines) {
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
    }
}
