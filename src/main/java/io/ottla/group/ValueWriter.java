// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.Uuid;

/** Writes Kafka's primitive types, big endian, into bytes that grow as needed. */
final class ValueWriter {
    private static final int SHORT_MAX = Short.MAX_VALUE;

    private byte[] bytes = new byte[64];
    private int size;

    ByteBuffer toBuffer() {
        return ByteBuffer.wrap(bytes, 0, size);
    }

    ValueWriter int8(int value) {
        room(1);
        bytes[size++] = (byte) value;
        return this;
    }

    ValueWriter int16(int value) {
        return int8(value >> 8).int8(value);
    }

    ValueWriter int32(int value) {
        return int16(value >> 16).int16(value);
    }

    ValueWriter int64(long value) {
        return int32((int) (value >> 32)).int32((int) value);
    }

    /** A string whose length takes two bytes. @throws IllegalArgumentException if it is longer than 32767 bytes */
    ValueWriter string(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        if (utf8.length > SHORT_MAX) {
            throw new IllegalArgumentException("a string of " + utf8.length + " bytes, where " + SHORT_MAX + " are the most");
        }
        return int16(utf8.length).raw(utf8);
    }

    ValueWriter nullableString(String value) {
        return value == null ? int16(-1) : string(value);
    }

    /** Bytes whose length takes four bytes. */
    ValueWriter bytes(byte[] value) {
        return int32(value.length).raw(value);
    }

    ValueWriter unsignedVarint(int value) {
        int rest = value;
        while ((rest & ~0x7f) != 0) {
            int8(rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        return int8(rest);
    }

    /** The length, plus one, of a compact array that follows. */
    ValueWriter compactLength(int length) {
        return unsignedVarint(length + 1);
    }

    ValueWriter compactString(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return compactLength(utf8.length).raw(utf8);
    }

    ValueWriter compactNullableString(String value) {
        return value == null ? unsignedVarint(0) : compactString(value);
    }

    ValueWriter compactBytes(byte[] value) {
        return compactLength(value.length).raw(value);
    }

    ValueWriter uuid(Uuid value) {
        return int64(value.getMostSignificantBits()).int64(value.getLeastSignificantBits());
    }

    /** An end of a structure without tagged fields. */
    ValueWriter noTags() {
        return unsignedVarint(0);
    }

    /** A tagged field with its content. */
    ValueWriter tag(int tag, ValueWriter content) {
        unsignedVarint(tag).unsignedVarint(content.size);
        room(content.size);
        System.arraycopy(content.bytes, 0, bytes, size, content.size);
        size += content.size;
        return this;
    }

    private ValueWriter raw(byte[] value) {
        room(value.length);
        System.arraycopy(value, 0, bytes, size, value.length);
        size += value.length;
        return this;
    }

    private void room(int count) {
        if (size + count > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + count));
        }
    }
}
