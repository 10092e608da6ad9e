// SPDX-License-Identifier: Apache-2.0

import java.nio.file.Files;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;

/**
 * Joins two streams by key, and each match with a table, exactly once until it is killed; every match goes to the output topic. Takes
 * bootstrap servers, application id, left, right, table and output topic. Run from this source file with Kafka Streams on the class path.
 */
public final class Joins {
    private Joins() {}

    public static void main(String[] arguments) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", arguments[0]);
        config.put("application.id", arguments[1]);
        config.put("processing.guarantee", "exactly_once_v2");
        config.put("replication.factor", "1");
        config.put("statestore.cache.max.bytes", "0");
        config.put("default.dsl.store", "in_memory");
        config.put("default.key.serde", Serdes.String().getClass());
        config.put("default.value.serde", Serdes.String().getClass());
        config.put("state.dir", Files.createTempDirectory("joins").toString());
        config.put("reconnect.backoff.max.ms", "200");
        config.put("main.consumer.group.instance.id", "one");
        config.put("producer.transaction.timeout.ms", "5000");
        config.put("consumer.auto.offset.reset", "earliest");
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> left = builder.stream(arguments[2]);
        KStream<String, String> right = builder.stream(arguments[3]);
        KTable<String, String> table = builder.table(arguments[4]);
        left.join(right, (one, other) -> one + "+" + other, JoinWindows.ofTimeDifferenceWithNoGrace(Duration.ofHours(1)))
                .join(table, (match, known) -> match + "+" + known)
                .to(arguments[5]);
        KafkaStreams streams = new KafkaStreams(builder.build(), config);
        streams.setUncaughtExceptionHandler(failure -> StreamThreadExceptionResponse.REPLACE_THREAD);
        streams.setStateListener((now, before) -> System.out.println("state " + now));
        streams.start();
        Thread.currentThread().join();
    }
}
