// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A file system of its own with little room: ext4 on a loop device, or memory where there is none. Needs root. */
public final class SmallDisk implements AutoCloseable {
    private static final int CHUNK_BYTES = 1 << 20;

    private final Path root;
    private final String device;
    private final List<Path> ballast = new ArrayList<>();

    private SmallDisk(Path root, String device) {
        this.root = root;
        this.device = device;
    }

    /** Mounts one below {@code parent}; empty where that is not allowed. */
    public static Optional<SmallDisk> mount(Path parent, int sizeMb) {
        try {
            Path root = Files.createDirectory(parent.resolve("disk"));
            Path image = parent.resolve("image");
            if (run("truncate", "-s", sizeMb + "M", image.toString()) && run("mkfs.ext4", "-q", "-m", "0", image.toString())) {
                String device = firstLine("losetup", "--find", "--show", image.toString());
                if (device != null && run("mount", "-o", "errors=remount-ro", device, root.toString())) {
                    return Optional.of(new SmallDisk(root, device));
                }
            }
            boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=" + sizeMb + "m", "tmpfs", root.toString());
            return mounted ? Optional.of(new SmallDisk(root, null)) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path root() {
        return root;
    }

    /** Takes all the room that is left, to the last byte. */
    public void fill() {
        Path file = root.resolve("ballast-" + ballast.size());
        ballast.add(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int size = CHUNK_BYTES; size > 0; size /= 2) {
                write(channel, size);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(FileChannel channel, int size) {
        ByteBuffer chunk = ByteBuffer.allocate(size);
        try {
            while (true) {
                channel.write(chunk.clear());
            }
        } catch (IOException full) {
            chunk.clear();
        }
    }

    /** Gives back what {@link #fill} took. */
    public void free() {
        try {
            for (Path file : ballast) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ballast.clear();
    }

    /** Makes the file system find an error, upon which it lets nobody write any more; false where that can't be done. */
    public boolean breakDown() {
        if (device == null) {
            return false;
        }
        Path trigger = Path.of("/sys/fs/ext4", Path.of(device).getFileName().toString(), "trigger_fs_error");
        try {
            Files.writeString(trigger, "a test");
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Lets nobody write any more, which nobody may be about to; false where that can't be done. */
    public boolean turnReadOnly() {
        return run("mount", "-o", "remount,ro", root.toString());
    }

    /** As an operator brings it back: unmounted, checked, mounted. Nobody may have it open. */
    public void repair() {
        boolean unmounted = run("umount", root.toString());
        run("fsck.ext4", "-y", device);
        if (!unmounted || !run("mount", "-o", "errors=remount-ro", device, root.toString())) {
            throw new IllegalStateException(root + " cannot be mounted again");
        }
    }

    @Override
    public void close() {
        run("umount", root.toString());
        if (device != null) {
            run("losetup", "--detach", device);
        }
    }

    private static boolean run(String... command) {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException notInstalled) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String firstLine(String... command) throws IOException {
        try (var reader = new ProcessBuilder(command).start().inputReader()) {
            return reader.readLine();
        } catch (IOException notInstalled) {
            return null;
        }
    }
}
