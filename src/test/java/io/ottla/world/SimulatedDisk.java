// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A disk in memory that keeps what is written and what is durable apart. {@link #crash()} is a power cut: of what was not
 * flushed, any part may be lost, sector by sector and in any order, and of directory entries that were not synced, any number
 * of the latest. {@link #kill()} only ends the process. Calls can be made to fail. For one thread.
 */
public final class SimulatedDisk implements Disk {
    private static final int SECTOR_BYTES = 512;

    /** What a call does, for deciding whether it fails. */
    public enum Call { OPEN, READ, WRITE, FORCE, TRUNCATE, MOVE, DELETE, SYNC_DIRECTORY, SYNC_ALL }

    /** Decides which calls fail. */
    @FunctionalInterface
    public interface Faults {
        boolean fails(Call call, Path path);

        Faults NONE = (call, path) -> false;
    }

    private sealed interface Node permits FileNode, DirectoryNode {}

    private record Change(Map<String, Node> entries) {}

    private static final class DirectoryNode implements Node {
        Map<String, Node> entries = new LinkedHashMap<>();
        Map<String, Node> durable = new LinkedHashMap<>();
        final List<Change> pending = new ArrayList<>();
    }

    private record Write(int position, byte[] bytes, int truncateTo) {}

    private static final class FileNode implements Node {
        Content current = new Content();
        Content durable = new Content();
        final List<Write> pending = new ArrayList<>();
        /** Whether a sync of everything has failed to write it, which the next flush of the file reports. */
        boolean failed;
    }

    private static final class Content {
        byte[] bytes = {};
        int size;

        void write(int position, byte[] source, int from, int count) {
            int end = position + count;
            if (end > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(end, bytes.length * 2));
            }
            System.arraycopy(source, from, bytes, position, count);
            size = Math.max(size, end);
        }

        void truncate(int newSize) {
            if (newSize < size) {
                Arrays.fill(bytes, newSize, size, (byte) 0);
                size = newSize;
            }
        }

        Content copy() {
            Content copy = new Content();
            copy.bytes = Arrays.copyOf(bytes, size);
            copy.size = size;
            return copy;
        }
    }

    private final Random random;
    private DirectoryNode root = new DirectoryNode();
    private final Set<Path> locks = new HashSet<>();
    private Faults faults = Faults.NONE;
    private Runnable duringForce = () -> { };
    private long capacityBytes = Long.MAX_VALUE;
    private int life;
    private boolean syncsAll;

    public SimulatedDisk(Random random) {
        this.random = random;
    }

    public void faults(Faults newFaults) {
        faults = newFaults;
    }

    /** Runs in the midst of each flush of a file, as another thread might. */
    public void duringForce(Runnable task) {
        duringForce = task;
    }

    /** How much all files together may hold. */
    public void capacityBytes(long bytes) {
        capacityBytes = bytes;
    }

    /** Bytes in all files that have a name. */
    public long usedBytes() {
        return used(root);
    }

    private static long used(DirectoryNode directory) {
        long total = 0;
        for (Node node : directory.entries.values()) {
            total += switch (node) {
                case FileNode file -> file.current.size;
                case DirectoryNode child -> used(child);
            };
        }
        return total;
    }

    /** The process dies: open files are closed, locks are free, the page cache stays. */
    public void kill() {
        life++;
        locks.clear();
    }

    /** The power goes out. */
    public void crash() {
        kill();
        root = surviving(root);
    }

    private DirectoryNode surviving(DirectoryNode directory) {
        DirectoryNode survivor = new DirectoryNode();
        Map<String, Node> entries = new LinkedHashMap<>(directory.durable);
        int applied = directory.pending.isEmpty() ? 0 : random.nextInt(directory.pending.size() + 1);
        directory.pending.subList(0, applied).forEach(change -> apply(change, entries));
        entries.forEach((name, node) -> survivor.entries.put(name, switch (node) {
            case FileNode file -> surviving(file);
            case DirectoryNode child -> surviving(child);
        }));
        survivor.durable = new LinkedHashMap<>(survivor.entries);
        return survivor;
    }

    private FileNode surviving(FileNode file) {
        FileNode survivor = new FileNode();
        survivor.durable = file.durable.copy();
        int kind = random.nextInt(4);
        List<Write> kept = kind == 0 ? List.of() : kind == 1 ? file.pending : file.pending.subList(0, random.nextInt(file.pending.size() + 1));
        for (Write write : kept) {
            applySectors(write, survivor.durable, kind == 3 ? 0.5 : 1);
        }
        survivor.current = survivor.durable.copy();
        return survivor;
    }

    private void applySectors(Write write, Content content, double chance) {
        if (write.bytes == null) {
            if (random.nextDouble() < chance) {
                content.truncate(write.truncateTo);
            }
            return;
        }
        int end = write.position + write.bytes.length;
        for (int at = write.position; at < end; at = Math.min(end, (at / SECTOR_BYTES + 1) * SECTOR_BYTES)) {
            int count = Math.min(end, (at / SECTOR_BYTES + 1) * SECTOR_BYTES) - at;
            if (random.nextDouble() < chance) {
                content.write(at, write.bytes, at - write.position, count);
            }
        }
    }

    private static void apply(Change change, Map<String, Node> entries) {
        change.entries.forEach((name, node) -> {
            if (node == null) {
                entries.remove(name);
            } else {
                entries.put(name, node);
            }
        });
    }

    private void change(DirectoryNode directory, Map<String, Node> entries) {
        Change change = new Change(entries);
        apply(change, directory.entries);
        directory.pending.add(change);
    }

    private void check(Call call, Path path) throws IOException {
        if (faults.fails(call, path)) {
            throw new IOException("simulated failure of " + call + " on " + path.getFileName());
        }
    }

    private Node find(Path path) {
        Node node = root;
        for (Path name : path) {
            node = node instanceof DirectoryNode directory ? directory.entries.get(name.toString()) : null;
        }
        return node;
    }

    private DirectoryNode directory(Path path) throws IOException {
        if (find(path) instanceof DirectoryNode directory) {
            return directory;
        }
        throw new NoSuchFileException(path.toString());
    }

    @Override
    public DiskFile open(Path path, OpenMode mode) throws IOException {
        check(Call.OPEN, path);
        Node node = find(path);
        boolean mayCreate = mode == OpenMode.CREATE || mode == OpenMode.CREATE_NEW;
        if (node == null && mayCreate) {
            node = new FileNode();
            change(directory(path.getParent()), Map.of(path.getFileName().toString(), node));
        } else if (node == null) {
            throw new NoSuchFileException(path.toString());
        } else if (mode == OpenMode.CREATE_NEW) {
            throw new IOException(path + " exists");
        }
        return new OpenFile(path, (FileNode) node);
    }

    @Override
    public List<String> list(Path directory) {
        return find(directory) instanceof DirectoryNode node ? new ArrayList<>(node.entries.keySet()) : List.of();
    }

    @Override
    public boolean exists(Path path) {
        return find(path) != null;
    }

    @Override
    public boolean isDirectory(Path path) {
        return find(path) instanceof DirectoryNode;
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        if (find(directory) != null) {
            return;
        }
        if (directory.getParent() != null) {
            createDirectories(directory.getParent());
        }
        DirectoryNode parent = directory.getParent() == null ? root : directory(directory.getParent());
        change(parent, Map.of(directory.getFileName().toString(), new DirectoryNode()));
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        check(Call.MOVE, from);
        Node node = find(from);
        if (node == null) {
            throw new NoSuchFileException(from.toString());
        }
        if (!from.getParent().equals(to.getParent())) {
            throw new IOException("moves between directories are not simulated");
        }
        Map<String, Node> entries = new LinkedHashMap<>();
        entries.put(from.getFileName().toString(), null);
        entries.put(to.getFileName().toString(), node);
        change(directory(from.getParent()), entries);
    }

    @Override
    public void delete(Path path) throws IOException {
        check(Call.DELETE, path);
        if (find(path) instanceof DirectoryNode directory && !directory.entries.isEmpty()) {
            throw new IOException(path + " is not empty");
        }
        if (find(path) != null) {
            Map<String, Node> entries = new LinkedHashMap<>();
            entries.put(path.getFileName().toString(), null);
            change(directory(path.getParent()), entries);
        }
    }

    @Override
    public void syncDirectory(Path path) throws IOException {
        check(Call.SYNC_DIRECTORY, path);
        DirectoryNode directory = directory(path);
        directory.durable = new LinkedHashMap<>(directory.entries);
        directory.pending.clear();
    }

    /** Whether there is a way to make all files durable at once: for disks that are opened from now on. */
    public void syncsAll(boolean value) {
        syncsAll = value;
    }

    /** Leaves directories as they are, which a real one does not. A file on which {@link Call#SYNC_ALL} fails is damaged, as by a flush of its own that fails. */
    @Override
    public FileSystemSync fileSystemSync(Path directory) {
        return syncsAll ? new SyncAll() : null;
    }

    private final class SyncAll implements FileSystemSync {
        private final int openedIn = life;

        @Override
        public void sync() throws IOException {
            Map<Path, FileNode> files = new LinkedHashMap<>();
            collect(root, Path.of("/"), files);
            Map<FileNode, Integer> covered = new IdentityHashMap<>();
            files.values().forEach(file -> covered.put(file, file.pending.size()));
            duringForce.run();
            if (openedIn != life) {
                throw new IOException("the crash came first");
            }
            boolean failed = false;
            for (Map.Entry<Path, FileNode> entry : files.entrySet()) {
                FileNode file = entry.getValue();
                int count = Math.min(covered.get(file), file.pending.size());
                boolean fails = count > 0 && faults.fails(Call.SYNC_ALL, entry.getKey());
                makeDurable(file, count, fails);
                file.failed |= fails;
                failed |= fails;
            }
            if (failed) {
                throw new IOException("simulated failure of SYNC_ALL");
            }
        }

        private static void collect(DirectoryNode directory, Path path, Map<Path, FileNode> files) {
            directory.entries.forEach((name, node) -> {
                switch (node) {
                    case FileNode file -> files.put(path.resolve(name), file);
                    case DirectoryNode below -> collect(below, path.resolve(name), files);
                }
            });
        }

        @Override
        public void close() {
            // There is nothing to give back.
        }
    }

    private void makeDurable(FileNode file, int writes, boolean fails) {
        List<Write> first = file.pending.subList(0, writes);
        for (Write write : first) {
            // After a failed flush the kernel takes the pages for clean: they are not written by the next one.
            applySectors(write, file.durable, fails ? 0.5 : 1);
        }
        first.clear();
        if (writes > 0 && !fails && file.pending.isEmpty()) {
            // There is one length in an inode: with whatever else is written goes a cut that an earlier flush failed to write.
            file.durable.truncate(file.current.size);
        }
    }

    @Override
    public long usableBytes(Path path) {
        return capacityBytes - usedBytes();
    }

    @Override
    public AutoCloseable lock(Path path) throws IOException {
        if (!locks.add(path)) {
            throw new IOException(path + " is locked");
        }
        return () -> locks.remove(path);
    }

    private final class OpenFile implements DiskFile {
        private final Path path;
        private final FileNode node;
        private final int openedIn = life;

        OpenFile(Path path, FileNode node) {
            this.path = path;
            this.node = node;
        }

        private void ensureAlive() throws IOException {
            if (openedIn != life) {
                throw new IOException(path + " was opened before the crash");
            }
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            ensureAlive();
            check(Call.READ, path);
            int count = (int) Math.max(0, Math.min(target.remaining(), node.current.size - position));
            if (count > 0) {
                target.put(node.current.bytes, (int) position, count);
            }
            return count;
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            ensureAlive();
            byte[] bytes = new byte[source.remaining()];
            source.get(bytes);
            int room = (int) Math.min(bytes.length, Math.max(0, capacityBytes - usedBytes()));
            boolean full = position + bytes.length > node.current.size && room < bytes.length;
            boolean fails = full || faults.fails(Call.WRITE, path);
            int count = full ? room : fails ? random.nextInt(bytes.length + 1) : bytes.length;
            byte[] written = Arrays.copyOf(bytes, count);
            node.current.write((int) position, written, 0, count);
            node.pending.add(new Write((int) position, written, 0));
            if (fails) {
                throw new IOException(full ? "No space left on device" : "simulated failure of WRITE on " + path.getFileName());
            }
        }

        @Override
        public long size() throws IOException {
            ensureAlive();
            return node.current.size;
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            ensureAlive();
            check(Call.TRUNCATE, path);
            node.current.truncate((int) sizeBytes);
            node.pending.add(new Write(0, null, (int) sizeBytes));
        }

        @Override
        public void force() throws IOException {
            ensureAlive();
            List<Write> covered = new ArrayList<>(node.pending);
            duringForce.run();
            ensureAlive();
            boolean fails = node.failed | faults.fails(Call.FORCE, path);
            node.failed = false;
            covered.removeIf(write -> node.pending.stream().noneMatch(pending -> pending == write));
            makeDurable(node, covered.size(), fails);
            if (fails) {
                throw new IOException("simulated failure of FORCE on " + path.getFileName());
            }
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
            ensureAlive();
            int size = (int) Math.max(0, Math.min(count, node.current.size - position));
            return target.write(ByteBuffer.wrap(node.current.bytes, (int) position, size));
        }

        @Override
        public void close() {
            // Closing flushes nothing.
        }
    }
}
