// SPDX-License-Identifier: Apache-2.0
package io.ottla.wire;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Writable;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.utils.internals.ByteUtils;

/**
 * Encodes one reply frame. Stored records are not copied: {@link #cuts()} tells where in the encoded bytes they belong.
 * Reused for reply after reply by the one thread that owns it.
 */
public final class ReplyWriter implements Writable {
    /** Stored records that go out just before the encoded byte at {@code position}. */
    public record Cut(int position, StoredRecords records) {}

    private final List<Cut> cuts = new ArrayList<>();
    private ObjectSerializationCache cache;
    private MessageSizeAccumulator size;
    private short headerVersion;
    private short version;
    private ApiMessage reply;
    private int correlationId;
    private ByteBuffer target;
    private int start;

    /** Measures a reply; returns the number of bytes that {@link #encode} will put, records not counted. */
    public int measure(ApiKeys api, short version, int correlationId, ApiMessage reply) {
        this.reply = reply;
        this.version = version;
        this.correlationId = correlationId;
        headerVersion = api.responseHeaderVersion(version);
        cache = new ObjectSerializationCache();
        size = new MessageSizeAccumulator();
        reply.addSize(size, cache, version);
        return 4 + headerSize() + size.sizeExcludingZeroCopy();
    }

    /** Puts the measured reply, frame length first, into {@code target}, which has room for it. */
    public void encode(ByteBuffer target) {
        this.target = target;
        start = target.position();
        cuts.clear();
        target.putInt(headerSize() + size.totalSize());
        target.putInt(correlationId);
        if (headerVersion >= 1) {
            target.put((byte) 0);
        }
        reply.write(this, cache, version);
        reply = null;
        cache = null;
    }

    /** Where stored records belong in the bytes of the last {@link #encode}, counted from the first of them, in order. */
    public List<Cut> cuts() {
        return cuts;
    }

    private int headerSize() {
        return headerVersion >= 1 ? 5 : 4;
    }

    @Override
    public void writeRecords(BaseRecords records) {
        if (!(records instanceof StoredRecords stored)) {
            throw new IllegalArgumentException("records in a reply must be stored records, not " + records.getClass());
        }
        if (stored.sizeInBytes() > 0) {
            cuts.add(new Cut(target.position() - start, stored));
        }
    }

    @Override
    public void writeByte(byte value) {
        target.put(value);
    }

    @Override
    public void writeShort(short value) {
        target.putShort(value);
    }

    @Override
    public void writeInt(int value) {
        target.putInt(value);
    }

    @Override
    public void writeLong(long value) {
        target.putLong(value);
    }

    @Override
    public void writeDouble(double value) {
        target.putDouble(value);
    }

    @Override
    public void writeByteArray(byte[] bytes) {
        target.put(bytes);
    }

    @Override
    public void writeUnsignedVarint(int value) {
        ByteUtils.writeUnsignedVarint(value, target);
    }

    @Override
    public void writeByteBuffer(ByteBuffer bytes) {
        target.put(bytes.duplicate());
    }

    @Override
    public void writeVarint(int value) {
        ByteUtils.writeVarint(value, target);
    }

    @Override
    public void writeVarlong(long value) {
        ByteUtils.writeVarlong(value, target);
    }
}
