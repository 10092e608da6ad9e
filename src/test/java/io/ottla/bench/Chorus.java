// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.function.Consumer;

/** Many clients on one thread, each with one request in flight: they cost the machine little beside the broker that is measured. */
final class Chorus implements AutoCloseable {
    private static final int REPLY_BYTES = 64 * 1024;

    private final Selector selector;
    private final List<ByteBuffer> frames;
    private final ByteBuffer in = ByteBuffer.allocateDirect(REPLY_BYTES);
    private final Consumer<ByteBuffer> replies;
    private long answered;

    /** One client for each of the frames, which are without their length. */
    Chorus(Server server, List<ByteBuffer> frames, Consumer<ByteBuffer> replies) throws IOException {
        this.replies = replies;
        this.frames = frames.stream().map(Chorus::withLength).toList();
        selector = Selector.open();
        String[] address = server.bootstrapServers().split(":");
        for (ByteBuffer frame : this.frames) {
            SocketChannel channel = SocketChannel.open(new InetSocketAddress(address[0], Integer.parseInt(address[1])));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, frame);
        }
    }

    private static ByteBuffer withLength(ByteBuffer frame) {
        return ByteBuffer.allocateDirect(4 + frame.remaining()).putInt(frame.remaining()).put(frame.duplicate()).flip();
    }

    /** Has each client ask again as soon as it is answered, for so long; returns how many requests were answered. */
    long run(double seconds) throws IOException {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        answered = 0;
        for (SelectionKey key : selector.keys()) {
            send(key);
        }
        long sent = selector.keys().size();
        while (answered < sent) {
            long before = answered;
            boolean more = System.nanoTime() < end;
            selector.select(key -> answer(key, more));
            sent += more ? answered - before : 0;
        }
        return answered;
    }

    private void answer(SelectionKey key, boolean more) {
        try {
            SocketChannel channel = (SocketChannel) key.channel();
            in.clear();
            // A reply this small comes in one piece but for rare cases.
            do {
                if (channel.read(in) < 0) {
                    throw new EOFException("the broker closed the connection");
                }
            } while (in.position() < 4 || in.position() < 4 + in.getInt(0));
            replies.accept(in.flip().slice(4, in.limit() - 4));
            answered++;
            if (more) {
                send(key);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void send(SelectionKey key) throws IOException {
        ByteBuffer frame = ((ByteBuffer) key.attachment()).duplicate();
        while (frame.hasRemaining()) {
            ((SocketChannel) key.channel()).write(frame);
        }
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
