// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.wire.RequestContext;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * An API that a coordinator answers as a whole, with errors of its own.
 *
 * @param <Q> the request's message class
 * @param <R> the reply's message class
 */
record Forwarded<Q extends ApiMessage, R extends ApiMessage>(ApiKeys key, boolean pipelined, Coordinator<Q, R> coordinator)
        implements Api<Q> {
    /** A coordinator's method; it calls back once, from any thread. */
    @FunctionalInterface
    interface Coordinator<Q, R> {
        void submit(RequestContext context, Q request, Consumer<R> reply);
    }

    /** For requests whose order their coordinator keeps, so that a client need not wait for each reply. */
    static <Q extends ApiMessage, R extends ApiMessage> Forwarded<Q, R> pipelined(ApiKeys key, Coordinator<Q, R> coordinator) {
        return new Forwarded<>(key, true, coordinator);
    }

    static <Q extends ApiMessage, R extends ApiMessage> Forwarded<Q, R> inTurn(ApiKeys key, Coordinator<Q, R> coordinator) {
        return new Forwarded<>(key, false, coordinator);
    }

    @Override
    public void answer(Q body, Request request) {
        coordinator.submit(request.context(), body, request::reply);
    }
}
