// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.Set;

/** A simulated client that consumes in a group. */
interface SimulatedMember {
    String memberId();

    /** Its static identity, or null. */
    String instanceId();

    /** Dies without a word. */
    void kill();

    /** Leaves as a client that is closed. */
    void close();

    /** Does not hear or say anything for a while. */
    void freeze(long ms);

    /** Its own network, which a test can disturb. */
    SimulatedLine line();

    boolean alive();

    /** True if it has an assignment, and has heard nothing against it. */
    boolean settled();

    /** The partitions that it believes to own. */
    Set<Integer> owned();

    /** The generation or group epoch that it believes in. */
    int generation();

    /** The {@link SimulatedWorld#era} of that generation. */
    int era();
}
