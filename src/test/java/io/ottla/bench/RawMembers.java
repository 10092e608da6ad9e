// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The clients of many members, each with a connection of its own, on one thread: a thousand of them cost the machine so little that what is
 * measured is the broker.
 */
final class RawMembers implements AutoCloseable {
    private static final long SETTLE_WITHIN_S = 120;
    private static final long SOON_MS = 1;
    private static final int BUFFER_BYTES = 1 << 20;

    /** Kafka's backlog is 50: who comes when it is full tries again after a second. */
    private static final int CONNECT_AT_ONCE = 25;
    private static final long CONNECT_PAUSE_MS = 5;

    /** One member's connection. {@code rest} is the beginning of an answer whose end has not come yet, or null. */
    private static final class Line {
        private final RawMember member;
        private final SocketChannel channel;
        private ByteBuffer rest;

        Line(RawMember member, SocketChannel channel) {
            this.member = member;
            this.channel = channel;
        }
    }

    private record Turn(long atNanos, Line line) implements Comparable<Turn> {
        @Override
        public int compareTo(Turn other) {
            return Long.signum(atNanos - other.atNanos);
        }
    }

    private final InetSocketAddress address;
    private final long heartbeatNanos;
    private final Selector selector = Selector.open();
    private final Map<RawMember, Line> connected = new IdentityHashMap<>();
    private final ConcurrentLinkedQueue<Line> newcomers = new ConcurrentLinkedQueue<>();
    private final PriorityQueue<Turn> turns = new PriorityQueue<>();
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final Thread thread;
    private volatile boolean hastened;
    private volatile long lastJoinNanos;
    private volatile long lastMoveNanos;
    private volatile Throwable failure;
    private volatile boolean closed;

    /** @param heartbeatMs between the heartbeats of a member that has nothing else to do */
    RawMembers(Server server, long heartbeatMs) throws IOException {
        String[] hostAndPort = server.bootstrapServers().split(":");
        address = new InetSocketAddress(hostAndPort[0], Integer.parseInt(hostAndPort[1]));
        heartbeatNanos = TimeUnit.MILLISECONDS.toNanos(heartbeatMs);
        thread = Thread.ofPlatform().name("members").daemon().start(this::run);
    }

    /** Connects members that will {@link #start}. */
    void connect(List<? extends RawMember> members) throws IOException, InterruptedException {
        for (RawMember member : members) {
            if (connected.size() % CONNECT_AT_ONCE == 0) {
                Thread.sleep(CONNECT_PAUSE_MS);
            }
            SocketChannel channel = SocketChannel.open(address);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            connected.put(member, new Line(member, channel));
        }
    }

    /** Has members join and go on. */
    void start(List<? extends RawMember> members) {
        members.forEach(member -> newcomers.add(connected.get(member)));
        selector.wakeup();
    }

    /** Has members that wait for their next heartbeat send it now. */
    void hasten() {
        hastened = true;
        selector.wakeup();
    }

    /** When a member has joined, or joined again, last: {@link System#nanoTime}. */
    long lastJoinNanos() {
        return lastJoinNanos;
    }

    /** When a member has taken up an assignment last: {@link System#nanoTime}. */
    long lastMoveNanos() {
        return lastMoveNanos;
    }

    /** Processor time that the members have taken so far. */
    long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId());
    }

    private void run() {
        try {
            while (!closed) {
                admit();
                makeHaste();
                takeTurns();
                long waitNanos = turns.isEmpty() ? Long.MAX_VALUE : turns.peek().atNanos - System.nanoTime();
                selector.select(this::receive, Math.clamp(TimeUnit.NANOSECONDS.toMillis(waitNanos), 1, 1_000));
            }
        } catch (Throwable e) {
            failure = e;
        }
    }

    private void admit() throws IOException {
        for (Line line = newcomers.poll(); line != null; line = newcomers.poll()) {
            line.channel.register(selector, SelectionKey.OP_READ, line);
            turns.add(new Turn(System.nanoTime(), line));
        }
    }

    private void makeHaste() throws IOException {
        if (hastened) {
            hastened = false;
            List<Turn> all = List.copyOf(turns);
            turns.clear();
            for (Turn turn : all) {
                send(turn.line);
            }
        }
    }

    private void takeTurns() throws IOException {
        while (!turns.isEmpty() && turns.peek().atNanos - System.nanoTime() <= 0) {
            send(turns.poll().line);
        }
    }

    private void send(Line line) throws IOException {
        if (line.member.joins()) {
            lastJoinNanos = System.nanoTime();
        }
        ByteBuffer frame = line.member.ask();
        out.clear().putInt(frame.remaining()).put(frame).flip();
        while (out.hasRemaining()) {
            line.channel.write(out);
        }
    }

    private void receive(SelectionKey key) {
        Line line = (Line) key.attachment();
        try {
            in.clear();
            if (line.rest != null) {
                in.put(line.rest.flip());
            }
            if (line.channel.read(in) < 0) {
                throw new EOFException("the broker closed the connection");
            }
            in.flip();
            if (in.remaining() < 4 || in.remaining() < 4 + in.getInt(0)) {
                line.rest = ByteBuffer.allocate(BUFFER_BYTES).put(in);
                return;
            }
            line.rest = null;
            answered(line, in.slice(4, in.getInt(0)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void answered(Line line, ByteBuffer answer) throws IOException {
        RawMember.Standing before = line.member.standing();
        RawMember.Next next = line.member.take(answer);
        if (line.member.standing() != before) {
            lastMoveNanos = System.nanoTime();
        }
        switch (next) {
            case AT_ONCE -> send(line);
            case SOON -> turns.add(new Turn(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SOON_MS), line));
            case AT_ITS_HEARTBEAT -> turns.add(new Turn(System.nanoTime() + heartbeatNanos, line));
        }
    }

    /** Returns once a member has joined since {@code nanos}. */
    void awaitJoinAfter(long nanos) throws InterruptedException {
        await(() -> lastJoinNanos - nanos > 0, "nobody joined");
    }

    /** Returns once the members of one group share a topic evenly, each partition has one owner, and all are in the same epoch. */
    void awaitSettled(List<? extends RawMember> group, int partitions) throws InterruptedException {
        await(() -> settled(group, partitions), "the group did not settle");
    }

    private void await(BooleanSupplier done, String otherwise) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLE_WITHIN_S);
        while (!done.getAsBoolean()) {
            if (failure != null) {
                throw new IllegalStateException("a member failed", failure);
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(otherwise + " within " + SETTLE_WITHIN_S + " s");
            }
            Thread.sleep(1);
        }
    }

    private static boolean settled(List<? extends RawMember> group, int partitions) {
        int epoch = group.getFirst().standing().epoch();
        int least = partitions / group.size();
        int most = (partitions + group.size() - 1) / group.size();
        for (RawMember member : group) {
            RawMember.Standing standing = member.standing();
            if (epoch < 0 || standing.epoch() != epoch || standing.partitions().size() < least || standing.partitions().size() > most) {
                return false;
            }
        }
        Set<Integer> owned = new HashSet<>();
        group.forEach(member -> owned.addAll(member.standing().partitions()));
        return owned.size() == partitions && group.stream().mapToInt(member -> member.standing().partitions().size()).sum() == partitions;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        closed = true;
        selector.wakeup();
        thread.join();
        for (Line line : connected.values()) {
            line.channel.close();
        }
        selector.close();
    }
}
