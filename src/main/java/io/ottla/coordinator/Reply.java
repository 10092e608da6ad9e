// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import org.apache.kafka.common.protocol.Errors;

/** An answer that was decided; it is given once everything that its shard has written until then is durable. */
public record Reply<R>(Caller<R> caller, R response) {
    void release() {
        caller.answer(response);
    }

    void refuse(Errors error) {
        caller.refuse(error);
    }
}
