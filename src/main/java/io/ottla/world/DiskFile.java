// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** One open file, addressed by position; safe for any thread. A write is durable only after {@link #force()} has returned. */
public interface DiskFile extends AutoCloseable {
    /** Reads until {@code target} is full or the file ends; returns the number of bytes read, 0 at or past the end. */
    int read(ByteBuffer target, long position) throws IOException;

    /** Writes all remaining bytes of {@code source} at {@code position}. After an exception the bytes there are undefined. */
    void write(ByteBuffer source, long position) throws IOException;

    /** The size in bytes as written, flushed or not. */
    long size() throws IOException;

    /** Cuts the file to {@code sizeBytes}. */
    void truncate(long sizeBytes) throws IOException;

    /** Makes the contents and the size durable (fdatasync). After an exception nothing may be assumed of unflushed bytes. */
    void force() throws IOException;

    /**
     * Sends up to {@code count} bytes from {@code position} to {@code target} without passing through the heap where
     * the system can; returns the number of bytes sent, which may be 0 when the target takes no more now.
     */
    long transferTo(long position, long count, WritableByteChannel target) throws IOException;

    @Override
    void close() throws IOException;
}
