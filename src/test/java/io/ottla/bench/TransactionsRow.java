// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * Producers side by side, each with a partition of its own, that write one batch and commit, by the second transaction protocol (KIP-890):
 * as fast as it goes, and then with a commit every 100 ms. Durable on both sides: Kafka runs with {@code log.flush.interval.messages=1}.
 */
final class TransactionsRow implements Row {
    private static final String TOPIC = "transactions";
    private static final int PRODUCERS = 8;
    private static final int RECORD_BYTES = 100;
    private static final short END_VERSION = 5;
    private static final long COMMIT_EVERY_MS = 100;
    private static final long RETRY_AFTER_MS = 1;
    private static final int WARM_UP_SECONDS = 10;

    private final Scale scale;
    private final int records;

    TransactionsRow(Scale scale, int records) {
        this.scale = scale;
        this.records = records;
    }

    @Override
    public String name() {
        return "transactions-" + records;
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        try (Server server = contender.durable().start()) {
            try (RawClient client = RawClient.connect(server.bootstrapServers())) {
                RawTopics.create(client, List.of(TOPIC), PRODUCERS);
                RawCoordinators.await(client, RawCoordinators.OF_TRANSACTION, "any");
            }
            produce(server, WARM_UP_SECONDS, 0);
            Stopwatch time = new Stopwatch(server);
            long[] nanos = produce(server, scale.seconds(), 0);
            samples.add(Metric.more(name(), "transactions", "1/s"), nanos.length / time.seconds());
            samples.add(Metric.less(name(), "broker CPU", "s/1000"), time.cpuSeconds() / nanos.length * 1000);
            report(nanos, "commit", samples);
            report(produce(server, scale.seconds(), COMMIT_EVERY_MS), "commit every " + COMMIT_EVERY_MS + " ms", samples);
        }
    }

    private void report(long[] sortedNanos, String what, Samples samples) {
        samples.add(Metric.less(name(), what + ", p50", "ms"), Percentiles.millis(sortedNanos, 0.5));
        samples.add(Metric.less(name(), what + ", p99", "ms"), Percentiles.millis(sortedNanos, 0.99));
    }

    /** Returns how long each commit took, sorted. */
    private long[] produce(Server server, int seconds, long everyMs) throws Exception {
        ConcurrentLinkedQueue<Long> commits = new ConcurrentLinkedQueue<>();
        Parallel.runOnPlatformThreads(PRODUCERS, producer -> {
            try (RawClient client = RawClient.connect(server.bootstrapServers())) {
                transact(client, producer, seconds, everyMs, commits);
            }
        });
        return commits.stream().mapToLong(Long::longValue).sorted().toArray();
    }

    private void transact(RawClient client, int producer, int seconds, long everyMs, ConcurrentLinkedQueue<Long> commits) throws InterruptedException {
        String transactionalId = "t-" + producer;
        InitProducerIdResponseData identity = RawCoordinators.producerId(client, transactionalId);
        ProduceFrame frame = ProduceFrame.of(TOPIC, producer, records, RECORD_BYTES, transactionalId);
        long id = identity.producerId();
        short epoch = identity.producerEpoch();
        int sequence = 0;
        long start = System.nanoTime();
        for (long due = start; System.nanoTime() - start < TimeUnit.SECONDS.toNanos(seconds); due += TimeUnit.MILLISECONDS.toNanos(everyMs)) {
            TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
            write(client, frame, id, epoch, sequence);
            long before = System.nanoTime();
            EndTxnResponseData ended = commit(client, transactionalId, id, epoch);
            commits.add(System.nanoTime() - before);
            boolean bumped = ended.producerId() != id || ended.producerEpoch() != epoch;
            sequence = bumped ? 0 : sequence + records;
            id = ended.producerId();
            epoch = ended.producerEpoch();
        }
    }

    private static void write(RawClient client, ProduceFrame frame, long id, short epoch, int sequence) throws InterruptedException {
        while (true) {
            client.sendFrame(frame.from(id, epoch, sequence));
            ProduceResponseData answer = RawProduce.parse(client.receiveFrame());
            short error = answer.responses().iterator().next().partitionResponses().getFirst().errorCode();
            if (error == 0) {
                return;
            }
            retry("write", error);
        }
    }

    private static EndTxnResponseData commit(RawClient client, String transactionalId, long id, short epoch) throws InterruptedException {
        EndTxnRequestData request = new EndTxnRequestData().setTransactionalId(transactionalId).setProducerId(id).setProducerEpoch(epoch).setCommitted(true);
        while (true) {
            EndTxnResponseData answer = client.call(request, END_VERSION, EndTxnResponseData.class);
            if (answer.errorCode() == 0) {
                return answer;
            }
            retry("commit", answer.errorCode());
        }
    }

    private static void retry(String what, short error) throws InterruptedException {
        if (!Retriable.is(error)) {
            throw new IllegalStateException(what + " failed: " + Errors.forCode(error));
        }
        Thread.sleep(RETRY_AFTER_MS);
    }
}
