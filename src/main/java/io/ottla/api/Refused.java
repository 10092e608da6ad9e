// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import java.util.function.Function;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * An API that is always answered with an error: what it asks for is not set up, or can't be with one broker.
 *
 * @param <Q> the request's message class
 * @param why the error for a request
 */
record Refused<Q extends ApiMessage>(ApiKeys key, Function<Q, ApiException> why) implements Api<Q> {
    @Override
    public void answer(Q body, Request request) {
        throw why.apply(body);
    }
}
