// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/**
 * A fact about the cluster that outlives the process, as one record of the catalog's journal. What each means is its own method and no
 * {@code switch} over types: each start comes to the first of those, which the JVM makes anew in every process (decision 2).
 */
sealed interface CatalogEvent {
    record TopicCreated(String name, Uuid id, int partitions, Map<String, String> configs) implements CatalogEvent {
        @Override
        public void write(DataOutputStream out) throws IOException {
            out.writeByte(1);
            out.writeUTF(name);
            writeId(out, id);
            out.writeInt(partitions);
            writeMap(out, configs);
        }

        @Override
        public void applyTo(CatalogImage image) {
            image.created(this);
        }
    }

    record TopicGrown(Uuid id, int partitions) implements CatalogEvent {
        @Override
        public void write(DataOutputStream out) throws IOException {
            out.writeByte(2);
            writeId(out, id);
            out.writeInt(partitions);
        }

        @Override
        public void applyTo(CatalogImage image) {
            image.grown(this);
        }
    }

    record TopicDeleted(Uuid id) implements CatalogEvent {
        @Override
        public void write(DataOutputStream out) throws IOException {
            out.writeByte(3);
            writeId(out, id);
        }

        @Override
        public void applyTo(CatalogImage image) {
            image.deleted(this);
        }
    }

    /** Overrides of a topic (by name), broker or group; {@code type} is {@code ConfigResource.Type}'s id. */
    record ConfigsReplaced(byte type, String name, Map<String, String> configs) implements CatalogEvent {
        @Override
        public void write(DataOutputStream out) throws IOException {
            out.writeByte(4);
            out.writeByte(type);
            out.writeUTF(name);
            writeMap(out, configs);
        }

        @Override
        public void applyTo(CatalogImage image) {
            image.replaced(this);
        }
    }

    record ProducerIdsReserved(long next) implements CatalogEvent {
        @Override
        public void write(DataOutputStream out) throws IOException {
            out.writeByte(5);
            out.writeLong(next);
        }

        @Override
        public void applyTo(CatalogImage image) {
            image.reserved(this);
        }
    }

    /** Its kind, in one byte, and what {@link #decode} reads after that. */
    void write(DataOutputStream out) throws IOException;

    void applyTo(CatalogImage image);

    /** Whether it may be what an operator does to make room on a full disk: delete topics, keep less of them. */
    default boolean makesRoom() {
        return this instanceof TopicDeleted || this instanceof ConfigsReplaced;
    }

    static byte[] encode(CatalogEvent event) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            event.write(out);
        } catch (IOException e) {
            throw new IllegalStateException("cannot encode " + event, e);
        }
        return bytes.toByteArray();
    }

    static CatalogEvent decode(byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        byte kind = in.readByte();
        return switch (kind) {
            case 1 -> new TopicCreated(in.readUTF(), readId(in), in.readInt(), readMap(in));
            case 2 -> new TopicGrown(readId(in), in.readInt());
            case 3 -> new TopicDeleted(readId(in));
            case 4 -> new ConfigsReplaced(in.readByte(), in.readUTF(), readMap(in));
            case 5 -> new ProducerIdsReserved(in.readLong());
            default -> throw new IOException("unknown catalog event " + kind + ": was it written by a newer version?");
        };
    }

    private static void writeId(DataOutputStream out, Uuid id) throws IOException {
        out.writeLong(id.getMostSignificantBits());
        out.writeLong(id.getLeastSignificantBits());
    }

    private static Uuid readId(DataInputStream in) throws IOException {
        return new Uuid(in.readLong(), in.readLong());
    }

    private static void writeMap(DataOutputStream out, Map<String, String> map) throws IOException {
        out.writeInt(map.size());
        for (Map.Entry<String, String> entry : new TreeMap<>(map).entrySet()) {
            out.writeUTF(entry.getKey());
            out.writeUTF(entry.getValue());
        }
    }

    private static Map<String, String> readMap(DataInputStream in) throws IOException {
        Map<String, String> map = new TreeMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            map.put(in.readUTF(), in.readUTF());
        }
        return Map.copyOf(map);
    }
}
