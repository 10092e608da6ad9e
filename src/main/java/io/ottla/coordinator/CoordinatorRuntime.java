// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import io.ottla.world.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** The loops that the coordinators of one broker share. Close it after the rooms that use it have stopped asking. */
public final class CoordinatorRuntime implements AutoCloseable {
    private static final int QUEUE_CAPACITY = 16_384;

    private final Clock clock;
    private final Aside aside;
    private final List<CoordinatorLoop> loops = new ArrayList<>();
    private final List<Shard<?, ?>> shards = new ArrayList<>();

    /** Starts {@code threads} loops. */
    public CoordinatorRuntime(Clock clock, int threads) {
        this(clock, threads, QUEUE_CAPACITY, Aside.THREADS);
        loops.forEach(CoordinatorLoop::start);
    }

    /** Loops that a test turns by hand with {@link #turn}. */
    CoordinatorRuntime(Clock clock, int threads, int queueCapacity, Aside aside) {
        this.clock = clock;
        this.aside = aside;
        for (int i = 0; i < threads; i++) {
            loops.add(new CoordinatorLoop("coordinator-" + i, clock, queueCapacity));
        }
    }

    /**
     * Adds a coordinator of {@code count} shards, spread over the loops. Nothing is opened or replayed before a shard's
     * first command or {@link Shards#load}.
     *
     * @param name     of the internal topic, for logs
     * @param journals opens a shard's journal; called on its loop's thread
     * @param deciders makes an empty state
     */
    public synchronized <C extends Command, E> Shards<C> host(
            String name, int count, IntFunction<Journal> journals, Supplier<? extends Decider<C, E>> deciders) {
        List<Shard<C, E>> hosted = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int index = i;
            CoordinatorLoop loop = loops.get(i % loops.size());
            hosted.add(new Shard<>(name + "-" + i, loop, aside, () -> journals.apply(index), deciders));
        }
        shards.addAll(hosted);
        return new Shards<>(loops, hosted);
    }

    /** Where this runtime's rooms have work done that may block. */
    public Aside aside() {
        return aside;
    }

    /** The time by this runtime's clock, for what its rooms do outside of decisions. Safe for any thread. */
    public Moment now() {
        return Moment.of(clock);
    }

    /** Gives every loop one turn; false if there was nothing to do. */
    boolean turn() {
        boolean worked = false;
        for (CoordinatorLoop loop : loops) {
            worked |= loop.turn();
        }
        return worked;
    }

    /** When the next timer of any loop goes off. */
    long nextTimerAtElapsedMs() {
        return loops.stream().mapToLong(CoordinatorLoop::nextTimerAtElapsedMs).min().orElse(Long.MAX_VALUE);
    }

    /** Stops the loops and answers everybody who still waits with COORDINATOR_NOT_AVAILABLE. */
    @Override
    public synchronized void close() {
        loops.forEach(CoordinatorLoop::close);
        shards.forEach(Shard::close);
    }
}
