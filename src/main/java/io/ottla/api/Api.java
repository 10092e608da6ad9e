// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * Answers one Kafka API, in every version that its message class defines.
 *
 * @param <Q> the request's message class
 */
interface Api<Q extends ApiMessage> {
    ApiKeys key();

    /**
     * Ends {@code request}, now or later, from any thread. Called on the connection's event loop, so what blocks belongs
     * elsewhere. Records in {@code body} are views over the frame and gone on return; everything else may be kept.
     */
    void answer(Q body, Request request);

    /** Whether a client that does not wait for replies may have several of these in hand. */
    default boolean pipelined() {
        return false;
    }
}
