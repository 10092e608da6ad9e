// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Many topics of ten partitions: how long they take to create, what they cost an idle broker, its restarts, and appends over all of them. */
final class PartitionsRow implements Row {
    private static final int PARTITIONS = 10;
    private static final List<Integer> TEN = IntStream.range(0, PARTITIONS).boxed().toList();
    private static final int TOPICS_A_REQUEST = 50;
    private static final int CONNECTIONS = 4;
    private static final int IN_FLIGHT = 5;
    private static final int BATCH_BYTES = 1000;
    private static final long SETTLE_MS = 3000;
    private static final short ACKS_ALL = -1;
    private static final short ACKS_LEADER = 1;
    private static final int SLICES = 4;

    /** How often a slice goes over all topics. */
    private static final int PASSES = 5;

    private final Scale scale;
    private final Random random = new Random(1);

    PartitionsRow(Scale scale) {
        this.scale = scale;
    }

    @Override
    public String name() {
        return "partitions";
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        try (Server server = contender.start()) {
            Stopwatch creation = new Stopwatch(server);
            create(server);
            samples.add(Metric.less(name(), scale.topics() + " topics of " + PARTITIONS + " created", "s"), creation.seconds());
            samples.add(Metric.less(name(), "created: broker CPU", "s"), creation.cpuSeconds());
            Thread.sleep(SETTLE_MS);
            samples.add(Metric.less(name(), "resident, idle", "MB"), server.residentMegabytes());
            touch(server);
            append(server, ACKS_LEADER, "acks=1", samples);
            append(server, ACKS_ALL, "acks=all", samples);
            Stopwatch stop = new Stopwatch(server);
            server.stop();
            samples.add(Metric.less(name(), "clean stop", "s"), stop.seconds());
            restart(server, "clean restart", samples);
            samples.add(Metric.less(name(), "resident, restarted", "MB"), server.residentMegabytes());
            append(server, allTopics(), ACKS_LEADER);
            server.kill();
            restart(server, "restart after kill -9", samples);
        }
    }

    private void create(Server server) throws InterruptedException {
        try (RawClient client = RawClient.connect(server.bootstrapServers())) {
            for (int from = 0; from < scale.topics(); from += TOPICS_A_REQUEST) {
                RawTopics.create(client, IntStream.range(from, Math.min(scale.topics(), from + TOPICS_A_REQUEST)).mapToObj(PartitionsRow::topic).toList(), PARTITIONS);
            }
        }
    }

    /** A record into each partition: what comes after finds no partition that its broker has not got ready. */
    private void touch(Server server) throws InterruptedException {
        try (RawClient client = RawClient.connect(server.bootstrapServers())) {
            for (int topic = 0; topic < scale.topics(); topic++) {
                RawProduce.one(client, topic(topic), TEN, 1, ACKS_LEADER);
            }
        }
    }

    private static String topic(int index) {
        return "many-" + index;
    }

    private List<Integer> allTopics() {
        List<Integer> all = new ArrayList<>(IntStream.range(0, scale.topics() * PASSES).map(i -> i % scale.topics()).boxed().toList());
        Collections.shuffle(all, random);
        return all;
    }

    /** In turns a slice over ten partitions and a slice over all, after one of each that does not count. */
    private void append(Server server, short acks, String what, Samples samples) throws Exception {
        double few = 0;
        double all = 0;
        for (int slice = 0; slice <= SLICES; slice++) {
            double fewOfSlice = append(server, Collections.nCopies(scale.topics() * PASSES, 0), acks);
            double allOfSlice = append(server, allTopics(), acks);
            if (slice > 0) {
                few += fewOfSlice / SLICES;
                all += allOfSlice / SLICES;
            }
        }
        samples.add(Metric.more(name(), "batches of 1 KB, 10 partitions, " + what, "1000/s"), few / 1000);
        samples.add(Metric.more(name(), "batches of 1 KB, all partitions, " + what, "1000/s"), all / 1000);
        samples.add(Metric.more(name(), "all partitions against 10, " + what, "%"), all / few * 100);
    }

    /** Requests of ten batches, one for each partition of a topic. Returns batches a second. */
    private double append(Server server, List<Integer> topics, short acks) throws Exception {
        Stopwatch time = new Stopwatch(server);
        Parallel.runOnPlatformThreads(CONNECTIONS, connection -> {
            Iterator<Integer> mine = IntStream.range(0, topics.size()).filter(i -> i % CONNECTIONS == connection).mapToObj(topics::get).iterator();
            try (Pipeline pipeline = Pipeline.connect(server)) {
                pipeline.run(IN_FLIGHT, () -> mine.hasNext() ? request(mine.next(), acks) : null, RawProduce::requireSuccess);
            }
        });
        return topics.size() * PARTITIONS / time.seconds();
    }

    private static ByteBuffer request(int topic, short acks) {
        return RawClient.encode(RawProduce.request(topic(topic), TEN, RawProduce.plain(1, BATCH_BYTES), acks, null), RawProduce.VERSION, 1);
    }

    private void restart(Server server, String what, Samples samples) throws Exception {
        server.relaunch();
        server.awaitReady();
        samples.add(Metric.less(name(), what + ": ready", "ms"), server.millisSinceLaunch());
        try (RawClient client = RawClient.connect(server.bootstrapServers())) {
            RawProduce.one(client, topic(random.nextInt(scale.topics())), List.of(random.nextInt(PARTITIONS)), 100, ACKS_ALL);
        }
        samples.add(Metric.less(name(), what + ": first acknowledged record", "ms"), server.millisSinceLaunch());
    }
}
