// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;

/** Reads Kafka's primitive types. Throws {@link java.nio.BufferUnderflowException} or {@link IllegalArgumentException} on damaged bytes. */
final class ValueReader {
    private final ByteBuffer bytes;

    ValueReader(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    byte int8() {
        return bytes.get();
    }

    short int16() {
        return bytes.getShort();
    }

    int int32() {
        return bytes.getInt();
    }

    long int64() {
        return bytes.getLong();
    }

    String string() {
        String value = nullableString();
        if (value == null) {
            throw new IllegalArgumentException("null where a string must be");
        }
        return value;
    }

    String nullableString() {
        int length = int16();
        return length < 0 ? null : utf8(length);
    }

    byte[] bytes() {
        return raw(int32());
    }

    /** An array whose length takes four bytes. */
    <T> List<T> array(Function<ValueReader, T> element) {
        return elements(int32(), element);
    }

    int unsignedVarint() {
        int value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            byte next = int8();
            value |= (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a varint of more than five bytes");
    }

    String compactString() {
        String value = compactNullableString();
        if (value == null) {
            throw new IllegalArgumentException("null where a string must be");
        }
        return value;
    }

    String compactNullableString() {
        int length = unsignedVarint() - 1;
        return length < 0 ? null : utf8(length);
    }

    byte[] compactBytes() {
        return raw(unsignedVarint() - 1);
    }

    <T> List<T> compactArray(Function<ValueReader, T> element) {
        return elements(unsignedVarint() - 1, element);
    }

    /** Null for an absent array. */
    <T> List<T> compactNullableArray(Function<ValueReader, T> element) {
        int length = unsignedVarint() - 1;
        return length < 0 ? null : elements(length, element);
    }

    Uuid uuid() {
        return new Uuid(int64(), int64());
    }

    /** Reads the tagged fields at the end of a structure: those that {@code known} does not want are passed over. */
    void tags(Tags known) {
        int count = unsignedVarint();
        for (int i = 0; i < count; i++) {
            int tag = unsignedVarint();
            int length = unsignedVarint();
            check(length);
            known.read(tag, new ValueReader(bytes.slice(bytes.position(), length)));
            bytes.position(bytes.position() + length);
        }
    }

    void skipTags() {
        tags((tag, content) -> { });
    }

    interface Tags {
        void read(int tag, ValueReader content);
    }

    private <T> List<T> elements(int length, Function<ValueReader, T> element) {
        check(length);
        List<T> elements = new ArrayList<>(length);
        for (int i = 0; i < length; i++) {
            elements.add(element.apply(this));
        }
        return elements;
    }

    private String utf8(int length) {
        check(length);
        if (!bytes.hasArray()) {
            return new String(raw(length), StandardCharsets.UTF_8);
        }
        String value = new String(bytes.array(), bytes.arrayOffset() + bytes.position(), length, StandardCharsets.UTF_8);
        bytes.position(bytes.position() + length);
        return value;
    }

    private byte[] raw(int length) {
        check(length);
        byte[] value = new byte[length];
        bytes.get(value);
        return value;
    }

    /** Every element takes a byte at least, so that damaged lengths cannot claim memory. */
    private void check(int length) {
        if (length < 0 || length > bytes.remaining()) {
            throw new IllegalArgumentException("length " + length + " with " + bytes.remaining() + " bytes left");
        }
    }
}
