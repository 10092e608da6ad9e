// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.protocol.ApiMessage;

/** Many small requests over a few connections, pipelined: what one request costs the broker, whatever it carries. */
final class RequestRow implements Row {
    /** What is asked again and again. */
    enum Kind { PRODUCE, FETCH }

    private static final String TOPIC = "requests";
    private static final int CONNECTIONS = 4;
    private static final int PIPELINED = 16;
    private static final int RECORD_BYTES = 100;
    private static final int WARM_UP_PART = 4;

    /** The last version with topic names. */
    private static final short FETCH_VERSION = 12;

    private final Scale scale;
    private final Kind kind;

    RequestRow(Scale scale, Kind kind) {
        this.scale = scale;
        this.kind = kind;
    }

    @Override
    public String name() {
        return "requests-" + kind.name().toLowerCase(java.util.Locale.ROOT);
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        try (Server server = contender.start()) {
            try (RawClient client = RawClient.connect(server.bootstrapServers())) {
                RawProduce.createTopic(client, TOPIC);
                RawProduce.one(client, TOPIC, RECORD_BYTES);
            }
            run(server, scale.requests() / WARM_UP_PART);
            double cpuBefore = server.cpuSeconds();
            long start = System.nanoTime();
            int answered = run(server, scale.requests());
            double seconds = (System.nanoTime() - start) / 1e9;
            samples.add(Metric.more(name(), "requests", "1000/s"), answered / seconds / 1000);
            samples.add(Metric.less(name(), "broker CPU", "s/million"), (server.cpuSeconds() - cpuBefore) / answered * 1_000_000);
        }
    }

    private int run(Server server, int requests) throws Exception {
        int rounds = Math.max(1, requests / CONNECTIONS / PIPELINED);
        try (ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS)) {
            List<Future<?>> done = IntStream.range(0, CONNECTIONS).<Future<?>>mapToObj(i -> threads.submit(() -> converse(server, rounds))).toList();
            for (Future<?> connection : done) {
                connection.get();
            }
        }
        return rounds * CONNECTIONS * PIPELINED;
    }

    private void converse(Server server, int rounds) {
        ApiMessage request = kind == Kind.PRODUCE ? RawProduce.request(TOPIC, RECORD_BYTES, (short) 1) : fetch();
        ByteBuffer frame = RawClient.encode(request, kind == Kind.PRODUCE ? RawProduce.VERSION : FETCH_VERSION, 1);
        ByteBuffer burst = ByteBuffer.allocate((4 + frame.remaining()) * PIPELINED);
        for (int i = 0; i < PIPELINED; i++) {
            burst.putInt(frame.remaining()).put(frame.duplicate());
        }
        try (RawClient client = RawClient.connect(server.bootstrapServers())) {
            for (int round = 0; round < rounds; round++) {
                client.sendBytes(burst.array());
                for (int i = 0; i < PIPELINED; i++) {
                    client.receiveFrame();
                }
            }
        }
    }

    /** The first record, over and over: one small batch a reply. */
    private static FetchRequestData fetch() {
        FetchPartition partition = new FetchPartition().setPartition(0).setFetchOffset(0).setPartitionMaxBytes(1);
        return new FetchRequestData().setReplicaId(-1).setMaxWaitMs(0).setMinBytes(1).setMaxBytes(1)
                .setTopics(List.of(new FetchTopic().setTopic(TOPIC).setPartitions(List.of(partition))));
    }
}
