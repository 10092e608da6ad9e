// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Appended;
import io.ottla.topic.Fetched;
import io.ottla.topic.OffsetQuery;
import io.ottla.topic.Partition;
import io.ottla.topic.PartitionDescription;
import io.ottla.topic.PartitionDescription.ProducerState;
import io.ottla.topic.PartitionId;
import io.ottla.topic.PartitionOffsets;
import io.ottla.topic.ReadLimit;
import io.ottla.wire.StoredRecords;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** A partition with one fault. Safe for any thread, as far as the whole one is. */
final class BrokenPartition implements Partition {
    private static final int SMALL_READ_BYTES = 300;
    /** Of the batches that a client appends, the one with which things go wrong, or begin to. */
    private static final int WITNESSED = 10;

    private final Partition whole;
    private final Fault fault;
    private final Random random;
    private final int life;
    /** Sequences that this partition makes up, by producer id and epoch. */
    private final Map<List<Long>, Integer> sequences = new HashMap<>();
    private int appends;
    private MemoryRecords held;

    BrokenPartition(Partition whole, Fault fault, Random random, int life) {
        this.whole = whole;
        this.fault = fault;
        this.random = random;
        this.life = life;
    }

    private boolean holdsData() {
        return !whole.id().topic().startsWith("__");
    }

    @Override
    public PartitionId id() {
        return whole.id();
    }

    @Override
    public PartitionOffsets offsets() {
        return broken(whole.offsets());
    }

    private PartitionOffsets broken(PartitionOffsets offsets) {
        return switch (fault) {
            case SHOWS_UNFLUSHED -> new PartitionOffsets(offsets.logStart(), Math.max(offsets.lastStable(),
                    offsets.lastStable() == offsets.highWatermark() ? offsets.logEnd() : 0), offsets.logEnd(), offsets.logEnd(), offsets.leaderEpoch());
            case READS_PAST_STABLE -> new PartitionOffsets(offsets.logStart(), offsets.highWatermark(), offsets.highWatermark(), offsets.logEnd(), offsets.leaderEpoch());
            default -> offsets;
        };
    }

    @Override
    public Appended append(ByteBuffer batches, AppendOrigin origin) {
        if (holdsData() && origin.client() && fault == Fault.WRITES_DUPLICATES) {
            return whole.append(renumbered(batches), origin);
        }
        if (holdsData() && origin.client()) {
            return appendData(batches, origin);
        }
        boolean marker = holdsData() && origin == AppendOrigin.COORDINATOR;
        if (marker && fault == Fault.DROPS_MARKERS && random.nextInt(10) == 0) {
            return notWritten();
        }
        if (marker && fault == Fault.FLIPS_MARKERS && random.nextInt(10) == 0) {
            return whole.append(aborting(batches), origin);
        }
        return whole.append(batches, origin);
    }

    private Appended notWritten() {
        PartitionOffsets offsets = whole.offsets();
        return new Appended(offsets.logEnd(), offsets.logEnd() - 1, -1, offsets.logStart(), false);
    }

    private synchronized Appended appendData(ByteBuffer batches, AppendOrigin origin) {
        appends++;
        MemoryRecords copy = withoutProducer(batches);
        if (fault == Fault.APPENDS_LATE && appends == WITNESSED) {
            held = copy;
            return notWritten();
        }
        Appended appended = whole.append(batches, origin);
        if (fault == Fault.APPENDS_TWICE && appends % WITNESSED == 0) {
            whole.append(copy.buffer(), origin);
        } else if (fault == Fault.MAKES_UP_RECORDS && appends == WITNESSED) {
            whole.append(MemoryRecords.withRecords(Compression.NONE, new SimpleRecord("made-up".getBytes(StandardCharsets.UTF_8))).buffer(), origin);
        } else if (fault == Fault.FORGETS_THE_BEGINNING && appends == 2 * WITNESSED) {
            whole.deleteRecordsBefore(whole.offsets().highWatermark());
        } else if (held != null && appends == 2 * WITNESSED) {
            whole.append(held.buffer(), origin);
        }
        return appended;
    }

    /** The same records, which no transaction hides. */
    private static MemoryRecords withoutProducer(ByteBuffer batches) {
        List<SimpleRecord> records = new ArrayList<>();
        MemoryRecords.readableRecords(batches.duplicate()).records().forEach(each -> records.add(new SimpleRecord(each)));
        return MemoryRecords.withRecords(Compression.NONE, records.toArray(SimpleRecord[]::new));
    }

    private ByteBuffer renumbered(ByteBuffer batches) {
        MutableRecordBatch batch = MemoryRecords.readableRecords(batches).batches().iterator().next();
        List<SimpleRecord> records = new ArrayList<>();
        for (Record each : batch) {
            records.add(new SimpleRecord(each));
        }
        int sequence = sequences.computeIfAbsent(List.of(batch.producerId(), (long) batch.producerEpoch()), key -> lastSequence(batch) + 1);
        sequences.put(List.of(batch.producerId(), (long) batch.producerEpoch()), sequence + records.size());
        return MemoryRecords.withTransactionalRecords(Compression.NONE, batch.producerId(), batch.producerEpoch(), sequence, records.toArray(SimpleRecord[]::new)).buffer();
    }

    private int lastSequence(MutableRecordBatch batch) {
        return whole.describe().producers().stream().filter(each -> each.producerId() == batch.producerId() && each.producerEpoch() == batch.producerEpoch())
                .mapToInt(ProducerState::lastSequence).max().orElse(-1);
    }

    private static ByteBuffer aborting(ByteBuffer batches) {
        ByteBuffer out = ByteBuffer.allocate(batches.remaining());
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
            MemoryRecords.writeEndTransactionalMarker(out, 0, batch.maxTimestamp(), 0, batch.producerId(), batch.producerEpoch(),
                    new EndTransactionMarker(ControlRecordType.ABORT, 0));
        }
        return out.flip();
    }

    @Override
    public void whenDurable(long offset, Durable callback) {
        if (fault == Fault.FLUSHES_NOTHING) {
            callback.done(null);
        } else {
            whole.whenDurable(offset, callback);
        }
    }

    @Override
    public Fetched read(long offset, int maxBytes, boolean minOneBatch, ReadLimit limit) {
        if (!holdsData() || limit == ReadLimit.LOG_END) {
            return whole.read(offset, maxBytes, minOneBatch, limit);
        }
        ReadLimit wrong = switch (fault) {
            case SHOWS_UNFLUSHED -> ReadLimit.LOG_END;
            case READS_PAST_STABLE -> ReadLimit.HIGH_WATERMARK;
            default -> limit;
        };
        boolean hides = fault == Fault.HIDES_LATEST && whole.id().topic().equals(House.COMPACTED);
        Fetched fetched = whole.read(offset, hides ? Math.min(maxBytes, SMALL_READ_BYTES) : maxBytes, minOneBatch, wrong);
        if (hides && offset > 0 && random.nextInt(3) == 0) {
            fetched.records().release();
            return new Fetched(StoredRecords.EMPTY, fetched.offsets(), List.of());
        }
        return new Fetched(fetched.records(), broken(fetched.offsets()), fault == Fault.FORGETS_ABORTED ? List.of() : fetched.aborted());
    }

    @Override
    public OffsetQuery.Answer find(OffsetQuery query) {
        return whole.find(query);
    }

    @Override
    public AutoCloseable watch(Runnable onAdvance) {
        return whole.watch(onAdvance);
    }

    @Override
    public long deleteRecordsBefore(long offset) {
        return whole.deleteRecordsBefore(offset);
    }

    @Override
    public PartitionDescription describe() {
        PartitionDescription described = whole.describe();
        if (fault != Fault.FORGETS_PRODUCERS || life == 0) {
            return described;
        }
        List<ProducerState> forgotten = described.producers().stream().map(each -> new ProducerState(each.producerId(), each.producerEpoch(),
                each.coordinatorEpoch(), -1, each.lastTimestampMs(), each.currentTransactionStartOffset())).toList();
        return new PartitionDescription(described.directory(), described.sizeBytes(), forgotten);
    }
}
