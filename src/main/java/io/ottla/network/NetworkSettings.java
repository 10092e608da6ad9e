// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

/**
 * Limits of the network, named and defaulted as Kafka's configs.
 *
 * @param threads             event loops to begin with (num.network.threads)
 * @param maxRequestBytes     largest frame accepted (socket.request.max.bytes)
 * @param maxIdleMs           a connection without traffic for so long is closed (connections.max.idle.ms); -1: never
 * @param connections         how many there may be, until they are limited otherwise
 * @param sendBufferBytes     SO_SNDBUF (socket.send.buffer.bytes); -1: the system's
 * @param receiveBufferBytes  SO_RCVBUF (socket.receive.buffer.bytes); -1: the system's
 * @param backlog             connections waiting to be accepted (socket.listen.backlog.size)
 * @param maxBufferBytes      what unfinished frames and unsent replies of all connections may hold together
 */
public record NetworkSettings(
        int threads,
        int maxRequestBytes,
        long maxIdleMs,
        ConnectionLimits connections,
        int sendBufferBytes,
        int receiveBufferBytes,
        int backlog,
        long maxBufferBytes) {}
