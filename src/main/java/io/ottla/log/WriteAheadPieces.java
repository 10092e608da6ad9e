// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.log.WriteAheadRecord.Entry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is where in the {@link WriteAheadLog}: a few pieces of the same size, written one after another. A piece is free when all
 * that was written to it is settled. Guarded by its owner's lock.
 */
final class WriteAheadPieces {
    static final int COUNT = 4;

    private static final class Piece {
        final long start;
        /** What was written for each partition since it was last flushed. */
        final Map<PartitionKey, List<Entry>> entries = new HashMap<>();
        long firstSequence;
        int used;

        Piece(long start) {
            this.start = start;
        }

        void note(PartitionKey key, Entry entry) {
            entries.computeIfAbsent(key, k -> new ArrayList<>()).add(entry);
        }
    }

    private final int pieceBytes;
    private final List<Piece> pieces = new ArrayList<>();
    private Piece current;

    WriteAheadPieces(int pieceBytes) {
        this.pieceBytes = pieceBytes;
        for (int i = 0; i < COUNT; i++) {
            pieces.add(new Piece((long) i * pieceBytes));
        }
    }

    int pieceBytes() {
        return pieceBytes;
    }

    /** Reads what a piece says, which starts at {@code bytes}' position 0, up to its first record that is not whole. Returns the number of the next record, or 0 if there is none. */
    long scan(int number, ByteBuffer bytes) {
        Piece piece = pieces.get(number);
        int at = 0;
        int length = WriteAheadRecord.length(bytes, at);
        piece.firstSequence = length == 0 ? 0 : WriteAheadRecord.sequence(bytes, at);
        long sequence = piece.firstSequence;
        while (length > 0 && WriteAheadRecord.sequence(bytes, at) == sequence) {
            WriteAheadRecord.visit(bytes, at, length, piece.start, piece::note);
            sequence++;
            at += length;
            length = WriteAheadRecord.length(bytes, at);
        }
        return sequence;
    }

    void keepOnly(Set<PartitionKey> existing) {
        pieces.forEach(piece -> piece.entries.keySet().retainAll(existing));
    }

    void settled(PartitionKey key) {
        pieces.forEach(piece -> piece.entries.remove(key));
    }

    boolean empty() {
        return pieces.stream().allMatch(piece -> piece.entries.isEmpty());
    }

    /** What was written for a partition and is not settled, oldest first. */
    List<Entry> entries(PartitionKey key) {
        return pieces.stream()
                .sorted(Comparator.comparingLong(piece -> piece.firstSequence))
                .flatMap(piece -> piece.entries.getOrDefault(key, List.of()).stream())
                .toList();
    }

    boolean hasRoom() {
        return current != null && current.used < pieceBytes / 2 || nextFree() != null;
    }

    private Piece nextFree() {
        for (Piece piece : pieces) {
            if (piece != current && piece.entries.isEmpty()) {
                return piece;
            }
        }
        return null;
    }

    /** Whether the piece that was written last has bytes of the partition, or of fewer than so many. */
    boolean takes(PartitionKey key, int mostPartitions) {
        return current == null || current.entries.size() < mostPartitions || current.entries.containsKey(key);
    }

    /** Whether a record fits into the piece that was written last. */
    boolean fits(int bytes) {
        return current != null && current.used + bytes <= pieceBytes;
    }

    /** Goes on with a free piece; false if there is none. */
    boolean goOn(long sequence) {
        Piece next = nextFree();
        if (next == null) {
            return false;
        }
        next.used = 0;
        next.firstSequence = sequence;
        current = next;
        return true;
    }

    /** Where the next record goes. */
    long end() {
        return current.start + current.used;
    }

    /** Takes note of a record that was written there. */
    void written(ByteBuffer record) {
        WriteAheadRecord.visit(record, 0, record.limit(), end(), current::note);
        current.used += record.limit();
    }

    /** Whose bytes are in other pieces than the last. */
    Set<PartitionKey> inFullPieces() {
        Set<PartitionKey> keys = new HashSet<>();
        pieces.stream().filter(piece -> piece != current).forEach(piece -> keys.addAll(piece.entries.keySet()));
        return keys;
    }
}
