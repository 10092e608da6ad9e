// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

/**
 * Where the broker listens, and what it tells clients to connect to.
 *
 * @param name           the listener's name, in upper case: replies on it give its own advertised address
 * @param host           the address to bind; empty for all addresses
 * @param port           the port to bind; 0 for a free one
 * @param advertisedHost what clients are told; never empty
 * @param advertisedPort what clients are told; 0 for the port that was bound
 */
public record Listener(String name, String host, int port, String advertisedHost, int advertisedPort) {}
