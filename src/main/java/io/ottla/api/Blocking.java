// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes work that waits for the disk off the event loops, one virtual thread each; connections bound how many there are. */
final class Blocking {
    private static final Logger LOG = LoggerFactory.getLogger(Blocking.class);

    private Blocking() {}

    /** Runs {@code work}, which ends {@code request}; if it throws instead, the connection is closed. */
    static void run(Request request, Runnable work) {
        Thread.ofVirtual().name("ottla-blocking").start(() -> {
            try {
                work.run();
            } catch (RuntimeException e) {
                LOG.error("event=request_failed api={} client_id={} action=close", request.head().api(), request.head().clientId(), e);
                request.hangUp(request.head().api() + " request failed");
            }
        });
    }
}
