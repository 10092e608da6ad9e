// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

import io.ottla.wire.InMemoryRecords;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;

/**
 * A partition in memory. What is appended becomes durable at once, or, with {@code flushByHand}, when a test calls
 * {@link #flush}; {@link #crash} forgets what was not flushed, {@link #fail} makes it refuse everything, and after {@link #costly}
 * what is compressed takes as long as a test wants.
 */
public final class FakePartition implements Partition {
    private record Batch(long lastOffset, byte[] bytes) {}

    private record Waiting(long offset, Durable callback) {}

    private final PartitionId id;
    private final boolean flushByHand;
    private final List<Batch> batches = new ArrayList<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private final List<Runnable> watchers = new CopyOnWriteArrayList<>();
    private long logEnd;
    private long highWatermark;
    private ApiException failure;
    private volatile Semaphore patience;

    public FakePartition(PartitionId id, boolean flushByHand) {
        this.id = id;
        this.flushByHand = flushByHand;
    }

    @Override
    public PartitionId id() {
        return id;
    }

    @Override
    public synchronized PartitionOffsets offsets() {
        check();
        return new PartitionOffsets(0, highWatermark, highWatermark, logEnd, 0);
    }

    @Override
    public Appended append(ByteBuffer buffer, AppendOrigin origin) {
        if (patience != null && MemoryRecords.readableRecords(buffer).firstBatch().isCompressed()) {
            if (origin.onLoop()) {
                throw new AppendTooCostly("as the test wants it");
            }
            patience.acquireUninterruptibly();
        }
        Appended appended;
        synchronized (this) {
            if (failure != null) {
                throw new AppendRefused(Errors.forException(failure), failure.getMessage());
            }
            long base = logEnd;
            for (MutableRecordBatch batch : MemoryRecords.readableRecords(buffer).batches()) {
                batch.ensureValid();
                int count = batch.countOrNull();
                batch.setLastOffset(logEnd + count - 1);
                ByteBuffer copy = ByteBuffer.allocate(batch.sizeInBytes());
                ((DefaultRecordBatch) batch).writeTo(copy);
                batches.add(new Batch(logEnd + count - 1, copy.array()));
                logEnd += count;
            }
            appended = new Appended(base, logEnd - 1, -1, 0, false);
        }
        if (!flushByHand) {
            flush();
        }
        return appended;
    }

    /** Each compressed batch is too costly for a loop from now on, and takes until {@code patience} has a permit for it. */
    public void costly(Semaphore patience) {
        this.patience = patience;
    }

    /** Makes everything that was appended durable, and tells those who wait for it. */
    public void flush() {
        List<Waiting> done = new ArrayList<>();
        synchronized (this) {
            highWatermark = logEnd;
            waiting.removeIf(each -> each.offset <= highWatermark && done.add(each));
        }
        done.forEach(each -> each.callback.done(null));
        watchers.forEach(Runnable::run);
    }

    /** Whether somebody waits for a flush. */
    public synchronized boolean awaited() {
        return !waiting.isEmpty();
    }

    /** Whether a flush would make something durable. */
    public synchronized boolean unflushed() {
        return highWatermark < logEnd;
    }

    /** Forgets what is not durable, as a power cut would. Nobody who waits is told. */
    public synchronized void crash() {
        batches.removeIf(batch -> batch.lastOffset >= highWatermark);
        logEnd = highWatermark;
        waiting.clear();
    }

    /** Refuses everything from now on, and what waits for a flush; null makes it work again. */
    public void fail(ApiException reason) {
        List<Waiting> failed = new ArrayList<>();
        synchronized (this) {
            failure = reason;
            if (reason != null) {
                failed.addAll(waiting);
                waiting.clear();
            }
        }
        failed.forEach(each -> each.callback.done(reason));
    }

    public synchronized int batchCount() {
        return batches.size();
    }

    private void check() {
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public void whenDurable(long offset, Durable callback) {
        ApiException now;
        synchronized (this) {
            if (failure == null && offset > highWatermark) {
                waiting.add(new Waiting(offset, callback));
                return;
            }
            now = failure;
        }
        callback.done(now);
    }

    @Override
    public synchronized Fetched read(long offset, int maxBytes, boolean minOneBatch, ReadLimit limit) {
        check();
        long end = limit == ReadLimit.LOG_END ? logEnd : highWatermark;
        if (offset < 0 || offset > end) {
            throw new OffsetOutOfRangeException(offset + " is not between 0 and " + end);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Batch batch : batches) {
            boolean wanted = batch.lastOffset >= offset && batch.lastOffset < end;
            boolean fits = out.size() + batch.bytes.length <= maxBytes || (minOneBatch && out.size() == 0);
            if (wanted && !fits) {
                break;
            }
            if (wanted) {
                out.writeBytes(batch.bytes);
            }
        }
        return new Fetched(new InMemoryRecords(ByteBuffer.wrap(out.toByteArray())), offsets(), List.of());
    }

    @Override
    public OffsetQuery.Answer find(OffsetQuery query) {
        return OffsetQuery.Answer.NONE;
    }

    @Override
    public AutoCloseable watch(Runnable onAdvance) {
        watchers.add(onAdvance);
        return () -> watchers.remove(onAdvance);
    }

    @Override
    public long deleteRecordsBefore(long offset) {
        throw new KafkaStorageException("not kept by the fake");
    }

    @Override
    public PartitionDescription describe() {
        return new PartitionDescription("", 0, List.of());
    }
}
