// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import org.apache.kafka.common.protocol.Errors;

/** Something that a shard is asked to decide: a request, a timer that went off, news from elsewhere. */
public interface Command {
    /**
     * Answers whoever sent this command with an error, because the shard could not decide or could not keep its
     * decision; from any thread. Does nothing where nobody waits.
     *
     * @param error COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, UNKNOWN_SERVER_ERROR, or
     *     MESSAGE_TOO_LARGE if an event does not fit into a batch
     */
    void refuse(Errors error);

    /**
     * Whether this is decided within microseconds, whatever the shard knows, so that the thread that brings it may as well
     * decide it itself.
     */
    default boolean brief() {
        return false;
    }
}
