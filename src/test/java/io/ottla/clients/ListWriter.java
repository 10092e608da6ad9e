// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import io.ottla.clients.TransactionHistory.Attempt;
import io.ottla.clients.TransactionHistory.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A program that appends to lists in transactions until it is killed, and reads them meanwhile. It prints
 * {@code begin NAME LISTS FATE NANOS READ}, where {@code READ} is what it has read since the last transaction as LIST:NAME, and
 * {@code end NAME OUTCOME NANOS}. Its times can be compared with those of other processes of the same machine.
 */
final class ListWriter {
    private static final String NOTHING = "-";
    private static final int COMMITS = 15;
    private static final int ABORTS = 4;

    private final String address;
    private final String id;
    private final String topic;
    private final int lists;
    private final Random random;
    private KafkaProducer<String, String> producer;
    private int failuresInARow;

    private ListWriter(String address, int number, String topic, int lists, long seed) {
        this.address = address;
        this.id = "writer-" + number;
        this.topic = topic;
        this.lists = lists;
        this.random = new Random(seed);
    }

    /** Address, number of the writer, topic, how many lists, and seed. */
    public static void main(String[] arguments) {
        new ListWriter(arguments[0], Integer.parseInt(arguments[1]), arguments[2], Integer.parseInt(arguments[3]), Long.parseLong(arguments[4])).run();
    }

    private void run() {
        String prefix = id + "-" + ProcessHandle.current().pid() + "-";
        try (KafkaConsumer<String, String> consumer = consumer()) {
            consumer.assign(IntStream.range(0, lists).mapToObj(i -> new TopicPartition(topic, i)).toList());
            for (int n = 0; ; n++) {
                if (producer == null) {
                    open();
                } else if (attempt(prefix + n, read(consumer))) {
                    failuresInARow = 0;
                } else {
                    failuresInARow++;
                    close();
                }
            }
        }
    }

    private KafkaConsumer<String, String> consumer() {
        return new KafkaConsumer<>(Map.of("bootstrap.servers", address, "isolation.level", "read_committed", "auto.offset.reset", "earliest",
                "reconnect.backoff.max.ms", "100", "retry.backoff.max.ms", "100"), new StringDeserializer(), new StringDeserializer());
    }

    private static String read(KafkaConsumer<String, String> consumer) {
        List<String> read = new ArrayList<>();
        consumer.poll(Duration.ofMillis(5)).forEach(record -> read.add(record.partition() + ":" + record.value()));
        return read.isEmpty() ? NOTHING : String.join(",", read);
    }

    /** A producer that fences the one before it, unless that has to be tried again. */
    private void open() {
        producer = new KafkaProducer<>(config(address, id, failuresInARow), new StringSerializer(), new StringSerializer());
        try {
            producer.initTransactions();
        } catch (KafkaException e) {
            failuresInARow++;
            close();
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
    }

    /** With little patience, as a broker may have been killed, and with more after each failure, as the machine may be busy. */
    static Map<String, Object> config(String address, String transactionalId, int failuresInARow) {
        int patienceMs = 2_000 << Math.min(failuresInARow, 3);
        return Map.of("bootstrap.servers", address, "transactional.id", transactionalId,
                "transaction.timeout.ms", patienceMs, "max.block.ms", 3_000 + patienceMs, "delivery.timeout.ms", 2 * patienceMs, "request.timeout.ms", patienceMs,
                "reconnect.backoff.max.ms", "100", "retry.backoff.max.ms", "100", "linger.ms", "0");
    }

    private void close() {
        producer.close(Duration.ZERO);
        producer = null;
    }

    /** One transaction; false if the producer cannot be used any more. */
    private boolean attempt(String name, String read) {
        Set<Integer> chosen = new TreeSet<>();
        while (chosen.size() < 2) {
            chosen.add(random.nextInt(lists));
        }
        int fate = random.nextInt(COMMITS + ABORTS + 1);
        Outcome outcome = fate < COMMITS ? Outcome.UNKNOWN : Outcome.ABORTED;
        say("begin " + name + " " + chosen.stream().map(String::valueOf).collect(Collectors.joining(",")) + " " + outcome + " " + System.nanoTime() + " " + read);
        boolean usable = false;
        try {
            producer.beginTransaction();
            chosen.forEach(list -> producer.send(new ProducerRecord<>(topic, list, name, name)));
            producer.flush();
            if (fate < COMMITS) {
                producer.commitTransaction();
                outcome = Outcome.COMMITTED;
                usable = true;
            } else if (fate < COMMITS + ABORTS) {
                producer.abortTransaction();
                usable = true;
            }
        } catch (KafkaException e) {
            // Committing may have succeeded; a transaction that was to be aborted, or left open, may not be seen in any case.
            usable = false;
        }
        say("end " + name + " " + outcome + " " + System.nanoTime());
        return usable;
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    /** Adds what a writer has printed to a history. */
    static void tell(List<String> printed, TransactionHistory history) {
        Map<String, String[]> ends = new HashMap<>();
        printed.stream().filter(line -> line.startsWith("end ")).map(line -> line.split(" ")).forEach(end -> ends.put(end[1], end));
        Map<Integer, List<String>> seen = new HashMap<>();
        for (String line : printed) {
            if (!line.startsWith("begin ") || line.split(" ").length < 6) {
                continue;
            }
            String[] begin = line.split(" ");
            Set<String> read = new HashSet<>();
            for (String each : begin[5].equals(NOTHING) ? new String[0] : begin[5].split(",")) {
                String[] parts = each.split(":");
                seen.computeIfAbsent(Integer.valueOf(parts[0]), list -> new ArrayList<>()).add(parts[1]);
                read.add(parts[1]);
            }
            String[] end = ends.get(begin[1]);
            Outcome outcome = Outcome.valueOf(end == null ? begin[3] : end[2]);
            long endedNanos = end == null || outcome == Outcome.UNKNOWN ? Long.MAX_VALUE : Long.parseLong(end[3]);
            Set<Integer> lists = Set.of(begin[2].split(",")).stream().map(Integer::valueOf).collect(Collectors.toSet());
            history.add(new Attempt(begin[1], lists, outcome, Long.parseLong(begin[4]), endedNanos, read));
        }
        history.addRead(seen);
    }
}
