// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.testkit.BrokerProcess;
import io.ottla.testkit.Clients;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 at random moments while logs of small segments are compacted, cut by retention and by DeleteRecords, and transactions come
 * and go: what must be left is, and Kafka's own tool finds nothing wrong with any file. Rounds and seed as for {@link CrashLoopTest}.
 */
class CrashStormTest {
    private static final int ROUNDS = Integer.getInteger("ottla.crash.rounds", 4);
    private static final long SEED = Long.getLong("ottla.crash.seed", 20_261_129);
    private static final int MIN_LIFE_MS = 300;
    private static final int MAX_LIFE_MS = 1800;
    /** One argument of a command is 128 KB at most. */
    private static final int FILES_AT_ONCE = 250;
    private static final String DUMP_LOG = "org.apache.kafka.tools.DumpLogSegments";
    private static final String COMPACTION = "compaction-manifest";
    private static final Pattern INDEX = Pattern.compile("\\.(index|timeindex|txnindex)$");
    private static final Map<String, String> SMALL = Map.of("internal.segment.bytes", "60000", "index.interval.bytes", "500", "file.delete.delay.ms", "100");
    private static final Map<String, String> COMPACTED = Map.of("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.1", "delete.retention.ms", "100");

    @TempDir
    Path directory;

    @Test
    void whatCompactionRetentionAndDeletionMustLeaveOutlivesKill9() throws InterruptedException, IOException {
        try (BrokerProcess broker = new BrokerProcess(directory.resolve("data"), "log.retention.check.interval.ms=100", "log.cleaner.backoff.ms=50",
                "offsets.topic.num.partitions=2", "transaction.state.log.num.partitions=2"); Clients clients = new Clients(broker.bootstrapServers())) {
            broker.start();
            broker.awaitReady();
            TopicPartition plain = topic(clients, "plain", Map.of());
            TopicPartition trimmed = topic(clients, "trimmed", Map.of());
            TopicPartition retained = topic(clients, "retained", Map.of("retention.bytes", "200000"));
            TopicPartition compacted = topic(clients, "compacted", COMPACTED);
            TopicPartition paid = topic(clients, "paid", Map.of());
            TopicPartition account = topic(clients, "account", COMPACTED);
            StormClients storm = new StormClients(clients);
            try (storm) {
                storm.produceTo(plain, "lz4");
                storm.produceTo(trimmed, "zstd");
                storm.trim(trimmed);
                storm.produceTo(retained, "none");
                storm.produceTo(compacted, "gzip");
                storm.transactTo(paid);
                storm.transactTo(account);
                killAgainAndAgain(broker);
            }
            assertEquals(List.of(), storm.failures(), () -> "seed " + SEED);
            storm.checkContiguous(plain);
            storm.checkContiguous(trimmed);
            storm.checkContiguous(retained);
            storm.checkCompacted(compacted);
            storm.checkTransactions(paid);
            storm.checkCompactedTransactions(account);
            broker.kill();
            checkFiles(directory.resolve("data"));
            broker.start();
            broker.awaitReady();
            broker.stop();
            assertEquals(List.of(), files(directory.resolve("data"), file -> lacksItsLog(file) || isBeingReplaced(file)));
            checkFiles(directory.resolve("data"));
        }
    }

    private static TopicPartition topic(Clients clients, String purpose, Map<String, String> more) {
        Map<String, String> configs = new HashMap<>(SMALL);
        configs.putAll(more);
        return new TopicPartition(clients.topic(purpose, 1, configs), 0);
    }

    private static void killAgainAndAgain(BrokerProcess broker) throws InterruptedException {
        Random random = new Random(SEED);
        for (int round = 0; round < ROUNDS; round++) {
            if (round > 0) {
                broker.start();
            }
            broker.awaitReady();
            Thread.sleep(MIN_LIFE_MS + random.nextInt(MAX_LIFE_MS - MIN_LIFE_MS));
            broker.kill();
        }
        broker.start();
        broker.awaitReady();
    }

    private static void checkFiles(Path data) throws IOException {
        dump(data, List.of(".log"), "--deep-iteration");
        dump(data, List.of(".index", ".timeindex"));
        dump(data, List.of(".index", ".timeindex"), "--index-sanity-check");
        dump(data, List.of(".txnindex", ".snapshot"));
    }

    private static void dump(Path data, List<String> suffixes, String... options) throws IOException {
        List<String> files = files(data, file -> suffixes.stream().anyMatch(file::endsWith) && !lacksItsLog(file) && !isBeingReplaced(file));
        for (int from = 0; from < files.size(); from += FILES_AT_ONCE) {
            dump(files.subList(from, Math.min(files.size(), from + FILES_AT_ONCE)), options);
        }
    }

    /** A segment leaves with its log, and a kill may come before its indexes follow; the next start takes them away. */
    private static boolean lacksItsLog(String file) {
        return INDEX.matcher(file).find() && !Files.exists(Path.of(INDEX.matcher(file).replaceFirst(".log")));
    }

    /** Of a compacted segment that takes its place file by file, log and indexes may be of different ages; the next start ends that. */
    private static boolean isBeingReplaced(String file) {
        return INDEX.matcher(file).find() && Files.exists(Path.of(file).resolveSibling(COMPACTION));
    }

    private static List<String> files(Path data, Predicate<String> wanted) throws IOException {
        try (Stream<Path> all = Files.walk(data)) {
            return all.map(Path::toString).filter(wanted).toList();
        }
    }

    private static void dump(List<String> files, String... options) {
        List<String> command = new ArrayList<>(List.of(options));
        command.addAll(List.of("--files", String.join(",", files)));
        List<String> said = KafkaTools.run(DUMP_LOG, command.toArray(String[]::new));
        assertEquals(files.size(), said.stream().filter(line -> line.startsWith("Dumping ")).count());
        assertEquals(List.of(), said.stream().filter(line -> line.contains("isvalid: false") || line.contains("rror") || line.contains("ismatch")).toList());
    }
}
