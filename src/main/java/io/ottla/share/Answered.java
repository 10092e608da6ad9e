// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Caller;
import org.apache.kafka.common.protocol.Errors;

/**
 * The answer to a question about a share partition, or why there is none.
 *
 * @param error NONE, or why {@code value} is null
 */
public record Answered<T>(Errors error, T value) {
    static <T> Answered<T> of(T value) {
        return new Answered<>(Errors.NONE, value);
    }

    /** Somebody who waits for the value, where {@code caller} waits for the value or the reason. */
    static <T> Caller<T> caller(Caller<Answered<T>> caller) {
        return new Caller<>() {
            @Override
            public void answer(T value) {
                caller.answer(of(value));
            }

            @Override
            public void refuse(Errors error) {
                caller.refuse(error);
            }
        };
    }

    static <T> Answered<T> refused(Errors error) {
        return new Answered<>(error, null);
    }
}
