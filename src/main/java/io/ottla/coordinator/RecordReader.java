// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ByteBufferAccessor;

/** Reads what {@link RecordWriter} writes; from the buffer's position. Throws {@link RuntimeException} on damaged bytes. */
public final class RecordReader {
    private final ByteBufferAccessor in;

    public RecordReader(ByteBuffer bytes) {
        in = new ByteBufferAccessor(bytes);
    }

    public byte int8() {
        return in.readByte();
    }

    public short int16() {
        return in.readShort();
    }

    public int int32() {
        return in.readInt();
    }

    public long int64() {
        return in.readLong();
    }

    public Uuid uuid() {
        return in.readUuid();
    }

    public String keyString() {
        return in.readString(checked(int16()));
    }

    public String string() {
        return in.readString(checked(in.readUnsignedVarint() - 1));
    }

    public String nullableString() {
        int length = in.readUnsignedVarint() - 1;
        return length < 0 ? null : in.readString(checked(length));
    }

    public <T> List<T> array(Function<RecordReader, T> element) {
        return elements(checked(in.readUnsignedVarint() - 1), element);
    }

    private <T> List<T> elements(int size, Function<RecordReader, T> element) {
        List<T> elements = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            elements.add(element.apply(this));
        }
        return elements;
    }

    public int uint16() {
        return in.readUnsignedShort();
    }

    /** An array that may be null. */
    public <T> List<T> nullableArray(Function<RecordReader, T> element) {
        int size = in.readUnsignedVarint() - 1;
        return size < 0 ? null : elements(checked(size), element);
    }

    /** Reads the tagged fields that end a structure. */
    public void tags(BiConsumer<Integer, RecordReader> each) {
        int count = in.readUnsignedVarint();
        for (int i = 0; i < count; i++) {
            int tag = in.readUnsignedVarint();
            each.accept(tag, new RecordReader(in.readByteBuffer(checked(in.readUnsignedVarint()))));
        }
    }

    public void skipTags() {
        tags((tag, content) -> { });
    }

    /** Reads the tagged fields that end a structure, and returns the one with this tag. */
    public long int64InTag(int wanted, long otherwise) {
        long[] found = {otherwise};
        tags((tag, content) -> found[0] = tag == wanted ? content.int64() : found[0]);
        return found[0];
    }

    /** Every element takes a byte at least, so that damaged lengths cannot claim memory. */
    private int checked(int length) {
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException("length " + length + " with " + in.remaining() + " bytes left");
        }
        return length;
    }
}
