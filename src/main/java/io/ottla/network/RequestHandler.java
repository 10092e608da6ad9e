// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import org.apache.kafka.common.protocol.ApiKeys;

/** Answers requests; called on the connection's event loop, so it must not block for long. */
public interface RequestHandler {
    /** Begins to answer. What it throws closes the connection. */
    void handle(Request request);

    /**
     * Whether requests of this API may begin while earlier ones of their connection are unanswered. All others wait
     * for their turn, as if the client had waited for each reply.
     */
    boolean pipelined(ApiKeys api);
}
