// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts a compacted segment in the place of those it was made from, all or nothing: its files are renamed to `.swap`, then a
 * manifest says durably what replaces what, then the last renames and deletes follow, which recovery can repeat from the
 * manifest. Without one, `.swap` files are dropped.
 */
final class CompactionSwap {
    private static final String MANIFEST = "compaction-manifest";
    private static final String END = "end";
    private static final List<String> SUFFIXES = List.of(LogFileNames.TRANSACTION_INDEX, LogFileNames.OFFSET_INDEX, LogFileNames.TIME_INDEX, LogFileNames.LOG);

    private CompactionSwap() {}

    /** Replaces the files of {@code old} by those of {@code fresh}, which has the base offset of the first of them. */
    static void run(Disk disk, Path folder, List<Segment> old, Segment fresh) throws IOException {
        for (CachedFile file : fresh.files()) {
            file.rename(file.name().replace(LogFileNames.CLEANED, LogFileNames.SWAP));
        }
        StringBuilder manifest = new StringBuilder();
        old.forEach(segment -> manifest.append(segment.baseOffset()).append('\n'));
        SmallFiles.replace(disk, folder.resolve(MANIFEST), ByteBuffer.wrap(manifest.append(END).toString().getBytes(StandardCharsets.UTF_8)));
        for (Segment segment : old) {
            segment.close();
        }
        for (CachedFile file : fresh.files()) {
            file.rename(file.name().replace(LogFileNames.SWAP, ""));
        }
        finish(disk, folder, old.stream().map(Segment::baseOffset).toList());
    }

    /** Ends a swap that was interrupted after its manifest had become durable. Returns true if there was one. */
    static boolean recover(Disk disk, Path folder, List<String> names) throws IOException {
        if (!names.contains(MANIFEST)) {
            return false;
        }
        List<String> lines = StandardCharsets.UTF_8.decode(SmallFiles.read(disk, folder.resolve(MANIFEST))).toString().lines().toList();
        if (lines.size() < 2 || !lines.getLast().equals(END)) {
            throw new DamagedLogException(folder.resolve(MANIFEST) + " is damaged");
        }
        List<Long> bases = new ArrayList<>();
        for (String line : lines.subList(0, lines.size() - 1)) {
            bases.add(Long.parseLong(line));
        }
        for (String suffix : SUFFIXES) {
            Path swap = folder.resolve(LogFileNames.of(bases.getFirst(), suffix + LogFileNames.SWAP));
            if (disk.exists(swap)) {
                disk.move(swap, folder.resolve(LogFileNames.of(bases.getFirst(), suffix)));
            }
        }
        finish(disk, folder, bases);
        return true;
    }

    private static void finish(Disk disk, Path folder, List<Long> bases) throws IOException {
        for (long base : bases.subList(1, bases.size())) {
            for (String suffix : SUFFIXES) {
                disk.delete(folder.resolve(LogFileNames.of(base, suffix)));
            }
        }
        disk.syncDirectory(folder);
        disk.delete(folder.resolve(MANIFEST));
        disk.syncDirectory(folder);
    }
}
