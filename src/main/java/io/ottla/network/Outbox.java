// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import io.ottla.wire.ReplyWriter;
import io.ottla.wire.StoredRecords;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;

/**
 * What a connection has yet to send. Replies are gathered in the loop's scratch buffer and go out in one write; small
 * stored records are copied in between, large ones go from the file to the socket. Only what the socket does not take
 * is kept here. Owned by the connection's loop.
 */
final class Outbox {
    /** Up to this size a copy into the gathered write is cheaper than a system call of its own. */
    private static final int COPY_BYTES = 32 * 1024;

    private static final class Waiting {
        private final StoredRecords records;
        private int sent;

        private Waiting(StoredRecords records, int sent) {
            this.records = records;
            this.sent = sent;
        }
    }

    private final SocketChannel channel;
    private final EventLoop loop;
    /** Byte buffers of the pool and {@link Waiting} records, in order; empty while the socket takes everything. */
    private final ArrayDeque<Object> queue = new ArrayDeque<>();

    Outbox(SocketChannel channel, EventLoop loop) {
        this.channel = channel;
        this.loop = loop;
    }

    /** True while the socket has not taken everything. */
    boolean blocked() {
        return !queue.isEmpty();
    }

    /** Adds the reply that {@code writer} has measured as {@code size} bytes. End the gathering with {@link #flush}. */
    void add(ReplyWriter writer, int size) throws IOException {
        ByteBuffer scratch = loop.writeScratch;
        if (!blocked() && size <= scratch.remaining()) {
            int start = scratch.position();
            writer.encode(scratch);
            if (!writer.cuts().isEmpty()) {
                ByteBuffer meta = loop.buffers.take(size);
                meta.put(scratch.slice(start, scratch.position() - start)).flip();
                scratch.position(start);
                weave(meta, writer);
            }
            return;
        }
        ByteBuffer meta = loop.buffers.take(size);
        try {
            writer.encode(meta);
        } catch (RuntimeException e) {
            loop.buffers.give(meta);
            throw e;
        }
        weave(meta.flip(), writer);
    }

    /** Sends what was gathered; the scratch buffer is empty afterwards. */
    void flush() throws IOException {
        ByteBuffer scratch = loop.writeScratch.flip();
        try {
            if (!blocked() && scratch.hasRemaining()) {
                channel.write(scratch);
            }
            if (scratch.hasRemaining()) {
                keep(scratch);
            }
        } finally {
            scratch.clear();
        }
    }

    /** Sends on after the socket became writable. */
    void resume() throws IOException {
        while (!queue.isEmpty()) {
            Object next = queue.peek();
            if (next instanceof ByteBuffer bytes) {
                BoundedIo.write(channel, bytes);
                if (bytes.hasRemaining()) {
                    return;
                }
                loop.buffers.give(bytes);
            } else if (next instanceof Waiting waiting && !send(waiting)) {
                return;
            }
            queue.poll();
        }
    }

    /** Drops everything. */
    void close() {
        for (Object next : queue) {
            if (next instanceof Waiting waiting) {
                waiting.records.release();
            } else if (next instanceof ByteBuffer bytes) {
                loop.buffers.give(bytes);
            }
        }
        queue.clear();
    }

    private void weave(ByteBuffer meta, ReplyWriter writer) throws IOException {
        int from = 0;
        int woven = 0;
        try {
            for (ReplyWriter.Cut cut : writer.cuts()) {
                put(meta.slice(from, cut.position() - from));
                from = cut.position();
                woven++;
                put(cut.records());
            }
            put(meta.slice(from, meta.limit() - from));
        } finally {
            for (int i = woven; i < writer.cuts().size(); i++) {
                writer.cuts().get(i).records().release();
            }
            loop.buffers.give(meta);
        }
    }

    private void put(ByteBuffer bytes) throws IOException {
        ByteBuffer scratch = loop.writeScratch;
        while (bytes.hasRemaining() && !blocked()) {
            int count = Math.min(bytes.remaining(), scratch.remaining());
            scratch.put(bytes.slice(bytes.position(), count));
            bytes.position(bytes.position() + count);
            if (bytes.hasRemaining()) {
                flush();
            }
        }
        if (bytes.hasRemaining()) {
            keep(bytes);
        }
    }

    private void put(StoredRecords records) throws IOException {
        int size = records.sizeInBytes();
        ByteBuffer scratch = loop.writeScratch;
        Waiting waiting = new Waiting(records, 0);
        try {
            if (!blocked() && size <= COPY_BYTES) {
                if (size > scratch.remaining()) {
                    flush();
                }
                if (!blocked()) {
                    records.copyTo(scratch.slice(scratch.position(), size), 0);
                    scratch.position(scratch.position() + size);
                    records.release();
                    return;
                }
            }
            if (!blocked()) {
                flush();
            }
            if (blocked() || !send(waiting)) {
                queue.add(waiting);
            }
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            records.release();
            throw e;
        }
    }

    /** Sends on; true when all is sent. */
    private boolean send(Waiting waiting) throws IOException {
        int size = waiting.records.sizeInBytes();
        while (waiting.sent < size) {
            long count = waiting.records.writeTo(channel, waiting.sent);
            if (count <= 0) {
                return false;
            }
            waiting.sent += (int) count;
        }
        waiting.records.release();
        return true;
    }

    private void keep(ByteBuffer bytes) {
        ByteBuffer copy = loop.buffers.take(bytes.remaining());
        queue.add(copy.put(bytes).flip());
    }
}
