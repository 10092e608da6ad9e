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
    /** A client whose transactions are those of the second protocol (TV2): each begins anew with sequence 0. */
    TV2_CLIENT,
    TV2_CLIENT_ON_LOOP,
    COORDINATOR;

    public boolean client() {
        return this != COORDINATOR;
    }

    public boolean onLoop() {
        return this == CLIENT_ON_LOOP || this == TV2_CLIENT_ON_LOOP;
    }

    public boolean secondProtocol() {
        return this == TV2_CLIENT || this == TV2_CLIENT_ON_LOOP;
    }

    /** The same client, on a thread of its own. */
    public AppendOrigin aside() {
        return switch (this) {
            case CLIENT, CLIENT_ON_LOOP -> CLIENT;
            case TV2_CLIENT, TV2_CLIENT_ON_LOOP -> TV2_CLIENT;
            case COORDINATOR -> COORDINATOR;
        };
    }
}
