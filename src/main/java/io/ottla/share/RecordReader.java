// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ByteBufferAccessor;

/** Reads what {@link RecordWriter} writes. Throws {@link RuntimeException} on damaged bytes. */
final class RecordReader {
    private final ByteBufferAccessor in;

    RecordReader(ByteBuffer bytes) {
        in = new ByteBufferAccessor(bytes);
    }

    byte int8() {
        return in.readByte();
    }

    short int16() {
        return in.readShort();
    }

    int int32() {
        return in.readInt();
    }

    long int64() {
        return in.readLong();
    }

    Uuid uuid() {
        return in.readUuid();
    }

    String keyString() {
        return in.readString(checked(int16()));
    }

    String string() {
        return in.readString(checked(in.readUnsignedVarint() - 1));
    }

    String nullableString() {
        int length = in.readUnsignedVarint() - 1;
        return length < 0 ? null : in.readString(checked(length));
    }

    <T> List<T> array(Function<RecordReader, T> element) {
        int size = checked(in.readUnsignedVarint() - 1);
        List<T> elements = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            elements.add(element.apply(this));
        }
        return elements;
    }

    void skipTags() {
        int64InTag(-1, 0);
    }

    /** Reads the tagged fields that end a structure, and returns the one with this tag. */
    long int64InTag(int wanted, long otherwise) {
        long found = otherwise;
        int count = in.readUnsignedVarint();
        for (int i = 0; i < count; i++) {
            int tag = in.readUnsignedVarint();
            ByteBuffer content = in.readByteBuffer(checked(in.readUnsignedVarint()));
            found = tag == wanted ? content.getLong() : found;
        }
        return found;
    }

    /** Every element takes a byte at least, so that damaged lengths cannot claim memory. */
    private int checked(int length) {
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException("length " + length + " with " + in.remaining() + " bytes left");
        }
        return length;
    }
}
