// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;

/** Errors after which a client tries again. */
final class Retriable {
    private Retriable() {}

    static boolean is(short errorCode) {
        return Errors.forCode(errorCode).exception() instanceof RetriableException;
    }
}
