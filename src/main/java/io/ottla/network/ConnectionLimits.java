// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import java.net.InetAddress;
import java.util.Map;

/**
 * How many connections there may be. A change does not touch those that there are.
 *
 * @param total       at a time, over all addresses (max.connections)
 * @param ofAnAddress at a time, from one address (max.connections.per.ip)
 * @param byAddress   the same, for addresses with a limit of their own (max.connections.per.ip.overrides)
 * @param aSecond     accepted in a second; who comes later waits (max.connection.creation.rate)
 */
public record ConnectionLimits(int total, int ofAnAddress, Map<InetAddress, Integer> byAddress, int aSecond) {
    public ConnectionLimits {
        byAddress = Map.copyOf(byAddress);
    }

    int of(InetAddress address) {
        return byAddress.getOrDefault(address, ofAnAddress);
    }
}
