// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.util.Set;

/** A member of a consumer group that speaks the protocol by hand on a connection of its own. One thread drives it; {@link #settledAt} may be read by all. */
interface RawMember extends AutoCloseable {
    /**
     * Where a member stands.
     *
     * @param epoch      generation or member epoch whose assignment it has taken up
     * @param partitions of the group's topic that it owns
     */
    record Standing(int epoch, Set<Integer> partitions) {
        static final Standing OUTSIDE = new Standing(-1, Set.of());
    }

    /** Does the next thing that a client would do: join, sync, or heartbeat. Returns whether there is more to do at once. */
    boolean step() throws InterruptedException;

    /** What it has once there is nothing more to do. */
    Standing settledAt();

    @Override
    void close();
}
