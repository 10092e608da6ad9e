// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import java.util.Map;

/**
 * What clients are told about this one-broker cluster.
 *
 * @param id         the cluster's id, 22 characters
 * @param nodeId     this broker's id
 * @param rack       where it stands; may be null
 * @param advertised for each listener the address that clients connect to; an empty host means the one they came by
 */
public record Cluster(String id, int nodeId, String rack, Map<String, Endpoint> advertised) {
    /** Host and port for clients. */
    public record Endpoint(String host, int port) {}

    Endpoint endpoint(Request request) {
        Endpoint endpoint = advertised.get(request.context().listener());
        return endpoint.host().isEmpty() ? new Endpoint(request.localHost(), endpoint.port()) : endpoint;
    }
}
