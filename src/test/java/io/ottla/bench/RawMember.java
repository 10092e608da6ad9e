// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.nio.ByteBuffer;
import java.util.Set;

/** A member of a consumer group that speaks the protocol by hand. {@link RawMembers} carries what it says; {@link #standing} may be read by all threads. */
interface RawMember {
    /**
     * Where a member stands.
     *
     * @param epoch      generation or member epoch whose assignment it has taken up
     * @param partitions of the group's topic that it owns
     */
    record Standing(int epoch, Set<Integer> partitions) {
        static final Standing OUTSIDE = new Standing(-1, Set.of());
    }

    /** Whether what it asks next lets the broker know of a member that may change who owns what. */
    boolean joins();

    /** When a member has more to say. */
    enum Next { AT_ONCE, SOON, AT_ITS_HEARTBEAT }

    /** The next thing that a client would ask: the frame of a request without its length, whose answer goes to {@link #take}. */
    ByteBuffer ask();

    /** Takes the answer to what it has asked last: a frame without its length, which is the caller's again afterwards. */
    Next take(ByteBuffer answer);

    Standing standing();
}
