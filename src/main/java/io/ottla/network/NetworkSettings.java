// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

/**
 * Limits of the network, named and defaulted as Kafka's configs.
 *
 * @param threads             event loops (num.network.threads)
 * @param maxRequestBytes     largest frame accepted (socket.request.max.bytes)
 * @param maxIdleMs           a connection without traffic for so long is closed (connections.max.idle.ms); -1: never
 * @param maxConnections      over all addresses (max.connections)
 * @param maxConnectionsPerIp from one address (max.connections.per.ip)
 * @param sendBufferBytes     SO_SNDBUF (socket.send.buffer.bytes); -1: the system's
 * @param receiveBufferBytes  SO_RCVBUF (socket.receive.buffer.bytes); -1: the system's
 * @param backlog             connections waiting to be accepted (socket.listen.backlog.size)
 * @param maxBufferBytes      what unfinished frames and unsent replies of all connections may hold together
 */
public record NetworkSettings(
        int threads,
        int maxRequestBytes,
        long maxIdleMs,
        int maxConnections,
        int maxConnectionsPerIp,
        int sendBufferBytes,
        int receiveBufferBytes,
        int backlog,
        long maxBufferBytes) {}
