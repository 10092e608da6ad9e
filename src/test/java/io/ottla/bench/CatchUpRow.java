// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * A consumer far behind, one fetch after the other with a consumer's default sizes and nothing decoded, beside a thread that sends the
 * same files through the same kind of socket with a plain sendfile loop.
 */
final class CatchUpRow implements Row {
    private static final String TOPIC = "old";
    private static final int PARTITIONS = 8;
    private static final int RECORDS_A_BATCH = 64;
    private static final int RECORD_BYTES = 1000;
    private static final int PARTITION_MAX_BYTES = 1 << 20;
    private static final int MAX_BYTES = 50 << 20;
    private static final int IN_FLIGHT = 5;
    private static final int PASSES = 5;
    /** As long as compilers are at work on either side, a fetch costs its client more than the broker. */
    private static final int WARM_UP_PASSES = 10;

    /** The last version with topic names. */
    private static final short FETCH_VERSION = 12;

    private final Scale scale;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(PARTITIONS * PARTITION_MAX_BYTES + (1 << 20));

    CatchUpRow(Scale scale) {
        this.scale = scale;
    }

    @Override
    public String name() {
        return "catch-up";
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        try (Server server = contender.start()) {
            long batches = scale.bytes() / RECORDS_A_BATCH / RECORD_BYTES / PARTITIONS;
            fill(server, batches);
            double loopSeconds = 0;
            double fetchSeconds = 0;
            double cpuSeconds = 0;
            long bytes = 0;
            for (int pass = -WARM_UP_PASSES; pass < PASSES; pass++) {
                long start = System.nanoTime();
                long sent = sendfileLoop(server);
                double loop = (System.nanoTime() - start) / 1e9;
                Stopwatch time = new Stopwatch(server);
                long fetched = fetchAll(server, batches * RECORDS_A_BATCH);
                if (pass >= 0) {
                    loopSeconds += loop * fetched / sent;
                    fetchSeconds += time.seconds();
                    cpuSeconds += time.cpuSeconds();
                    bytes += fetched;
                }
            }
            samples.add(Metric.more(name(), "fetched", "MB/s"), bytes / fetchSeconds / 1e6);
            samples.add(Metric.more(name(), "plain sendfile loop", "MB/s"), bytes / loopSeconds / 1e6);
            samples.add(Metric.more(name(), "fetched against the plain loop", "%"), loopSeconds / fetchSeconds * 100);
            samples.add(Metric.less(name(), "broker CPU", "s/GB"), cpuSeconds / bytes * 1e9);
        }
    }

    private static void fill(Server server, long batches) throws Exception {
        try (RawClient client = RawClient.connect(server.bootstrapServers())) {
            RawTopics.create(client, List.of(TOPIC), PARTITIONS);
        }
        MemoryRecords batch = RawProduce.plain(RECORDS_A_BATCH, RECORD_BYTES);
        ByteBuffer frame = RawClient.encode(RawProduce.request(TOPIC, IntStream.range(0, PARTITIONS).boxed().toList(), batch, (short) 1, null), RawProduce.VERSION, 1);
        try (Pipeline pipeline = Pipeline.connect(server)) {
            long[] left = {batches};
            pipeline.run(IN_FLIGHT, () -> left[0]-- > 0 ? frame : null, RawProduce::requireSuccess);
        }
    }

    private long fetchAll(Server server, long recordsEach) throws IOException {
        long[] offsets = new long[PARTITIONS];
        long bytes = 0;
        try (SocketChannel channel = SocketChannel.open(address(server))) {
            while (IntStream.range(0, PARTITIONS).anyMatch(partition -> offsets[partition] < recordsEach)) {
                ByteBuffer request = RawClient.encode(fetch(offsets), FETCH_VERSION, 1);
                ByteBuffer frame = ByteBuffer.allocate(4 + request.remaining()).putInt(request.remaining()).put(request).flip();
                channel.write(frame);
                bytes += readReply(channel, offsets);
            }
        }
        return bytes;
    }

    private static InetSocketAddress address(Server server) {
        String[] parts = server.bootstrapServers().split(":");
        return new InetSocketAddress(parts[0], Integer.parseInt(parts[1]));
    }

    private static FetchRequestData fetch(long[] offsets) {
        List<FetchPartition> partitions = IntStream.range(0, PARTITIONS).mapToObj(partition -> new FetchPartition().setPartition(partition)
                .setFetchOffset(offsets[partition]).setPartitionMaxBytes(PARTITION_MAX_BYTES)).toList();
        return new FetchRequestData().setReplicaId(-1).setMaxWaitMs(500).setMinBytes(1).setMaxBytes(MAX_BYTES)
                .setTopics(List.of(new FetchTopic().setTopic(TOPIC).setPartitions(partitions)));
    }

    private long readReply(SocketChannel channel, long[] offsets) throws IOException {
        readFully(channel, 4);
        readFully(channel, buffer.getInt());
        ByteBufferAccessor readable = new ByteBufferAccessor(buffer);
        new ResponseHeaderData(readable, ApiKeys.FETCH.responseHeaderVersion(FETCH_VERSION));
        long bytes = 0;
        for (var topic : new FetchResponseData(readable, FETCH_VERSION).responses()) {
            for (var partition : topic.partitions()) {
                if (partition.errorCode() != 0) {
                    throw new IllegalStateException("fetch failed: " + Errors.forCode(partition.errorCode()));
                }
                for (var batch : ((MemoryRecords) partition.records()).batches()) {
                    offsets[partition.partitionIndex()] = batch.nextOffset();
                    bytes += batch.sizeInBytes();
                }
            }
        }
        return bytes;
    }

    private void readFully(SocketChannel channel, int sizeBytes) throws IOException {
        buffer.clear().limit(sizeBytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("the connection was closed");
            }
        }
        buffer.flip();
    }

    /** Sends the topic's log files, one after the other; returns how many bytes. */
    private long sendfileLoop(Server server) throws Exception {
        List<Path> files;
        try (Stream<Path> all = Files.walk(server.directory())) {
            files = all.filter(path -> path.getParent().getFileName().toString().startsWith(TOPIC + "-") && path.toString().endsWith(".log")).sorted().toList();
        }
        try (ServerSocketChannel listener = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            Thread sender = Thread.ofPlatform().start(() -> sendAll(listener, files));
            long received = 0;
            try (SocketChannel channel = SocketChannel.open(listener.getLocalAddress())) {
                buffer.clear();
                for (int read = channel.read(buffer); read >= 0; read = channel.read(buffer)) {
                    received += read;
                    if (!buffer.hasRemaining()) {
                        buffer.clear();
                    }
                }
            }
            sender.join();
            return received;
        }
    }

    private static void sendAll(ServerSocketChannel listener, List<Path> files) {
        try (SocketChannel channel = listener.accept()) {
            for (Path file : files) {
                try (FileChannel from = FileChannel.open(file)) {
                    for (long at = 0; at < from.size(); ) {
                        at += from.transferTo(at, from.size() - at, channel);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
