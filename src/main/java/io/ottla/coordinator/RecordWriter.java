// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.SortedMap;
import java.util.function.BiConsumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.DataOutputStreamWritable;

/** Writes the fields of a coordinator's record: keys in Kafka's old encoding, values in the flexible one (KIP-482). */
public final class RecordWriter {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStreamWritable out = new DataOutputStreamWritable(new DataOutputStream(bytes));

    /** Begins the key of a record: its kind, and the strings that name what it is about. */
    public static RecordWriter key(short kind, String... names) {
        RecordWriter key = new RecordWriter().int16(kind);
        for (String name : names) {
            key.keyString(name);
        }
        return key;
    }

    /** The record of a key and a value, or the tombstone of the key if the value is null. */
    public static JournalEntry record(RecordWriter key, RecordWriter value) {
        return new JournalEntry.Plain(key.toBuffer(), value == null ? null : value.toBuffer());
    }

    public ByteBuffer toBuffer() {
        return ByteBuffer.wrap(bytes.toByteArray());
    }

    public RecordWriter int8(int value) {
        out.writeByte((byte) value);
        return this;
    }

    public RecordWriter int16(int value) {
        out.writeShort((short) value);
        return this;
    }

    public RecordWriter int32(int value) {
        out.writeInt(value);
        return this;
    }

    public RecordWriter int64(long value) {
        out.writeLong(value);
        return this;
    }

    public RecordWriter uuid(Uuid value) {
        out.writeUuid(value);
        return this;
    }

    /** @throws IllegalArgumentException for more than 32767 bytes */
    public RecordWriter keyString(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        if (utf8.length > Short.MAX_VALUE) {
            throw new IllegalArgumentException("a string of " + utf8.length + " bytes");
        }
        out.writeShort((short) utf8.length);
        out.writeByteArray(utf8);
        return this;
    }

    public RecordWriter string(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        out.writeUnsignedVarint(utf8.length + 1);
        out.writeByteArray(utf8);
        return this;
    }

    public RecordWriter nullableString(String value) {
        if (value == null) {
            out.writeUnsignedVarint(0);
            return this;
        }
        return string(value);
    }

    public <T> RecordWriter array(Collection<T> elements, BiConsumer<RecordWriter, T> each) {
        out.writeUnsignedVarint(elements.size() + 1);
        elements.forEach(element -> each.accept(this, element));
        return this;
    }

    /** @param value 0 to 65535 */
    public RecordWriter uint16(int value) {
        out.writeUnsignedShort(value);
        return this;
    }

    /** Ends a structure with its tagged fields, of which there may be none. */
    public RecordWriter tags(SortedMap<Integer, RecordWriter> fields) {
        out.writeUnsignedVarint(fields.size());
        fields.forEach((tag, content) -> {
            out.writeUnsignedVarint(tag);
            out.writeUnsignedVarint(content.bytes.size());
            out.writeByteArray(content.bytes.toByteArray());
        });
        return this;
    }

    public RecordWriter noTags() {
        out.writeUnsignedVarint(0);
        return this;
    }

    /** The only tagged field, whose content follows. */
    public RecordWriter oneTag(int tag, int sizeBytes) {
        out.writeUnsignedVarint(1);
        out.writeUnsignedVarint(tag);
        out.writeUnsignedVarint(sizeBytes);
        return this;
    }
}
