// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import io.ottla.world.Clock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens, accepts within the limits, and spreads connections over its event loops. Safe for any thread. */
public final class NetworkServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkServer.class);
    private static final long ACCEPT_RETRY_MS = 100;
    /** Of all loops together. */
    private static final long MOST_DIRECT_BYTES = 128L << 20;
    private static final long WARN_EVERY_MS = 10_000;

    private final NetworkSettings settings;
    /** Grows only. */
    private final List<EventLoop> loops = new CopyOnWriteArrayList<>();
    private final List<ServerSocketChannel> listeners = new ArrayList<>();
    private final List<Set<Connection>> connections = new CopyOnWriteArrayList<>();
    private final Clock clock;
    private final long maxDirectBytes;
    private final AcceptRate rate;
    private final BufferBudget budget;
    private final SidelineWorkers costly = new SidelineWorkers(Runtime.getRuntime().availableProcessors());
    private final AtomicInteger connectionCount = new AtomicInteger();
    private final Map<InetAddress, Integer> countByAddress = new ConcurrentHashMap<>();
    private volatile ConnectionLimits limits;
    /** How many of the loops get new connections. */
    private volatile int threads;
    private RequestHandler handler;
    private int nextLoop;
    private boolean warned;
    private boolean closed;

    public NetworkServer(NetworkSettings settings, Clock clock) throws IOException {
        this.settings = settings;
        budget = new BufferBudget(settings.maxBufferBytes());
        maxDirectBytes = Math.min(MOST_DIRECT_BYTES, settings.maxBufferBytes() / 4) / settings.threads();
        this.clock = clock;
        rate = new AcceptRate(clock.monotonicNanos());
        limits = settings.connections();
        threads = settings.threads();
        while (loops.size() < threads) {
            addLoop();
        }
    }

    private void addLoop() throws IOException {
        connections.add(ConcurrentHashMap.newKeySet());
        loops.add(new EventLoop("ottla-network-" + loops.size(), clock, budget, maxDirectBytes, costly));
    }

    /**
     * Binds one listener; the port is open on return, and accepted from once {@link #start} is called.
     *
     * @param host a name or address; null or empty: every address
     * @param port 0: a free one
     * @return the port
     * @throws IOException if it can't be bound
     */
    public int bind(String name, String host, int port) throws IOException {
        if (host == null || host.isEmpty()) {
            return bindOne(name, new InetSocketAddress(port));
        }
        // A name such as localhost may stand for an IPv4 and an IPv6 address; clients try either first.
        IOException failure = null;
        int bound = 0;
        for (InetAddress address : InetAddress.getAllByName(host)) {
            try {
                bound = bindOne(name, new InetSocketAddress(address, bound == 0 ? port : bound));
            } catch (IOException e) {
                failure = e;
            }
        }
        if (bound == 0) {
            throw failure;
        }
        return bound;
    }

    /** Begins to accept connections, whose requests {@code handler} answers. Once, after all binding. */
    public synchronized void start(RequestHandler handler) {
        this.handler = handler;
        for (int i = 0; i < loops.size(); i++) {
            start(i);
        }
    }

    private void start(int index) {
        EventLoop loop = loops.get(index);
        Set<Connection> own = connections.get(index);
        loop.start();
        if (settings.maxIdleMs() > 0) {
            loop.execute(() -> sweepIdle(loop, own));
        }
    }

    /** Other limits from the next connection on, and another number of loops for it. A loop that is not wanted any more keeps the connections that it has. */
    public synchronized void limit(ConnectionLimits limits, int threads) {
        this.limits = limits;
        try {
            while (!closed && loops.size() < threads) {
                addLoop();
                if (handler != null) {
                    start(loops.size() - 1);
                }
            }
        } catch (IOException e) {
            LOG.warn("event=network_threads_not_started wanted={} action=continue_with_fewer reason=\"{}\"", threads, e.getMessage());
        }
        this.threads = Math.min(threads, loops.size());
    }

    @Override
    public synchronized void close() {
        closed = true;
        for (ServerSocketChannel listener : listeners) {
            try {
                listener.close();
            } catch (IOException e) {
                LOG.warn("event=listener_close_failed", e);
            }
        }
        loops.forEach(EventLoop::stop);
        costly.close();
    }

    /** Bytes that unfinished frames and unsent replies hold now. */
    long heldBytes() {
        return budget.usedBytes();
    }

    private int bindOne(String name, InetSocketAddress address) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        try {
            listener.configureBlocking(false);
            listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            if (settings.receiveBufferBytes() > 0) {
                listener.setOption(StandardSocketOptions.SO_RCVBUF, settings.receiveBufferBytes());
            }
            listener.bind(address, settings.backlog());
            EventLoop acceptLoop = loops.getFirst();
            acceptLoop.listen(listener, () -> acceptAll(name, listener));
            listeners.add(listener);
            return ((InetSocketAddress) listener.getLocalAddress()).getPort();
        } catch (IOException | RuntimeException e) {
            listener.close();
            throw e;
        }
    }

    private void acceptAll(String name, ServerSocketChannel listener) {
        try {
            SocketChannel channel;
            while (rate.allows(limits.aSecond(), clock.monotonicNanos())) {
                if ((channel = listener.accept()) == null) {
                    return;
                }
                rate.accepted();
                accept(name, channel);
            }
            pauseAccepting(listener, name);
        } catch (IOException e) {
            if (listener.isOpen()) {
                warn(e);
                pauseAccepting(listener, name);
            }
        }
    }

    /** Says it now and then: whoever floods the broker must not flood its log. Runs on the first loop's thread. */
    private void warn(IOException cause) {
        if (!warned) {
            warned = true;
            LOG.warn("event=accept_failed reason=\"{}\" action=retried_every_{}_ms", cause.getMessage(), ACCEPT_RETRY_MS);
            loops.getFirst().schedule(WARN_EVERY_MS, () -> warned = false);
        }
    }

    /** Out of file descriptors, most likely, or of the allowed rate: the selector would report the listener again at once, so look away for a while. */
    private void pauseAccepting(ServerSocketChannel listener, String name) {
        EventLoop loop = loops.getFirst();
        loop.interest(listener, false);
        loop.schedule(ACCEPT_RETRY_MS, () -> {
            loop.interest(listener, true);
            acceptAll(name, listener);
        });
    }

    private void accept(String name, SocketChannel channel) throws IOException {
        InetAddress peer = ((InetSocketAddress) channel.getRemoteAddress()).getAddress();
        String refusal = admit(peer);
        if (refusal != null) {
            loops.getFirst().refusals.refused("/" + peer.getHostAddress(), refusal);
            channel.close();
            return;
        }
        try {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            if (settings.sendBufferBytes() > 0) {
                channel.setOption(StandardSocketOptions.SO_SNDBUF, settings.sendBufferBytes());
            }
            hand(name, channel, peer);
        } catch (IOException e) {
            dismiss(peer);
            channel.close();
            LOG.debug("event=connection_lost peer=/{} reason={}", peer.getHostAddress(), e.toString());
        }
    }

    private void hand(String name, SocketChannel channel, InetAddress peer) throws IOException {
        int index = Math.floorMod(nextLoop++, threads);
        EventLoop loop = loops.get(index);
        Set<Connection> own = connections.get(index);
        Connection[] self = new Connection[1];
        Connection connection = new Connection(channel, loop, handler, name, settings.maxRequestBytes(), () -> {
            own.remove(self[0]);
            dismiss(peer);
        });
        self[0] = connection;
        own.add(connection);
        loop.execute(connection::open);
    }

    /** Counts a new connection; returns why it may not come in, or null. */
    private String admit(InetAddress peer) {
        ConnectionLimits now = limits;
        if (connectionCount.incrementAndGet() > now.total()) {
            connectionCount.decrementAndGet();
            return "max.connections=" + now.total() + " reached";
        }
        if (countByAddress.merge(peer, 1, Integer::sum) > now.of(peer)) {
            dismiss(peer);
            return "max.connections.per.ip=" + now.of(peer) + " reached";
        }
        return null;
    }

    private void dismiss(InetAddress peer) {
        connectionCount.decrementAndGet();
        countByAddress.computeIfPresent(peer, (address, count) -> count == 1 ? null : count - 1);
    }

    private void sweepIdle(EventLoop loop, Set<Connection> own) {
        own.forEach(connection -> connection.closeIfIdle(settings.maxIdleMs()));
        long everyMs = Math.clamp(settings.maxIdleMs() / 4, 50, 10_000);
        loop.schedule(everyMs, () -> sweepIdle(loop, own));
    }
}
