// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * Reads and writes of bounded size. The JDK copies a heap buffer through a direct one of the same size, which it keeps for
 * the thread: a large frame would pin as much again outside the heap.
 */
final class BoundedIo {
    private static final int MOST_BYTES = 256 * 1024;

    private BoundedIo() {}

    /** Reads once; the number of bytes, or -1 at the end. */
    static int read(SocketChannel channel, ByteBuffer target) throws IOException {
        if (target.isDirect() || target.remaining() <= MOST_BYTES) {
            return channel.read(target);
        }
        int limit = target.limit();
        try {
            return channel.read(target.limit(target.position() + MOST_BYTES));
        } finally {
            target.limit(limit);
        }
    }

    /** Writes until the socket takes no more or all is written. */
    static void write(SocketChannel channel, ByteBuffer source) throws IOException {
        int limit = source.limit();
        try {
            while (source.position() < limit) {
                source.limit(source.isDirect() ? limit : Math.min(limit, source.position() + MOST_BYTES));
                channel.write(source);
                if (source.hasRemaining()) {
                    return;
                }
            }
        } finally {
            source.limit(limit);
        }
    }
}
