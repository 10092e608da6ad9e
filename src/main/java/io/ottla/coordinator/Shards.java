// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/** The shards of one coordinator: the door for its commands. Safe for any thread. */
public final class Shards<C extends Command> {
    private record Placed(CoordinatorLoop loop, Shard<?, ?> shard) {}

    private final List<Placed> placed;

    Shards(List<CoordinatorLoop> loops, List<? extends Shard<C, ?>> shards) {
        placed = java.util.stream.IntStream.range(0, shards.size())
                .mapToObj(i -> new Placed(loops.get(i % loops.size()), shards.get(i)))
                .toList();
    }

    public int count() {
        return placed.size();
    }

    /**
     * Hands {@code command} to a shard. It is answered or refused exactly once: refused here with
     * COORDINATOR_LOAD_IN_PROGRESS if the shard's loop has too much to do, which makes clients come again later.
     */
    public void submit(int shard, C command) {
        Placed target = placed.get(shard);
        if (!target.loop.submit(target.shard, command)) {
            command.refuse(Errors.COORDINATOR_LOAD_IN_PROGRESS);
        }
    }

    /** Replays a shard's journal, unless that has been done, without waiting for a first command. */
    public void load(int shard) {
        Placed target = placed.get(shard);
        target.loop.run(() -> target.shard.load(target.loop.now()));
    }
}
