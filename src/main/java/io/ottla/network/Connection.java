// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import io.ottla.wire.HeldRecords;
import io.ottla.wire.RequestContext;
import io.ottla.wire.RequestHead;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's socket: frames in, replies out in order. Runs on its event loop; only {@link #replyReady}, {@link #closed} and
 * {@link #sideline} are for other threads. At most {@link #MAX_PIPELINED} requests are in hand; past that, or while a
 * request must wait its turn, the socket is not read.
 */
final class Connection {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
    private static final int MAX_PIPELINED = 256;
    /** A frame that does not fit gets its buffer step by step, so that a claimed length alone costs next to nothing. */
    private static final int FIRST_FRAME_BYTES = 4 * 1024;
    private static final long STALLED_NANOS = 1_000_000_000;

    private final SocketChannel channel;
    private final EventLoop loop;
    private final RequestHandler handler;
    private final String listener;
    private final int maxRequestBytes;
    private final Runnable onClose;
    private final InetAddress peer;
    private final String localHost;
    private final String clientHost;
    private final Outbox outbox;
    private final Sideline sideline;
    private final ArrayDeque<Exchange> exchanges = new ArrayDeque<>();
    private final AtomicBoolean drainQueued = new AtomicBoolean();
    private final Runnable queuedDrain = this::drainQueued;
    private SelectionKey key;
    private ByteBuffer unread;
    private boolean paused;
    private boolean parsing;
    private long lastActivityNanos;
    private final Map<Object, Runnable> whenClosed = new HashMap<>();
    private volatile boolean closed;

    Connection(SocketChannel channel, EventLoop loop, RequestHandler handler, String listener, int maxRequestBytes, Runnable onClose)
            throws IOException {
        this.channel = channel;
        this.loop = loop;
        this.handler = handler;
        this.listener = listener;
        this.maxRequestBytes = maxRequestBytes;
        this.onClose = onClose;
        this.peer = ((InetSocketAddress) channel.getRemoteAddress()).getAddress();
        this.localHost = ((InetSocketAddress) channel.getLocalAddress()).getAddress().getHostAddress();
        this.clientHost = "/" + peer.getHostAddress();
        this.outbox = new Outbox(channel, loop);
        this.sideline = new Sideline(loop.costly);
        // Not only in open(): the search for idle connections may come before it.
        this.lastActivityNanos = loop.nowNanos();
    }

    /** Starts to read. */
    void open() {
        try {
            key = loop.register(channel, this);
        } catch (IOException e) {
            fail("could not be registered", e);
        }
    }

    EventLoop loop() {
        return loop;
    }

    String localHost() {
        return localHost;
    }

    /** The costly work of this connection's requests. */
    Sideline sideline() {
        return sideline;
    }

    boolean closed() {
        return closed;
    }

    /** See {@link Request#whenClosed}. */
    void whenClosed(Object owner, Runnable action) {
        if (closed) {
            action.run();
        } else {
            whenClosed.put(owner, action);
        }
    }

    /** Called by the selector. */
    void ready() {
        try {
            lastActivityNanos = loop.nowNanos();
            if (key.isValid() && key.isWritable()) {
                outbox.resume();
                drain();
            }
            if (!closed && key.isValid() && key.isReadable()) {
                read();
            }
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            end("request could not be handled", e);
        }
    }

    /** Closes the connection if nothing has happened on it for so long, or if the client has not taken its replies. */
    void closeIfIdle(long maxIdleMs) {
        long idleMs = TimeUnit.NANOSECONDS.toMillis(loop.nowNanos() - lastActivityNanos);
        if (idleMs > maxIdleMs && (exchanges.isEmpty() || outbox.blocked())) {
            LOG.debug("event=connection_closed peer={} reason=idle idle_ms={}", clientHost, idleMs);
            close();
        }
    }

    /** Closes the connection if it holds buffers that others need, for a frame or a reply that has not moved for a while. */
    boolean closeIfStalled() {
        // A frame that waits its turn is not its client's fault, unless it is a large one.
        boolean holds = outbox.blocked() || unread != null && (!paused || unread.capacity() > BufferBudget.SMALL_BYTES);
        if (closed || !holds || loop.nowNanos() - lastActivityNanos < STALLED_NANOS) {
            return false;
        }
        refuse("stalled while memory is short");
        return true;
    }

    /** A request in hand is answered. From any thread. */
    void replyReady() {
        boolean drainedAfterParsing = loop.inLoop() && parsing;
        if (!drainedAfterParsing && drainQueued.compareAndSet(false, true)) {
            loop.execute(queuedDrain);
        }
    }

    void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("event=close_failed peer={} reason={}", clientHost, e.toString());
        }
        outbox.close();
        whenClosed.values().forEach(Runnable::run);
        whenClosed.clear();
        if (unread != null) {
            loop.buffers.give(unread);
            unread = null;
        }
        releaseReplies();
        onClose.run();
    }

    private void read() throws IOException {
        ByteBuffer target = unread != null ? unread : loop.readScratch.clear();
        int count = BoundedIo.read(channel, target);
        if (count < 0) {
            close();
            return;
        }
        parse(target.flip());
        drain();
    }

    /** Begins the requests in {@code source}, a flipped buffer, and keeps what is left of it in {@link #unread}. */
    private void parse(ByteBuffer source) {
        parsing = true;
        try {
            while (!closed && beginNext(source)) {
                // Each turn begins one request.
            }
        } finally {
            parsing = false;
        }
        if (!closed) {
            keepRest(source);
        }
    }

    private boolean beginNext(ByteBuffer source) {
        int available = source.remaining();
        if (available < 4) {
            return false;
        }
        int start = source.position();
        int size = source.getInt(start);
        if (size < 0 || size > maxRequestBytes) {
            refuse("frame of " + size + " bytes, at most " + maxRequestBytes + " are accepted");
            return false;
        }
        if (available - 4 < size) {
            return false;
        }
        boolean pipelined = size >= 2 && pipelined(source.getShort(start + 4));
        if (!mayBegin(pipelined)) {
            paused = true;
            return false;
        }
        source.position(start + 4 + size);
        begin(source.slice(start + 4, size), pipelined);
        return true;
    }

    private boolean pipelined(short apiKey) {
        return ApiKeys.hasId(apiKey) && handler.pipelined(ApiKeys.forId(apiKey));
    }

    private boolean mayBegin(boolean pipelined) {
        if (exchanges.size() >= MAX_PIPELINED || outbox.blocked()) {
            return false;
        }
        for (Exchange exchange : exchanges) {
            if (!exchange.done() && !(pipelined && exchange.pipelined())) {
                return false;
            }
        }
        return true;
    }

    private void begin(ByteBuffer frame, boolean pipelined) {
        RequestHead head;
        try {
            head = RequestHead.read(frame);
        } catch (ApiException e) {
            refuse(e.getMessage());
            return;
        }
        RequestContext context = new RequestContext(head.version(), head.clientId(), clientHost, listener);
        Exchange exchange = new Exchange(this, head, context, frame, pipelined);
        exchanges.add(exchange);
        handler.handle(exchange);
        exchange.forgetBody();
    }

    /** Keeps the bytes of an unfinished frame, in a buffer that can grow to hold it. */
    private void keepRest(ByteBuffer source) {
        int rest = source.remaining();
        if (rest == 0) {
            if (unread != null) {
                loop.buffers.give(unread);
                unread = null;
            }
            return;
        }
        int frameBytes = rest >= 4 ? 4 + source.getInt(source.position()) : 4;
        int wanted = Math.max(rest, Math.min(frameBytes, Math.max(FIRST_FRAME_BYTES, 2 * rest)));
        if (source == unread && source.capacity() >= wanted) {
            source.compact();
            return;
        }
        ByteBuffer kept = loop.buffers.take(wanted);
        kept.put(source);
        if (unread != null) {
            loop.buffers.give(unread);
        }
        unread = kept;
    }

    private void drainQueued() {
        drainQueued.set(false);
        drainSafely();
    }

    private void drainSafely() {
        try {
            drain();
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            end("reply could not be sent", e);
        }
    }

    /** Sends the replies that are due, then goes on with requests that had to wait. */
    private void drain() throws IOException {
        while (!closed) {
            sendReplies();
            if (closed || !paused || outbox.blocked()) {
                break;
            }
            paused = false;
            if (unread == null) {
                break;
            }
            parse(unread.flip());
            if (paused && !headDone()) {
                break;
            }
        }
        if (!closed) {
            updateInterest();
        }
    }

    private boolean headDone() {
        Exchange head = exchanges.peek();
        return head != null && head.done();
    }

    private void sendReplies() throws IOException {
        String hangUp = null;
        try {
            while (hangUp == null && !outbox.blocked() && headDone()) {
                Exchange exchange = exchanges.poll();
                hangUp = exchange.hangUpReason();
                if (exchange.reply() != null) {
                    int size = loop.writer.measure(
                            exchange.head().api(), exchange.replyVersion(), exchange.head().correlationId(), exchange.reply());
                    lastActivityNanos = loop.nowNanos();
                    outbox.add(loop.writer, size);
                }
            }
        } finally {
            outbox.flush();
        }
        if (hangUp != null) {
            refuse(hangUp);
        }
    }

    private void updateInterest() {
        int wanted = (paused ? 0 : SelectionKey.OP_READ) | (outbox.blocked() ? SelectionKey.OP_WRITE : 0);
        if (key.interestOps() != wanted) {
            key.interestOps(wanted);
        }
    }

    private void refuse(String reason) {
        loop.refusals.refused(clientHost, reason);
        close();
    }

    private void end(String what, Throwable e) {
        switch (e) {
            case IOException lost -> {
                LOG.debug("event=connection_lost peer={} reason={}", clientHost, lost.toString());
                close();
            }
            case BufferBudget.BudgetExceeded tooMuch -> refuse(tooMuch.getMessage());
            case OutOfMemoryError tooMuch -> refuse("out of memory: " + tooMuch.getMessage());
            default -> fail(what, e);
        }
    }

    private void fail(String what, Throwable e) {
        LOG.error("event=connection_failed peer={} what=\"{}\" action=close", clientHost, what, e);
        close();
    }

    private void releaseReplies() {
        for (Exchange exchange : exchanges) {
            if (exchange.done() && exchange.reply() != null) {
                HeldRecords.release(exchange.reply());
            }
        }
    }
}
