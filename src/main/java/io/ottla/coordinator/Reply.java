// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An answer that was decided; it is given once everything that its shard has written until then is durable. A caller that
 * fails keeps neither the loop nor those behind it from going on.
 */
public record Reply<R>(Caller<R> caller, R response) {
    private static final Logger LOG = LoggerFactory.getLogger(Reply.class);

    void release() {
        try {
            caller.answer(response);
        } catch (RuntimeException | Error e) {
            LOG.error("event=answer-failed answer={} action=none", response.getClass().getSimpleName(), e);
        }
    }

    void refuse(Errors error) {
        try {
            caller.refuse(error);
        } catch (RuntimeException | Error e) {
            LOG.error("event=refusal-failed error={} action=none", error, e);
        }
    }
}
