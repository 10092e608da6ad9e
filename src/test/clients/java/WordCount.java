// SPDX-License-Identifier: Apache-2.0

import java.nio.file.Files;
import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.Stores;

/**
 * Counts words exactly once until it is killed: every count of every word goes to the output topic. Configs as name=value may follow
 * the output topic; without a value, one is left out. Run from this source file with Kafka Streams on the class path.
 */
public final class WordCount {
    private WordCount() {}

    public static void main(String[] arguments) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", arguments[0]);
        config.put("application.id", arguments[1]);
        config.put("processing.guarantee", "exactly_once_v2");
        config.put("replication.factor", "1");
        config.put("statestore.cache.max.bytes", "0");
        config.put("state.dir", Files.createTempDirectory("word-count").toString());
        config.put("main.consumer.group.instance.id", "one");
        config.put("producer.transaction.timeout.ms", "5000");
        config.put("consumer.auto.offset.reset", "earliest");
        for (String override : Arrays.asList(arguments).subList(4, arguments.length)) {
            String[] pair = override.split("=", 2);
            if (pair[1].isEmpty()) {
                config.remove(pair[0]);
            } else {
                config.put(pair[0], pair[1]);
            }
        }
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(arguments[2], Consumed.with(Serdes.String(), Serdes.String()))
                .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
                .count(Materialized.<String, Long>as(Stores.inMemoryKeyValueStore("counts")).withKeySerde(Serdes.String()).withValueSerde(Serdes.Long()))
                .toStream()
                .mapValues(count -> Long.toString(count))
                .to(arguments[3], Produced.with(Serdes.String(), Serdes.String()));
        KafkaStreams streams = new KafkaStreams(builder.build(), config);
        streams.setStateListener((now, before) -> System.out.println("state " + now));
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
        Thread.currentThread().join();
    }
}
