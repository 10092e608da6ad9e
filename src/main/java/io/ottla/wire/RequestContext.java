// SPDX-License-Identifier: Apache-2.0
package io.ottla.wire;

/**
 * Who sent a request, and in which version.
 *
 * @param apiVersion version of the request and its reply
 * @param clientId   as the client calls itself; may be null
 * @param clientHost the peer's address as Kafka shows it, with a leading slash
 * @param listener   name of the listener it came in by
 */
public record RequestContext(short apiVersion, String clientId, String clientHost, String listener) {}
