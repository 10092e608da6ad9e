// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.broker.Ottla;
import io.ottla.testkit.Clients;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Ottla's files are Kafka's files: kafka-dump-log reads them without complaint. */
class DumpLogTest {
    private static final String DUMP_LOG = "org.apache.kafka.tools.DumpLogSegments";

    @Test
    void segmentsAndIndexesOfARunningBrokerAreRead() throws IOException {
        try (Ottla broker = Ottla.startTemporary(Map.of()); Clients clients = new Clients(broker.bootstrapServers())) {
            String topic = clients.topic("dump", 1, Map.of("segment.bytes", "1048576", "index.interval.bytes", "1000"));
            try (var producer = clients.producer(Map.of("compression.type", "lz4"))) {
                for (int i = 0; i < 1_000; i++) {
                    producer.send(new ProducerRecord<>(topic, 0, "key-" + i, "value ".repeat(i) + i));
                }
            }
            List<String> lines = KafkaTools.run(DUMP_LOG, "--deep-iteration", "--print-data-log", "--files", files(broker, topic + "-0", ".log"));
            assertEquals(1_000, lines.stream().filter(line -> line.contains(" payload: ")).count());
            assertTrue(lines.stream().noneMatch(line -> line.contains("isvalid: false") || line.contains("rror")), () -> "in " + lines.size() + " lines");
            List<String> indexes = KafkaTools.run(DUMP_LOG, "--index-sanity-check", "--files",
                    files(broker, topic + "-0", ".index") + "," + files(broker, topic + "-0", ".timeindex"));
            assertTrue(indexes.stream().noneMatch(line -> line.contains("rror") || line.contains("ismatch")), indexes::toString);
        }
    }

    /** The tool opens the offset index beside a time index, also where a segment is too small for an entry. */
    @Test
    void indexesOfSmallSegmentsAreThereTogether() throws IOException {
        try (Ottla broker = Ottla.startTemporary(Map.of()); Clients clients = new Clients(broker.bootstrapServers())) {
            String topic = clients.topic("dump", 1, Map.of("internal.segment.bytes", "1000"));
            for (int i = 0; i < 8; i++) {
                clients.sendNumbers(topic, 0, 20 * i, 20 * i + 19);
            }
            String files = files(broker, topic + "-0", ".timeindex");
            assertTrue(files.contains(","), files);
            List<String> lines = KafkaTools.run(DUMP_LOG, "--files", files);
            assertTrue(lines.stream().noneMatch(line -> line.contains("ismatch")), lines::toString);
        }
    }

    @Test
    void committedOffsetsAreDecoded() throws IOException {
        try (Ottla broker = Ottla.startTemporary(Map.of("offsets.topic.num.partitions", "1")); Clients clients = new Clients(broker.bootstrapServers())) {
            String topic = clients.topic("dump", 1);
            Clients.await(clients.admin().alterConsumerGroupOffsets("the-group", Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(42, "noted"))).all());
            String dump = String.join("\n", KafkaTools.run(DUMP_LOG, "--offsets-decoder", "--files", files(broker, "__consumer_offsets-0", ".log")));
            assertTrue(dump.contains("\"group\":\"the-group\"") && dump.contains("\"offset\":42") && dump.contains("\"metadata\":\"noted\""), dump);
        }
    }

    /** The files of a partition with this suffix, separated by commas. */
    private static String files(Ottla broker, String partition, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(broker.dataDirectory().resolve(partition))) {
            return files.map(Path::toString).filter(file -> file.endsWith(suffix)).sorted().collect(Collectors.joining(","));
        }
    }
}
