// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;

/** Many producers that have each written a batch: the memory that remembering them takes, after a collection of garbage, and restarts. */
final class ProducerIdsRow implements Row {
    private static final String TOPIC = "producers";
    private static final int PARTITIONS = 10;
    private static final int IN_FLIGHT = 50;
    private static final long NONE = -1;

    private final Scale scale;

    ProducerIdsRow(Scale scale) {
        this.scale = scale;
    }

    @Override
    public String name() {
        return "producer-ids";
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        try (Server server = contender.start()) {
            try (RawClient client = RawClient.connect(server.bootstrapServers())) {
                RawTopics.create(client, List.of(TOPIC), PARTITIONS);
                RawCoordinators.producerId(client, null);
            }
            append(server, IntStream.range(0, scale.producerIds()).mapToObj(i -> NONE).toList());
            server.collectGarbage();
            double before = server.residentMegabytes();
            List<Long> ids = producerIds(server);
            append(server, ids);
            server.collectGarbage();
            samples.add(Metric.less(name(), "memory for " + scale.producerIds(), "MB"), server.residentMegabytes() - before);
            server.stop();
            restart(server, "clean restart", samples);
            append(server, ids, 1);
            server.kill();
            restart(server, "restart after kill -9", samples);
        }
    }

    private List<Long> producerIds(Server server) throws Exception {
        List<Long> ids = new ArrayList<>();
        ByteBuffer request = RawClient.encode(RawCoordinators.producerIdRequest(null), RawCoordinators.INIT_VERSION, 1);
        try (Pipeline pipeline = Pipeline.connect(server)) {
            while (ids.size() < scale.producerIds()) {
                int[] left = {scale.producerIds() - ids.size()};
                pipeline.run(IN_FLIGHT, () -> left[0]-- > 0 ? request : null, reply -> id(reply, ids));
            }
        }
        return ids;
    }

    /** A broker that gets its next block of ids says so with an error to be retried. */
    private static void id(ByteBuffer reply, List<Long> ids) {
        ByteBufferAccessor readable = new ByteBufferAccessor(reply);
        new ResponseHeaderData(readable, ApiKeys.INIT_PRODUCER_ID.responseHeaderVersion(RawCoordinators.INIT_VERSION));
        InitProducerIdResponseData answer = new InitProducerIdResponseData(readable, RawCoordinators.INIT_VERSION);
        if (answer.errorCode() == 0) {
            ids.add(answer.producerId());
        } else if (!Retriable.is(answer.errorCode())) {
            throw new IllegalStateException("no producer id: " + Errors.forCode(answer.errorCode()));
        }
    }

    private static void append(Server server, List<Long> ids) throws Exception {
        append(server, ids, 0);
    }

    private static void append(Server server, List<Long> ids, int sequence) throws Exception {
        List<ProduceFrame> frames = IntStream.range(0, PARTITIONS).mapToObj(partition -> ProduceFrame.of(TOPIC, partition, 1, 100, null)).toList();
        int[] next = {0};
        try (Pipeline pipeline = Pipeline.connect(server)) {
            pipeline.run(IN_FLIGHT, () -> {
                int i = next[0]++;
                return i == ids.size() ? null : frame(frames.get(i % PARTITIONS), ids.get(i), sequence);
            }, RawProduce::requireSuccess);
        }
    }

    private static ByteBuffer frame(ProduceFrame frame, long id, int sequence) {
        return id == NONE ? frame.from(id, (short) NONE, (int) NONE) : frame.from(id, (short) 0, sequence);
    }

    private void restart(Server server, String what, Samples samples) throws Exception {
        server.relaunch();
        server.awaitReady();
        try (RawClient client = RawClient.connect(server.bootstrapServers())) {
            RawProduce.one(client, TOPIC, IntStream.range(0, PARTITIONS).boxed().toList(), 100, (short) -1);
        }
        samples.add(Metric.less(name(), what + ": first acknowledged records", "ms"), server.millisSinceLaunch());
        samples.add(Metric.less(name(), what + ": resident", "MB"), server.residentMegabytes());
    }
}
