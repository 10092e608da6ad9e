// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** One connection that keeps a number of requests in flight, and costs the machine little: whole bursts are written and read at once. One thread. */
final class Pipeline implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 20;

    private final SocketChannel channel;
    private ByteBuffer out = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private ByteBuffer next;

    private Pipeline(SocketChannel channel) {
        this.channel = channel;
    }

    static Pipeline connect(Server server) throws IOException {
        String[] address = server.bootstrapServers().split(":");
        SocketChannel channel = SocketChannel.open(new InetSocketAddress(address[0], Integer.parseInt(address[1])));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return new Pipeline(channel);
    }

    /**
     * Sends what {@code requests} gives, frames without their length, until it gives null; returns how many were answered. A frame
     * may be reused once the next is asked for. Replies must be smaller than the buffer.
     */
    long run(int inFlight, Supplier<ByteBuffer> requests, Consumer<ByteBuffer> replies) throws IOException {
        long sent = 0;
        long answered = 0;
        next = requests.get();
        while (next != null || answered < sent) {
            sent += write(inFlight - (int) (sent - answered), requests);
            answered += read(replies);
        }
        return answered;
    }

    private int write(int room, Supplier<ByteBuffer> requests) throws IOException {
        int sent = 0;
        if (next != null && 4 + next.remaining() > out.capacity()) {
            out = ByteBuffer.allocateDirect(4 + next.remaining());
        }
        out.clear();
        while (next != null && sent < room && out.remaining() >= 4 + next.remaining()) {
            out.putInt(next.remaining()).put(next.duplicate());
            next = requests.get();
            sent++;
        }
        out.flip();
        while (out.hasRemaining()) {
            channel.write(out);
        }
        return sent;
    }

    private int read(Consumer<ByteBuffer> replies) throws IOException {
        int answered = 0;
        while (answered == 0) {
            if (channel.read(in) < 0) {
                throw new EOFException("the broker closed the connection");
            }
            in.flip();
            while (in.remaining() >= 4 && in.remaining() >= 4 + in.getInt(in.position())) {
                int size = in.getInt();
                replies.accept(in.slice(in.position(), size));
                in.position(in.position() + size);
                answered++;
            }
            in.compact();
        }
        return answered;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
