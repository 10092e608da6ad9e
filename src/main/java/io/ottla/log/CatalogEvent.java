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

/** A fact about the cluster that outlives the process, as one record of the catalog's journal. */
sealed interface CatalogEvent {
    record TopicCreated(String name, Uuid id, int partitions, Map<String, String> configs) implements CatalogEvent {}

    record TopicGrown(Uuid id, int partitions) implements CatalogEvent {}

    record TopicDeleted(Uuid id) implements CatalogEvent {}

    /** Overrides of a topic (by name), broker or group; {@code type} is {@code ConfigResource.Type}'s id. */
    record ConfigsReplaced(byte type, String name, Map<String, String> configs) implements CatalogEvent {}

    record ProducerIdsReserved(long next) implements CatalogEvent {}

    /** Whether it may be what an operator does to make room on a full disk: delete topics, keep less of them. */
    default boolean makesRoom() {
        return this instanceof TopicDeleted || this instanceof ConfigsReplaced;
    }

    static byte[] encode(CatalogEvent event) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            switch (event) {
                case TopicCreated created -> {
                    out.writeByte(1);
                    out.writeUTF(created.name());
                    writeId(out, created.id());
                    out.writeInt(created.partitions());
                    writeMap(out, created.configs());
                }
                case TopicGrown grown -> {
                    out.writeByte(2);
                    writeId(out, grown.id());
                    out.writeInt(grown.partitions());
                }
                case TopicDeleted deleted -> {
                    out.writeByte(3);
                    writeId(out, deleted.id());
                }
                case ConfigsReplaced replaced -> {
                    out.writeByte(4);
                    out.writeByte(replaced.type());
                    out.writeUTF(replaced.name());
                    writeMap(out, replaced.configs());
                }
                case ProducerIdsReserved reserved -> {
                    out.writeByte(5);
                    out.writeLong(reserved.next());
                }
            }
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
