// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

/**
 * Who appends: clients are distrusted in everything; coordinators may write control batches and internal topics. What a
 * coordinator appends may become durable a moment later, unless {@link Partition#whenDurable} is asked about it.
 */
public enum AppendOrigin {
    CLIENT,
    /** A client, on a thread that others wait for: what takes long to check gets {@link AppendTooCostly}. */
    CLIENT_ON_LOOP,
    COORDINATOR;

    public boolean client() {
        return this != COORDINATOR;
    }
}
