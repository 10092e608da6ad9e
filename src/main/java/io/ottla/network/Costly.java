// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

/** Work that would keep an event loop from its other connections. */
@FunctionalInterface
public interface Costly {
    /** Does a part of it; true if there is more. Ends its request itself when it fails. */
    boolean step();
}
