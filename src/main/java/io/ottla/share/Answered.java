// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

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

    static <T> Answered<T> refused(Errors error) {
        return new Answered<>(error, null);
    }
}
