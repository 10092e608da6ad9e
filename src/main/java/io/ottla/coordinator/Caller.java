// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import org.apache.kafka.common.protocol.Errors;

/**
 * Somebody who waits for one answer; gets it from any thread. Must not block, and must pass over a second answer: a shard
 * that breaks off in the middle of a decision rather answers twice than never.
 */
public interface Caller<R> {
    void answer(R response);

    /** Answers with the error in the form that the API gives it. */
    void refuse(Errors error);
}
