// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.JournalEntry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.internals.ByteUtils;

/** Events as the records of __share_group_state, byte for byte as Apache Kafka 4.4 writes them. */
final class ShareRecords {
    private static final short SNAPSHOT = 0;
    private static final short UPDATE = 1;
    private static final short VALUE_VERSION = 0;
    private static final int FINISHED_TAG = 0;
    private static final int FINISHED_UNKNOWN = -1;

    private static final int RUN_BYTES = 8 + 8 + 1 + 2 + 1;
    private static final int MAX_FIXED_BYTES = 80;

    private ShareRecords() {}

    /** The record of an event, or null if it is not kept. */
    static JournalEntry encode(ShareEvent event) {
        return switch (event) {
            case ShareEvent.Begun begun -> new JournalEntry.Plain(key(SNAPSHOT, event.key()), value(begun.snapshot()));
            case ShareEvent.Repeated repeated -> new JournalEntry.Plain(key(SNAPSHOT, event.key()), value(repeated.snapshot()));
            case ShareEvent.Written written -> new JournalEntry.Plain(key(UPDATE, event.key()), value(written));
            case ShareEvent.Removed ignored -> new JournalEntry.Plain(key(SNAPSHOT, event.key()), null);
            case ShareEvent.Locked ignored -> null;
            case ShareEvent.LocksChecked ignored -> null;
            case ShareEvent.LogStartMoved ignored -> null;
            case ShareEvent.Freed ignored -> null;
            case ShareEvent.Waiting ignored -> null;
            case ShareEvent.WaitingNoMore ignored -> null;
        };
    }

    private static ByteBuffer key(short kind, SharePartitionKey key) {
        byte[] group = key.groupId().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(2 + 2 + group.length + 16 + 4)
                .putShort(kind)
                .putShort((short) group.length).put(group)
                .putLong(key.topicId().getMostSignificantBits()).putLong(key.topicId().getLeastSignificantBits())
                .putInt(key.partition())
                .flip();
    }

    private static ByteBuffer value(ShareSnapshot snapshot) {
        ByteBuffer out = allocate(snapshot.runs())
                .putInt(snapshot.snapshotEpoch()).putInt(snapshot.stateEpoch()).putInt(snapshot.leaderEpoch())
                .putLong(snapshot.startOffset()).putLong(snapshot.createdMs()).putLong(snapshot.writtenMs());
        putRuns(snapshot.runs(), out);
        putFinished(snapshot.finished(), out);
        return out.flip();
    }

    private static ByteBuffer value(ShareEvent.Written written) {
        ByteBuffer out = allocate(written.runs())
                .putInt(written.snapshotEpoch()).putInt(written.leaderEpoch()).putLong(written.startOffset());
        putRuns(written.runs(), out);
        putFinished(written.finished(), out);
        return out.flip();
    }

    private static ByteBuffer allocate(List<Run> runs) {
        return ByteBuffer.allocate(MAX_FIXED_BYTES + RUN_BYTES * runs.size()).putShort(VALUE_VERSION);
    }

    private static void putRuns(List<Run> runs, ByteBuffer out) {
        ByteUtils.writeUnsignedVarint(runs.size() + 1, out);
        for (Run run : runs) {
            out.putLong(run.first()).putLong(run.last()).put(run.state().code).putShort((short) run.deliveryCount());
            ByteUtils.writeUnsignedVarint(0, out);
        }
    }

    /** KIP-1226 added this as a tagged field, which is absent where the count is not known. */
    private static void putFinished(int finished, ByteBuffer out) {
        if (finished == FINISHED_UNKNOWN) {
            ByteUtils.writeUnsignedVarint(0, out);
            return;
        }
        ByteUtils.writeUnsignedVarint(1, out);
        ByteUtils.writeUnsignedVarint(FINISHED_TAG, out);
        ByteUtils.writeUnsignedVarint(Integer.BYTES, out);
        out.putInt(finished);
    }

    /** The event that a record keeps, or null for a kind of record that is not known. @throws RuntimeException on damaged bytes */
    static ShareEvent decode(JournalEntry entry) {
        if (!(entry instanceof JournalEntry.Plain plain)) {
            return null;
        }
        ByteBuffer bytes = plain.key();
        short kind = bytes.getShort();
        if (kind != SNAPSHOT && kind != UPDATE) {
            return null;
        }
        SharePartitionKey key = readKey(bytes);
        if (plain.value() == null) {
            return kind == SNAPSHOT ? new ShareEvent.Removed(key) : null;
        }
        if (plain.value().getShort() != VALUE_VERSION) {
            return null;
        }
        return kind == SNAPSHOT ? new ShareEvent.Begun(key, readSnapshot(plain.value())) : readWritten(key, plain.value());
    }

    private static SharePartitionKey readKey(ByteBuffer bytes) {
        byte[] group = new byte[bytes.getShort()];
        bytes.get(group);
        return new SharePartitionKey(new String(group, StandardCharsets.UTF_8), new Uuid(bytes.getLong(), bytes.getLong()), bytes.getInt());
    }

    private static ShareSnapshot readSnapshot(ByteBuffer bytes) {
        int snapshotEpoch = bytes.getInt();
        int stateEpoch = bytes.getInt();
        int leaderEpoch = bytes.getInt();
        long startOffset = bytes.getLong();
        long createdMs = bytes.getLong();
        long writtenMs = bytes.getLong();
        List<Run> runs = readRuns(bytes);
        return new ShareSnapshot(snapshotEpoch, stateEpoch, leaderEpoch, startOffset, readFinished(bytes), createdMs, writtenMs, runs);
    }

    private static ShareEvent.Written readWritten(SharePartitionKey key, ByteBuffer bytes) {
        int snapshotEpoch = bytes.getInt();
        int leaderEpoch = bytes.getInt();
        long startOffset = bytes.getLong();
        List<Run> runs = readRuns(bytes);
        return new ShareEvent.Written(key, snapshotEpoch, leaderEpoch, startOffset, readFinished(bytes), runs);
    }

    private static List<Run> readRuns(ByteBuffer bytes) {
        int count = ByteUtils.readUnsignedVarint(bytes) - 1;
        if (count < 0 || count > bytes.remaining() / RUN_BYTES) {
            throw new IllegalArgumentException(count + " state batches with " + bytes.remaining() + " bytes left");
        }
        List<Run> runs = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            runs.add(Run.unlocked(bytes.getLong(), bytes.getLong(), DeliveryState.of(bytes.get()), bytes.getShort()));
            skipTags(bytes);
        }
        return runs;
    }

    private static int readFinished(ByteBuffer bytes) {
        int finished = FINISHED_UNKNOWN;
        int tags = ByteUtils.readUnsignedVarint(bytes);
        for (int i = 0; i < tags; i++) {
            int tag = ByteUtils.readUnsignedVarint(bytes);
            int size = ByteUtils.readUnsignedVarint(bytes);
            if (tag == FINISHED_TAG) {
                finished = bytes.getInt(bytes.position());
            }
            bytes.position(bytes.position() + size);
        }
        return finished;
    }

    private static void skipTags(ByteBuffer bytes) {
        int tags = ByteUtils.readUnsignedVarint(bytes);
        for (int i = 0; i < tags; i++) {
            ByteUtils.readUnsignedVarint(bytes);
            int size = ByteUtils.readUnsignedVarint(bytes);
            bytes.position(bytes.position() + size);
        }
    }
}
